"""The end of a run: gates judged over what is on disk, the manifest, the comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from evals.comparison.cells import Gathered
from evals.comparison.compare import compare_columns
from evals.endpoints.config import shown
from evals.model import (
    Comparison,
    EndpointAudit,
    Finding,
    JsonObject,
    Manifest,
    Suite,
    SuiteRecord,
    TrialResult,
)
from evals.record import FORMAT, Run, point_latest, refuse_link, write_manifest
from evals.record.audits import read_audits
from evals.session.evaluation import Evaluation, within
from evals.session.provenance import git_state, versions
from evals.session.sources import Source


@dataclass(frozen=True)
class Finished:
    """A run as it stands on disk."""

    run: Run
    manifest: Manifest
    trials: tuple[TrialResult, ...]
    gathered: Gathered  # the same

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.manifest.findings

    @property
    def suite_paths(self) -> dict[str, str]:
        return {record.suite.id: record.suite.path for record in self.manifest.suites}

    @property
    def too_many_errors(self) -> tuple[str, ...]:
        """The suites with more errors than they allow, trials that were not run included.

        None allows that no trial has a verdict: then nothing was shown.
        """
        bad = Counter(t.suite for t in self.trials if t.outcome in ("error", "not_run"))
        total = Counter(t.suite for t in self.trials)
        return tuple(
            record.suite.id
            for record in self.manifest.suites
            if not within(record.suite.limits.errors, bad[record.suite.id], total[record.suite.id])
            or 0 < bad[record.suite.id] == total[record.suite.id]
        )

    @property
    def nothing_to_compare(self) -> bool:
        """Whether a gate has nothing to compare with: no baseline, or no case that it shares."""
        return any(f.outcome == "error" and f.found == "no_data" for f in self.findings)

    def comparison(self) -> Comparison:
        return compare_columns(self.manifest, self.gathered)


def start(evaluation: Evaluation, *, started: datetime) -> None:
    """Write a manifest that says the run is not complete, so that a killed run can be read.

    Where something is asked it has the suites, so that the run can go on. Raises `DiskError`.
    """
    options = evaluation.options
    if options.place is None:
        refuse_link(options.runs)  # said before anything is asked
    sources = evaluation.sources.values() if options.mode != "replay" else ()
    manifest = msgspec.structs.replace(
        _manifest(evaluation, started=started, ended=None, complete=False),
        suites=tuple(_suite_record(evaluation, source, selected=False) for source in sources),
    )
    write_manifest(options.folder, manifest, secrets=evaluation.secrets)
    if options.place is None:
        point_latest(options.runs, options.run_id)


def finish(evaluation: Evaluation, *, started: datetime, interrupted: bool) -> Finished:
    """Judge the gates over all trials on disk and write the manifest; raises `DiskError`."""
    evaluation.close()
    run = Run(evaluation.options.folder)
    trials = tuple(run.written())
    gathered = Gathered(trials)
    by_suite: dict[str, list[TrialResult]] = {}
    for trial in trials:
        by_suite.setdefault(trial.suite, []).append(trial)
    judged = {
        name: source
        for name, source in evaluation.sources.items()
        if not evaluation.leaves_out(source)
    }
    selected = {
        name: not interrupted and is_whole(source, by_suite.get(name, ()))
        for name, source in judged.items()
    }
    findings = tuple(
        finding
        for name, source in judged.items()
        for finding in _findings(
            source.suite,
            gathered,
            selected=selected[name],
            root=evaluation.options.root,
        )
    )
    manifest = msgspec.structs.replace(
        _manifest(evaluation, started=started, ended=datetime.now(UTC), complete=not interrupted),
        findings=findings,
        audits=_audits(evaluation),
        counts=dict(Counter(trial.outcome for trial in trials)),
        suites=tuple(
            _suite_record(evaluation, source, selected=selected[name])
            for name, source in judged.items()
        ),
    )
    _keep(manifest, evaluation)
    return Finished(run, manifest, trials, gathered)


def _keep(manifest: Manifest, evaluation: Evaluation) -> None:
    """Write the manifest; where the items ran in workers, nothing has named the run yet."""
    options = evaluation.options
    begun = (options.folder / "run.json").exists()
    durable = options.mode != "replay"
    write_manifest(options.folder, manifest, secrets=evaluation.secrets, durable=durable)
    if not begun and options.place is None:
        point_latest(options.runs, options.run_id)


def _findings(suite: Suite, trials: Gathered, *, selected: bool, root: Path) -> tuple[Finding, ...]:
    """What the gates of a suite found, over its trials and the baselines that they name."""
    if not suite.gates:
        return ()
    from evals.comparison.baseline import baselines_for
    from evals.comparison.gates import judge_gates

    return judge_gates(suite, trials, selected=selected, baselines=baselines_for(suite, root))


def _audits(evaluation: Evaluation) -> tuple[EndpointAudit, ...]:
    """What was found out before about the endpoints that answer here."""
    asked = {c.endpoint for s in evaluation.sources.values() for c in s.suite.columns}
    return read_audits(evaluation.options.root / "reports", asked)


def is_whole(source: Source, trials: Iterable[TrialResult]) -> bool:
    """Whether every trial of a suite has a result that was obtained."""
    obtained: set[tuple[str, str, int]] = set()
    lacking: set[tuple[str, str, int]] = set()
    for trial in trials:
        name = (trial.case, trial.column, trial.sample)
        (lacking if trial.outcome == "not_run" else obtained).add(name)
    if lacking - obtained:
        return False
    if source.opened.is_adaptive:
        least = {case.id: case.repeat.least for case in source.suite.cases}
        obtained = {name for name in obtained if name[2] < (least[name[0]] or name[2] + 1)}
    return len(obtained) == source.opened.n_trials


def _suite_record(evaluation: Evaluation, source: Source, *, selected: bool) -> SuiteRecord:
    folder = source.cassettes.folder
    root = evaluation.options.root
    return SuiteRecord(
        suite=msgspec.structs.replace(source.suite, cases=tuple(source.suite.cases)),
        selected=selected,
        cassettes=_relative(folder, root),
        endpoints=_endpoints(evaluation, source),
    )


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _endpoints(evaluation: Evaluation, source: Source) -> dict[str, JsonObject]:
    known = evaluation.config.endpoints
    return {name: shown(known[name]) for name in sorted(source.opened.endpoints)}


def _manifest(
    evaluation: Evaluation, *, started: datetime, ended: datetime | None, complete: bool
) -> Manifest:
    options = evaluation.options
    commit, dirty = git_state(options.root) if ended else (None, None)
    return Manifest(
        format=FORMAT,
        id=options.run_id,
        mode=options.mode,
        started=_iso(started),
        ended=_iso(ended) if ended else None,
        complete=complete,
        versions=versions(),
        git_commit=commit,
        git_dirty=dirty,
        command=options.command,
        prices=msgspec.to_builtins(evaluation.config.prices),
        answers_from=options.answers_from,
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
