"""Write the generated blocks of docs/reference and the schema for editors, or check them.

python scripts/reference.py            # write
python scripts/reference.py --check    # exit code 1 where a block is not what it would be

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`. What a key means is said in
`reference.toml`, or by the type itself (`Meta(description=…)`).
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]  # for what follows, hence E402

from reference_checks import NAMES, check_list, judgeable, section  # noqa: E402
from reference_schema import SCHEMA, schema_text  # noqa: E402
from reference_tables import Wrong, code, keys, meanings, table  # noqa: E402
from reference_transcripts import Reader  # noqa: E402

from evals.answer import Price  # noqa: E402
from evals.api import Run  # noqa: E402
from evals.checks.transform import STEPS  # noqa: E402
from evals.cli.group import COMMANDS, group  # noqa: E402
from evals.endpoints import builtin  # noqa: E402
from evals.endpoints.config import EndpointConfig, _Root  # noqa: E402
from evals.plugin import pytest_addoption  # noqa: E402
from evals.record.table import COLUMNS  # noqa: E402
from evals.suite import written  # noqa: E402
from evals.suite.gates import STATISTICS  # noqa: E402
from evals.suite.parameters import Parameters  # noqa: E402
from evals.suite.template.tree import FILTERS, TESTS  # noqa: E402

DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial.md"  # without generated blocks
_BLOCK = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def usage(name: str) -> str:
    """The help of a command as a terminal of 80 columns shows it."""
    command = group if name == "evals" else group.get_command(click.Context(group), name)
    if command is None:
        raise Wrong(f"no command {name!r}")
    full = name if name == "evals" else f"evals {name}"
    told = [_help(command, full)]
    if isinstance(command, click.Group) and name != "evals":
        told += [_help(each, f"{full} {sub}") for sub, each in command.commands.items()]
    return "\n\n".join(f"```text\n{text}\n```" for text in told)


def _help(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name, terminal_width=80, max_content_width=80)
    return command.get_help(context).rstrip()


class _Options:
    """Stands for pytest's parser: keeps the options that a plugin adds."""

    def __init__(self) -> None:
        self.found: dict[str, Mapping[str, Any]] = {}

    def getgroup(self, *_: object) -> _Options:
        return self

    def addoption(self, name: str, **rest: Any) -> None:
        self.found[name] = rest


def options() -> Mapping[str, Mapping[str, Any]]:
    """The options that the plugin adds to pytest."""
    parser = _Options()
    pytest_addoption(parser)  # type: ignore[arg-type] # it only gathers
    return parser.found


def option_table() -> str:
    said, known = meanings()["options"], options()
    if said.keys() != known.keys():
        raise Wrong(f"reference.toml: [options]: {', '.join(sorted(said.keys() ^ known.keys()))}")
    rows = []
    for name, rest in known.items():
        value = rest.get("metavar") or "|".join(rest.get("choices", ()))
        rows.append((code(f"{name} {value}".strip()), said[name]))
    return table(("option", "meaning"), rows)


def step_table() -> str:
    said = meanings()["transforms"]
    return table(("transform", "gives"), [(code(n), said[n]) for n in (*STEPS, "json", "regex")])


def endpoint_table() -> str:
    rows = []
    for name, values in builtin.ENDPOINTS.items():
        told = ", ".join(code(f"{key} = {_toml(value)}") for key, value in values.items())
        default = ", the default" if name == builtin.DEFAULT_ENDPOINT else ""
        rows.append((f"{code(name)}{default}", told))
    return table(("endpoint", "has"), rows)


def key_table() -> str:
    rows = [(code(key), ", ".join(map(code, hosts))) for key, hosts in builtin.KEY_HOSTS.items()]
    return table(("variable", "may be sent to"), rows)


def price_table() -> str:
    rows = []
    for model, told in builtin.PRICES.items():
        price = msgspec.convert(told, Price)
        rows.append((code(model), f"{price.prompt:g}", f"{price.completion:g}"))
        for step in price.above:
            above = f"… with more than {step.prompt_tokens:,} prompt tokens"
            rows.append((above, f"{step.prompt:g}", f"{step.completion:g}"))
    return table(("model", "prompt", "completion"), rows)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def api_table(module: str) -> str:
    """The public names of a module, each with the first line of its docstring."""
    home = importlib.import_module(module)
    rows = []
    for name in home.__all__:
        # Asked of the module's own way to find it: a subpackage may have the same name.
        thing = home.__getattr__(name) if module == "evals" else getattr(home, name)
        said = inspect.getdoc(thing) or ""
        if not said:
            raise Wrong(f"{module}.{name} has no docstring")
        call = "(…)" if inspect.isfunction(thing) else ""
        rows.append((code(f"{module}.{name}{call}"), said.partition("\n\n")[0]))
    return table(("name", "what it is"), rows)


def run_table() -> str:
    """What a run offers."""
    rows = []
    for name, member in vars(Run).items():
        if name.startswith("_"):
            continue
        call = "(…)" if inspect.isfunction(member) else ""
        said = inspect.getdoc(member) or meanings()["Run"].get(name)
        if not said:
            raise Wrong(f"reference.toml: [Run] lacks {name}")
        rows.append((code(f"{name}{call}"), said.partition("\n\n")[0]))
    return table(("name", "what it is"), rows)


def _names(names: list[str] | tuple[str, ...]) -> str:
    return " ".join(map(code, names))


def trial_table() -> str:
    """The columns of the table of trials."""
    told = [(f"`{column.name}`", column.type, column.meaning) for column in COLUMNS]
    return table(("column", "type", "meaning"), told)


BLOCKS: dict[str, Callable[[], str]] = {
    "suite": partial(keys, written.WrittenSuite),
    "prompt": partial(keys, written.WrittenPrompt),
    "message": partial(keys, written.WrittenMessage),
    "setting": partial(keys, written.WrittenSetting),
    "judge": partial(keys, written.WrittenJudge),
    "repeat": partial(keys, written.WrittenRepeat),
    "test": partial(keys, written.WrittenTest),
    "turn": partial(keys, written.WrittenTurn),
    "dataset": partial(keys, written.WrittenDataset),
    "sample": partial(keys, written.WrittenSample),
    "examples": partial(keys, written.WrittenExamples),
    "metric": partial(keys, written.WrittenMetric),
    "gate": partial(keys, written.WrittenGate),
    "limits": partial(keys, written.WrittenLimits),
    "parameters": partial(keys, Parameters, name="parameter"),
    "filters": partial(_names, sorted(FILTERS)),
    "template-tests": partial(_names, sorted(TESTS)),
    "statistics": partial(_names, STATISTICS),
    "trial-table": trial_table,
    "transforms": step_table,
    "check-list": check_list,
    **{f"check-{name}": partial(section, name) for name in NAMES},
    "configuration": partial(keys, _Root),
    "endpoint": partial(keys, EndpointConfig, leave_out=("name", "function")),
    "price": partial(keys, Price),
    "built-in-endpoints": endpoint_table,
    "built-in-prices": price_table,
    "key-hosts": key_table,
    "options": option_table,
    "api": partial(api_table, "evals"),
    "api-run": run_table,
    "testing": partial(api_table, "evals.testing"),
    "stats": partial(api_table, "evals.stats"),
    "help-evals": partial(usage, "evals"),
    **{f"help-{name}": partial(usage, name) for name in COMMANDS},
}


def rendered(text: str) -> str:
    """A page with its blocks as they should be."""

    def block(match: re.Match[str]) -> str:
        if match[2] not in BLOCKS:
            raise Wrong(f"no block {match[2]!r}")
        if not judgeable(match[2].removeprefix("check-")):
            return match[0]  # as it stands: here is nothing to make it with
        return f"{match[1]}{BLOCKS[match[2]]()}\n{match[3]}"

    return _BLOCK.sub(block, text)


def blocks_in(text: str) -> list[str]:
    """The names of the generated blocks of a page."""
    return [match[2] for match in _BLOCK.finditer(text)]


def stale() -> Iterator[tuple[Path, str]]:
    """The pages that are not as they should be, with what they should be."""
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (new := rendered(text)) != text:
            yield path, new


def transcript() -> str:
    """The tutorial as its commands make it."""
    with tempfile.TemporaryDirectory() as folder:
        return Reader(Path(folder, "project")).follow(TUTORIAL.read_text(encoding="utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    found = list(stale())
    if (schema := schema_text()) != SCHEMA.read_text(encoding="utf-8"):
        found.append((SCHEMA, schema))
    if (new := transcript()) != TUTORIAL.read_text(encoding="utf-8"):
        found.append((TUTORIAL, new))
    for path, new in found:
        print(f"{path.relative_to(ROOT).as_posix()} {'is stale' if check else 'written'}")
        if not check:
            path.write_text(new, encoding="utf-8", newline="\n")
    if check and found:
        print("Run: python scripts/reference.py")
    return int(check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
