"""An answer and an assertion as they are written → the verdict."""

from collections.abc import Callable
from typing import Any

import pytest

from evals.checks.judge import OptionsError, mistakes, prepare
from evals.checks.registry import Mistake
from evals.checks.written import read_assertion
from evals.model import Choice, Completion, Timing, Usage, Verdict

Judge = Callable[..., Verdict]
Refuse = Callable[..., dict[str, str]]


def answer(text: str = "", **parts: Any) -> Completion:
    """A completion with one choice; `parts` are fields of either."""
    of_choice = {
        name: parts.pop(name)
        for name in ("reasoning", "tool_calls", "logprobs", "finish_reason")
        if name in parts
    }
    choice = Choice(index=0, text=text, **{"finish_reason": "stop", **of_choice})
    defaults: dict[str, Any] = {
        "model": "small",
        "usage": Usage(),
        "timing": Timing(latency_s=0.4),
    }
    return Completion(choices=(choice,), **{**defaults, **parts})


@pytest.fixture(scope="session")
def answered() -> Callable[..., Completion]:
    return answer


@pytest.fixture(scope="session")
def judged() -> Judge:
    """`judged(text or completion, assertion as written)`."""

    def judge(completion: str | Completion, written: Any) -> Verdict:
        if isinstance(completion, str):
            completion = answer(completion)
        return prepare(read_assertion(written)).judge(completion)

    return judge


def _mistakes(written: Any) -> tuple[Mistake, ...]:
    try:
        return mistakes(read_assertion(written))
    except OptionsError as error:
        return error.mistakes


def _refusal(written: Any) -> tuple[Mistake, ...]:
    try:
        prepare(read_assertion(written))
    except OptionsError as error:
        return error.mistakes
    return ()


@pytest.fixture(scope="session")
def refused() -> Refuse:
    """`refused(assertion as written)`: path → message of every mistake found before rendering.

    `prepare` refuses exactly what is refused before rendering, where nothing is a template.
    """

    def refuse(written: Any) -> dict[str, str]:
        found, prepared = _mistakes(written), _refusal(written)
        assert found == prepared
        return {".".join(map(str, path)): message for path, message in found}

    return refuse
