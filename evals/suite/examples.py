"""Few-shot examples: written in the suite, or drawn from a data file; prompts see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from evals.errors import SuiteError
from evals.model import Prompt
from evals.suite.files import Files
from evals.suite.problems import Problems
from evals.suite.prompts import names_in
from evals.suite.selection import select
from evals.suite.sources import rows_of
from evals.suite.template import EXAMPLES
from evals.suite.written import WrittenExamples, WrittenSample, WrittenTest


def with_examples(
    prompts: Sequence[Prompt],
    written: tuple[Any, ...] | WrittenExamples,
    problems: Problems,
    files: Files,
) -> tuple[Prompt, ...]:
    """The prompts, those that speak of `examples` with them."""
    if written == () and EXAMPLES not in problems.document.value:
        return tuple(prompts)
    uses = [any(EXAMPLES in names for names in names_in(prompt)) for prompt in prompts]
    found = _read(written, problems, files)
    if found == () and not problems.errors:
        problems.error((EXAMPLES,), "no examples", ("leave the key out, or give some",))
    if not any(uses) and "prompts" not in problems.incomplete:
        details = ("write {% for example in examples %} … {% endfor %} in a prompt",)
        problems.warn((EXAMPLES,), "no prompt uses examples", details, key=True)
    return tuple(
        replace(prompt, examples=found) if used else prompt
        for prompt, used in zip(prompts, uses, strict=True)
    )


def _read(
    written: tuple[Any, ...] | WrittenExamples, problems: Problems, files: Files
) -> tuple[Any, ...]:
    if not isinstance(written, WrittenExamples):
        return written
    sample = None if written.n is None else WrittenSample(n=written.n, seed=written.seed)
    test = WrittenTest(file=written.file, sample=sample)
    path = (EXAMPLES,)
    try:
        rows = select(rows_of(test, files, problems, path), test, problems, path)
        return tuple(record.values for _, record in rows)
    except SuiteError as error:
        for problem in error.problems:
            problems.add(problem)
        return ()
