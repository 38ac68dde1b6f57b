"""What a branch changes of what its verdicts rest on: recordings, baselines, demands."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from evals import answer
from evals.cassettes.store import decode, is_recording
from evals.cassettes.verify import fault_of
from evals.comparison.baseline import Baseline
from evals.errors import EvalsError, SuiteError
from evals.model import Exchange, Frozen
from evals.record.reading import read_json
from evals.session.git import FileChange, Since, Status
from evals.suite.loosened import Change, compare_demands
from evals.suite.yaml import read_yaml

_LARGEST = 64_000_000  # bytes of a file that is looked at
_SUITES = (".eval.yaml", ".eval.yml")


class Told(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What one recording says; `fault` where it is not what its name or checksum says."""

    text: str = ""
    model: str = ""
    at: str = ""
    host: str = ""
    asker: str = ""
    fault: str | None = None


Part = Literal["request", "text", "answer", "timing", "origin", "date"]
"""Of a recording; `answer` is what it says besides its text, `origin` who asked where."""


class RecordingChange(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A recording that came, went, or says something else under the same key."""

    path: str
    status: Status
    before: Told | None = None
    after: Told | None = None
    differs: tuple[Part, ...] = ()

    @property
    def edited(self) -> bool:
        """Whether it looks edited: its date stayed where something else did not, or it alone went.

        A service that is asked anew takes another time to answer, at another date.
        """
        return bool(self.differs) and ("date" not in self.differs or self.differs == ("date",))

    @property
    def is_suspicious(self) -> bool:
        """Whether it looks edited, or is not what its name and checksum say."""
        return self.edited or (self.after is not None and self.after.fault is not None)


class BaselineChange(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A baseline that changed: cases, and by column the share of trials that passed."""

    path: str
    status: Status
    cases: tuple[int | None, int | None]
    columns: dict[str, tuple[float | None, float | None]]


class SuiteChange(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A suite whose file changed, with its demands that did; None where it cannot be read."""

    path: str
    status: Status
    changes: tuple[Change, ...] | None


class Evidence(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Everything since a commit; recordings replaced under their key stand first."""

    format: int = 1
    since: str
    replaced: tuple[RecordingChange, ...]
    suites: tuple[SuiteChange, ...]
    configuration: tuple[str, ...]  # keys of [tool.evals] that changed
    baselines: tuple[BaselineChange, ...]
    new: tuple[RecordingChange, ...]
    removed: tuple[RecordingChange, ...]


def evidence(folder: Path, ref: str) -> Evidence:
    """What changed in a folder since its branch left `ref`, by git alone; runs and asks nothing."""
    since = Since(folder, ref)
    changes = since.changes()
    then = dict(since.before([each.path for each in changes if each.status != "new"]))
    recordings = [
        _recording(each, folder, then) for each in changes if is_recording(Path(each.path).name)
    ]
    by = {status: tuple(r for r in recordings if r.status == status) for status in _ORDER}
    return Evidence(
        since=since.commit,
        replaced=tuple(sorted(by["changed"], key=lambda change: not change.is_suspicious)),
        suites=tuple(_suite(each, folder, then) for each in changes if each.path.endswith(_SUITES)),
        configuration=tuple(_configuration(changes, folder, then)),
        baselines=tuple(_baselines(changes, folder, then)),
        new=by["new"],
        removed=by["removed"],
    )


_ORDER: tuple[Status, ...] = ("new", "removed", "changed")


def _now(change: FileChange, folder: Path) -> bytes | None:
    path = folder / change.path
    if change.status == "removed" or path.is_symlink() or not path.is_file():
        return None
    return path.read_bytes() if path.stat().st_size <= _LARGEST else None


def _recording(change: FileChange, folder: Path, then: Mapping[str, bytes]) -> RecordingChange:
    before = _Side.of(change.path, then.get(change.path))
    after = _Side.of(change.path, _now(change, folder))
    return RecordingChange(
        path=change.path,
        status=change.status,
        before=before.told,
        after=after.told,
        differs=tuple(_differs(before, after)),
    )


class _Side(NamedTuple):
    """A recording then or now; without its exchange where it cannot be read."""

    told: Told | None = None
    exchange: Exchange | None = None

    @classmethod
    def of(cls, path: str, data: bytes | None) -> _Side:
        if data is None:
            return cls()
        wrong = fault_of(Path(path), data)
        try:
            exchange = decode(path, data, None)
        except EvalsError:
            return cls(Told(fault=wrong))
        return cls(_read(exchange, wrong), exchange)


def _differs(before: _Side, after: _Side) -> Iterator[Part]:
    then, now = before.exchange, after.exchange
    if then is None or now is None or before.told is None or after.told is None:
        return
    if then.request != now.request:
        yield "request"
    if before.told.text != after.told.text:
        yield "text"
    elif then.response != now.response:
        yield "answer"
    if then.timing != now.timing:
        yield "timing"
    dated = then.recorded, msgspec.structs.replace(now.recorded, at=then.recorded.at)
    if dated[0] != dated[1]:
        yield "origin"
    if then.recorded.at != now.recorded.at:
        yield "date"


def _read(exchange: Exchange, wrong: str | None) -> Told:
    text, model = "", ""
    with contextlib.suppress(EvalsError):  # told by `fault`
        completion = answer.read(exchange)
        text = "\n".join(choice.text for choice in completion.choices)
        model = completion.model
    recorded = exchange.recorded
    return Told(
        text=text,
        model=model,
        at=recorded.at,
        host=recorded.base_url,
        asker=recorded.for_,
        fault=wrong,
    )


def _baselines(
    changes: tuple[FileChange, ...], folder: Path, then: Mapping[str, bytes]
) -> Iterator[BaselineChange]:
    """JSON files that hold a baseline, wherever they lie, and all in folders of baselines."""
    for change in changes:
        path = Path(change.path)
        if path.suffix != ".json" or is_recording(path.name):
            continue
        old, new = _baseline(then.get(change.path)), _baseline(_now(change, folder))
        if old is None and new is None and path.parent.name != "baselines":
            continue
        shares = _shares(old), _shares(new)
        yield BaselineChange(
            path=change.path,
            status=change.status,
            cases=(len(old.cases) if old else None, len(new.cases) if new else None),
            columns={
                column: (shares[0].get(column), shares[1].get(column))
                for column in dict.fromkeys((*shares[0], *shares[1]))
            },
        )


def _baseline(data: bytes | None) -> Baseline | None:
    try:
        return None if data is None else read_json(data, msgspec.json.Decoder(Baseline))
    except msgspec.DecodeError:
        return None


def _shares(baseline: Baseline | None) -> dict[str, float]:
    """By column, the mean over cases of the share of trials that passed."""
    found: dict[str, list[float]] = {}
    for case in baseline.cases if baseline else ():
        for column, cell in case.columns.items():
            judged = [passed for passed in cell.passed if passed is not None]
            if judged:
                found.setdefault(column, []).append(sum(judged) / len(judged))
    return {column: sum(shares) / len(shares) for column, shares in found.items()}


def _configuration(
    changes: tuple[FileChange, ...], folder: Path, then: Mapping[str, bytes]
) -> Iterator[str]:
    for change in changes:
        if change.path in ("pyproject.toml", "evals.toml"):
            old = dict(_settings(change.path, then.get(change.path)))
            new = dict(_settings(change.path, _now(change, folder)))
            keys = dict.fromkeys((*old, *new))
            yield from (f"{change.path}: {key}" for key in keys if old.get(key) != new.get(key))


def _settings(path: str, data: bytes | None) -> Iterator[tuple[str, object]]:
    """Every setting of ours, by its dotted key."""
    import tomllib

    try:
        table = tomllib.loads((data or b"").decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return
    if path == "pyproject.toml":
        table = table.get("tool", {}).get("evals", {})
    yield from _leaves(table, "")


def _leaves(value: object, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{key}.{name}" if key else name)
    else:
        yield key, value


def _suite(change: FileChange, folder: Path, then: Mapping[str, bytes]) -> SuiteChange:
    changes: tuple[Change, ...] | None = ()
    if change.status == "changed":
        try:
            old = read_yaml(then.get(change.path, b""), change.path).value
            new = read_yaml(_now(change, folder) or b"", change.path).value
            changes = compare_demands(old, new)
        except SuiteError:
            changes = None
    return SuiteChange(path=change.path, status=change.status, changes=changes)
