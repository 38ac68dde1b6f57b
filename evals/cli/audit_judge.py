"""`evals audit judge`: whether a judge says what people say of the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evals.cli.exits import Exit
from evals.cli.project import complete_run, load
from evals.cli.terminal import say, table

if TYPE_CHECKING:
    from evals.comparison.judges import Found, Judged, Label

_PASS = ("pass", "passed", "true", "yes", "good", "1")
_FAIL = ("fail", "failed", "false", "no", "bad", "0")


@click.command()
@click.argument("run", shell_complete=complete_run, default="latest")
@click.option(
    "--labels",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A .csv or .jsonl file with the columns case and label, and more as below.",
)
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="NAME",
    help="Only checks of this name, metric or type: one of your own, too. Repeatable.  "
    "[default: all that are built in and ask a judge]",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def judge(run: str, labels: Path, checks: tuple[str, ...], form: str) -> Exit:
    """Compare what a judge said of answers with what you say of them; asks nobody.

    RUN is an id, `latest` (which is the default) or the path of a run's folder. In the file, `case`
    is the id of a case, and `label` says whether the check should pass the answer: pass or fail. A
    row without label is left out. It is for every answer of the case, or as far as suite, column,
    sample and check say. Where there is a column text, the answer has to be that text still: so the
    table of `evals report --format csv`, with a column label added, is such a file.

    Shown are the judge's accuracy and Cohen's kappa, agreement beyond chance, with their intervals.

    \b
    Examples:
      evals audit judge --labels labels.csv
      evals audit judge latest --labels labels.csv --check llm-rubric
    """
    from evals.comparison.judges import judges

    told = _labels(labels)
    if not told:
        raise click.UsageError(f"{labels} holds no label: give rows a label, pass or fail.")
    found = judges(load(run).trials(), told, checks=checks)
    if form == "json":
        import msgspec

        content = {"format": 1, **msgspec.to_builtins(found)}
        say(msgspec.json.format(msgspec.json.encode(content), indent=1).decode())
    else:
        for line in _lines(found):
            say(line)
    return Exit.WELL if found.checks else Exit.NOTHING


def _labels(path: Path) -> list[Label]:
    from evals.suite.datasets import read_records

    found = []
    for values, line in read_records(path, path.name):
        written = str(values.get("label") or "").strip().lower()
        if "case" not in values or "label" not in values:
            raise click.UsageError(f"{path.name}:{line}: a row has the columns case and label.")
        if written:
            found.append(_label(values, written, f"{path.name}:{line}"))
    return found


def _label(values: dict[str, Any], written: str, where: str) -> Label:
    from evals.comparison.judges import Label

    if written not in (*_PASS, *_FAIL):
        raise click.UsageError(f"{where}: {written!r} is no label: write pass or fail.")
    sample = values.get("sample")
    try:
        number = None if sample in (None, "") else int(str(sample))
    except ValueError as error:
        raise click.UsageError(f"{where}: the sample {sample!r} is no number.") from error
    told = {
        name: str(values[name])
        for name in ("suite", "column", "check", "text")
        if values.get(name) not in (None, "")
    }
    return Label(case=str(values["case"]), passed=written in _PASS, sample=number, **told)


def _lines(found: Found) -> Iterator[str]:
    from evals.comparison.words import plural

    if found.checks:
        head = (
            "CHECK",
            "ANSWERS",
            "ACCURACY",
            "KAPPA",
            "WRONGLY PASSED",
            "WRONGLY FAILED",
            "ERRORS",
        )
        rows = [_row(each) for each in found.checks]
        yield from table(rows, head=head, right={1, 4, 5, 6})
    else:
        yield "No label meets a verdict of a judge in this run."
        yield "A check of your own that asks has to be named: --check NAME."
    for each in found.checks:
        yield from _scores(each)
    if found.changed:
        yield f"Left out, as the answer is another one now: {plural(found.changed, 'label')}."
    if found.unmatched:
        yield f"Left out, as the run has no such verdict: {plural(found.unmatched, 'label')}."
    for each in found.checks:
        yield from _warnings(each)


def _scores(each: Judged) -> Iterator[str]:
    """How well its scores do as probabilities of the label; not where they are verdicts only."""
    if each.n_scores and each.brier is not None:
        area = "–" if each.auroc is None else f"{each.auroc:.3f}"
        yield (
            f"{each.check}: its score as the probability of pass: Brier {each.brier:.3f}, "
            f"ECE {each.ece:.3f} (10 bins of equal width), AUROC {area}; {each.n_scores:,} answers"
        )


def _row(each: Judged) -> tuple[str, ...]:
    return (
        each.check,
        f"{each.n:,}",
        _share(each),
        _number(each.kappa, each.kappa_low, each.kappa_high),
        f"{each.wrongly_passed} of {each.n - each.labelled}",
        f"{each.wrongly_failed} of {each.labelled}",
        str(each.errors),
    )


def _share(each: Judged) -> str:
    if each.accuracy is None:
        return "–"
    value = f"{each.accuracy * 100:.1f} %"
    if each.low is None or each.high is None:
        return value
    return f"{value} [{each.low * 100:.1f}, {each.high * 100:.1f}]"


def _number(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if low is None or high is None else f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _warnings(each: Judged) -> Iterator[str]:
    if each.n and each.kappa is None:
        yield f"{each.check}: kappa is not defined: judge and labels say the same of every answer."
    if each.n and each.labelled in (0, each.n):
        yield f"{each.check}: all labels are the same: label answers of both kinds."
    elif (
        each.kappa is not None
        and min(each.kappa, each.kappa if each.kappa_low is None else each.kappa_low) <= 0
    ):
        yield f"{each.check}: chance could agree as well; do not let a gate hang on it."
