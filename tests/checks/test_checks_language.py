"""The language of answers; checks whose library is not installed."""

import pytest

from evals.checks import extras


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The capital of France is Paris.", "en"),
        ("Die Hauptstadt von Frankreich ist Paris.", "de"),
        ("La capitale de la France est Paris.", "fr"),
        ("La capital de Francia es París.", "es"),
        ("日本の首都は東京です", "ja"),
        ("Москва — столица России.", "ru"),
    ],
)
def test_the_likeliest_language_is_told(judged, text, code):
    verdict = judged(text, {"type": "language", "value": code})
    assert (verdict.passed, verdict.extracted) == (True, code)
    assert judged(text, {"type": "language", "value": ["nl", code]}).passed is True
    assert judged(text, {"type": "language", "value": "nl"}).passed is False


@pytest.mark.parametrize("text", ["", "42", "👍", "\x00", "??? …"])
def test_a_text_without_words_is_in_no_language(judged, text):
    verdict = judged(text, {"type": "language", "value": "en"})
    assert verdict.passed is False
    assert verdict.reason.startswith("no language can be told of ")


def test_few_languages_in_question_make_short_answers_clear(judged):
    asked = {"type": "language", "value": "en", "threshold": 0.5}
    assert judged("Yes", asked).passed is False
    assert judged("Yes", {**asked, "among": ["en", "de", "fr"]}).passed is True


def test_a_long_answer_is_told_by_its_beginning(judged):
    text = "This is an answer in plain English. " * 30_000
    english = {"type": "language", "value": "en"}
    verdict = judged(text, english)
    assert verdict.passed is True
    assert verdict == judged(text + "Das ist Deutsch. " * 30_000, english)


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"value": "english"}, "value", 'unknown language "english"'),
        ({"value": []}, "value", "the list is empty"),
        ({"value": "en", "among": ["xx", "en"]}, "among", 'unknown language "xx"'),
        ({"value": "en", "among": ["en"]}, "among", "this cannot fail"),
        ({"value": "en", "among": ["de"]}, "among", "en is not among the languages in question"),
    ],
)
def test_languages_that_are_none_are_refused(refused, options, path, message):
    assert message in refused({"type": "language", **options})[path]


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "language", "value": "en"}, "type", "`language` needs py3langid"),
        ({"type": "is-sql"}, "type", "`is-sql` needs sqlglot"),
        ({"type": "bleu", "value": "a", "threshold": 0.5}, "type", "`bleu` needs sacrebleu"),
        ({"type": "gleu", "value": "a", "threshold": 0.5}, "type", "`gleu` needs nltk"),
        (
            {"type": "rouge", "value": "a", "threshold": 0.5, "stemmer": True},
            "stemmer",
            "the stemmer needs nltk",
        ),
    ],
)
def test_without_its_library_a_check_names_the_extra(refused, monkeypatch, written, path, message):
    library = message.split()[-1]
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    extras.missing.cache_clear()
    try:
        told = refused(written)[path]
    finally:
        extras.missing.cache_clear()
    extra = extras.EXTRAS[library]
    assert told == f'{message}: pip install "pytest-model-evals[{extra}]"'


def test_every_extra_is_one_of_the_project():
    import tomllib
    from pathlib import Path

    pyproject = Path(__file__).resolve().parents[2] / "pyproject.toml"
    declared = tomllib.loads(pyproject.read_text("utf-8"))["project"]["optional-dependencies"]
    for library, extra in extras.EXTRAS.items():
        assert any(wanted.startswith(library) for wanted in declared[extra]), library
