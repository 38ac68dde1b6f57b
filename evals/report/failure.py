"""The text of one failed or unanswered case: everything needed to act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from textwrap import indent

from evals.model import Answer, JsonObject, Suite, TrialResult, Verdict
from evals.report.turns import said
from evals.write import visible

_LONGEST = 1000  # characters of a prompt or an answer
_SAMPLES = 3  # failing samples shown


def explain(
    suite: Suite,
    name: str,
    results: Sequence[TrialResult],
    *,
    why: str,
    body: JsonObject,
    recording: Callable[[TrialResult], str | None],
) -> str:
    """Prompt, answers, what each check found, the recordings, and the command for this case.

    The first line is `why`: pytest's short summary shows just that. `body` is the request's;
    `recording` gives the path of a trial's cassette.
    """
    bad = [result for result in results if result.outcome in ("fail", "error")]
    parts = []
    if any(result.completion for result in bad):
        parts += [_shown(why.partition("\n")[0]), _prompt(body)]
    parts += ["\n".join(_sample(result, recording)) for result in bad[:_SAMPLES]]
    if len(bad) > _SAMPLES:
        parts.append(f"… and {len(bad) - _SAMPLES} more samples like these")
    if results[0].expected is not None and any(result.completion for result in bad):
        parts.append(f"expected  {visible(str(results[0].expected))}")
    parts.append(f'again     pytest "{suite.path}::{name}"')
    return "\n".join(parts)


def _prompt(body: JsonObject) -> str:
    lines = [f"{message['role']:<9} {_text(message)}" for message in body.get("messages", ())]
    return "\n".join(lines)


def _text(message: JsonObject) -> str:
    content = message.get("content")
    return _shown(content if isinstance(content, str) else str(content))


def _sample(result: TrialResult, recording: Callable[[TrialResult], str | None]) -> Iterator[str]:
    if result.completion is None:
        yield _shown(result.error.message if result.error else "no answer", whole=True, margin=0)
        if result.error is not None and result.error.traceback:
            yield visible(result.error.traceback)
        return
    label = f"sample {result.sample}"
    if result.turns:
        yield label
        yield from _turns(result)
    else:
        yield from _answer(label, result.completion)
        for verdict in result.checks:
            yield from _verdict(verdict, "  ")
    path = recording(result)
    if path is not None:
        yield f"  recorded {path}{' and its later turns' if len(result.asked) > 1 else ''}"


def _answer(label: str, answer: Answer) -> Iterator[str]:
    yield f"{label:<9} {_shown(answer.text) if answer.text else '(no text)'}"
    if answer.finish_reason != "stop":
        yield f"          (finish_reason {answer.finish_reason})"
    for call in answer.tool_calls:
        yield f"          called {_shown(f'{call.name}({call.arguments})')}"


def _turns(result: TrialResult) -> Iterator[str]:
    """What was said after the prompt, turn by turn, each with what its checks found."""
    last = len(result.turns) - 1
    for number, turn in enumerate(result.turns):
        if number:
            yield from (f"{who:<9} {_shown(text)}" for who, text in said(turn))
        if turn.completion is None:
            yield f"{f'turn {number + 1}':<9} {_shown(f'not run: {turn.not_run}')}"
        else:
            yield from _answer(f"turn {number + 1}", turn.completion)
        for verdict in result.checks:
            if (last if verdict.turn is None else verdict.turn) == number:
                yield from _verdict(verdict, "  ")


def _verdict(verdict: Verdict, margin: str) -> Iterator[str]:
    if verdict.weight == 0 and verdict.passed is not None:
        return
    mark = {True: "ok   ", False: "FAIL ", None: "ERROR"}[verdict.passed]
    yield f"{margin}{mark} {verdict.type}: {_shown(verdict.reason, whole=True)}"
    if verdict.traceback:
        yield indent(visible(verdict.traceback), margin + "      ")
    for member in verdict.checks or ():
        yield from _verdict(member, margin + "  ")


def _shown(text: str, *, whole: bool = False, margin: int = 10) -> str:
    """Harmless, indented under its label, and cut with the length stated."""
    safe = visible(text)
    if not whole and len(safe) > _LONGEST:
        safe = f"{safe[:_LONGEST]} … ({len(text):,} characters)"
    return indent(safe, " " * margin)[margin:]
