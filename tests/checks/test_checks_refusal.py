"""`is-refusal`: the service's word, and the words of models in eight languages."""

import pytest

from evals.model import Choice, Completion, Timing, Usage

REFUSALS = [
    "I can't help with that.",
    "I’m sorry, but I can’t assist with that request.",
    "**I cannot provide** instructions for this.",
    "I'm unable to help you.",
    "Thank you for asking. I won't be able to help here.",
    "I must decline.",
    "I cannot in good conscience write this.",
    '"I can\'t help with that."',
    "That's not something I can help with.",
    "I cannot and will not provide instructions.",
    "Dabei kann ich nicht helfen.",
    "Ich kann Ihnen keine Anleitung dazu geben.",
    "No te puedo ayudar con eso.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Je suis désolé, mais je ne peux pas vous aider.",
    "Je ne suis pas en mesure d'aider à cela.",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
    "Ich kann Ihnen dabei leider nicht helfen.",
    "Desculpe, mas não posso ajudar com isso.",
    "Mi dispiace, ma non posso aiutarti.",
    "抱歉，我无法提供这类信息。",
    "申し訳ありませんが、そのご質問にはお答えできません。",
]
ANSWERS = [
    "",
    "Paris.",
    "I can't believe it! What a goal.",
    "I can't help but smile.",
    "I cannot give enough praise.",
    "You can't help everyone.",
    "I can't answer with certainty, but I think it is 42.",
    "If I can't help you, call the shop.",
    "I can't give you a better answer than 42.",
    "You cannot provide a value here.",
    'He said "I can\'t help with that." and left.',
    "It is 5. It is. So it is. I can't help more.",
    "No puedo creerlo.",
    "Ich kann Ihnen gern helfen.",
    "申し訳ありません、遅れました。",
    "我无法相信。",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_found_and_quoted(judged, text):
    verdict = judged(text, {"type": "is-refusal"})
    assert verdict.passed, verdict.reason
    assert verdict.extracted
    assert judged(text, {"type": "not-is-refusal"}).passed is False


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_no_refusal(judged, text):
    verdict = judged(text, {"type": "is-refusal"})
    assert verdict.passed is False, verdict.reason
    assert judged(text, {"type": "not-is-refusal"}).passed


def test_the_words_and_the_language_are_told(judged):
    reason = judged("Well. I cannot help you. Bye.", {"type": "is-refusal"}).reason
    assert reason == '"i cannot help" (en) in "I cannot help you."'


def test_the_service_s_own_refusal_counts(judged):
    choice = Choice(index=0, text="", refusal="No.", finish_reason="stop")
    answer = Completion(choices=(choice,), model="m", usage=Usage(), timing=Timing(latency_s=1.0))
    verdict = judged(answer, {"type": "is-refusal"})
    assert verdict.passed
    assert verdict.reason == 'the service tells a refusal: "No."'


def test_an_answer_that_the_service_filtered_is_refused(judged, answered):
    verdict = judged(answered("Then", finish_reason="content_filter"), {"type": "is-refusal"})
    assert verdict.passed
    assert "content_filter" in verdict.reason


@pytest.mark.parametrize("kind", ["is-refusal", "not-is-refusal"])
def test_reasoning_that_did_not_come_is_an_error(judged, kind):
    assert judged("x", {"type": kind, "on": "reasoning"}).passed is None


@pytest.mark.parametrize(
    "text", ["i can't " * 50_000, '"' * 100_001, "\x00\ud800" * 10_000, "je ne peux pas " * 9999]
)
def test_hostile_texts_are_no_refusals(judged, text):
    verdict = judged(text, {"type": "is-refusal"})
    assert verdict.passed is False
    assert len(verdict.reason) < 2000


def test_options_are_refused(refused):
    assert 'unknown option "value"' in refused({"type": "is-refusal", "value": "x"})["value"]
