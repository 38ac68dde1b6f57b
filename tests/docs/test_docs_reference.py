"""The documentation is complete, up to date, and its examples work."""

import ast
import importlib
import re
import sys
from pathlib import Path

import pytest
import yaml

from evals import own

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def reference():
    """The generator of the reference."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module("reference")
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


def fenced(language):
    """Every code block of a language, with the page it stands on."""
    return [
        pytest.param(code, id=f"{path.relative_to(ROOT).as_posix()}:{number}")
        for path in PAGES
        for number, (found, code) in enumerate(_FENCE.findall(path.read_text(encoding="utf-8")))
        if found == language
    ]


def test_generated_blocks_are_what_the_code_gives(reference):
    """Else: python scripts/reference.py"""
    stale = [path.relative_to(ROOT).as_posix() for path, _ in reference.stale()]
    assert stale == []


def test_the_tutorial_shows_what_its_commands_print(reference):
    """Else: python scripts/reference.py"""
    assert reference.transcript() == page("tutorial.md")


def test_every_generated_block_stands_on_a_page_once(reference):
    placed = [name for path in PAGES for name in reference.blocks_in(path.read_text("utf-8"))]
    assert sorted(placed) == sorted(reference.BLOCKS)


def test_the_generator_notices_a_stale_block(reference):
    text = page("reference/commands.md")
    assert reference.rendered(text.replace("evals init", "evals begin")) != text.replace(
        "evals init", "evals begin"
    )


def test_every_check_type_has_a_passing_and_a_failing_example(reference):
    from reference_checks import examples

    from evals.checks.registry import FAMILIES

    names = {name for listed in FAMILIES.values() for name in listed.split()}
    assert examples().keys() == names
    for name, told in examples().items():
        answers = [key for example in told["examples"] for key in example]
        assert "passes" in answers, name
        assert "fails" in answers, name


def test_every_example_of_a_check_is_judged_as_it_says(reference):
    from reference_checks import EXPECTED, examples, judgeable, judged

    for name, told in examples().items():
        if not judgeable(name):
            continue
        for example in told["examples"]:
            for key, expected in EXPECTED.items():
                for answer in example.get(key, ()):
                    verdict = judged(example["assert"], answer)
                    assert verdict.passed is expected, (example["assert"], answer, verdict.reason)


def test_every_row_for_promptfoo_says_same_better_or_left_out():
    rows = re.findall(r"^\| (`.*) \| (.*) \| (.*) \|$", page("promptfoo.md"), re.MULTILINE)
    assert len(rows) > 25
    for theirs, ours, how in rows:
        assert re.match(r"same|better|left out|columns are compared", how), theirs
        assert ours != "–" or how.startswith("left out"), theirs


PROMPTFOO = """
answer-relevance bleu classifier contains contains-all contains-any contains-html
contains-json contains-sql contains-xml context-faithfulness context-recall
context-relevance conversation-relevance cost equals factuality finish-reason g-eval gleu
guardrails icontains icontains-all icontains-any is-html is-json is-refusal is-sql
is-valid-function-call is-valid-openai-function-call is-valid-openai-tools-call is-xml
javascript latency levenshtein llm-rubric pi meteor model-graded-closedqa
model-graded-factuality moderation perplexity perplexity-score python regex rouge-n ruby
similar similar:cosine similar:dot similar:euclidean starts-with tool-call-f1 skill-used
trajectory:goal-success trajectory:tool-args-match trajectory:step-count
trajectory:tool-sequence trajectory:tool-used trace-error-spans trace-span-count
trace-span-duration search-rubric webhook word-count select-best human max-score assert-set
"""  # its assertion types in November 2026, but for those of its `redteam`


def test_every_type_of_promptfoo_has_a_row():
    theirs = page("promptfoo.md").partition("## Importing")[0]
    assert [name for name in PROMPTFOO.split() if f"`{name}`" not in theirs] == []


def test_every_type_that_is_imported_has_a_row_for_people_who_know_promptfoo():
    from evals.importing import assertions

    theirs = page("promptfoo.md").partition("## Importing")[0]
    types = {*assertions._SAME, *assertions._RENAMED} - {*assertions._RENAMED.values()}
    assert [name for name in sorted(types) if f"`{name}`" not in theirs] == []


def test_every_exit_code_is_documented():
    from evals.cli.exits import Exit

    listed = page("reference/commands.md").partition("## Exit codes")[2]
    codes = {int(code) for code in re.findall(r"^\| (\d) \|", listed, re.MULTILINE)}
    assert codes == {*map(int, Exit), 1}


def test_every_public_name_is_documented():
    import evals
    from evals import stats, testing

    text = page("reference/python.md")
    for module in (evals, stats, testing):
        for name in module.__all__:
            assert f"`{module.__name__}.{name}" in text, name


def test_every_environment_variable_is_documented():
    source = "".join(path.read_text("utf-8") for path in (ROOT / "evals").rglob("*.py"))
    internal = {"EVALS_COMPLETE", "EVALS_LOCAL_KEY"}
    named = set(re.findall(r"EVALS_[A-Z_]*[A-Z]", source)) - internal
    assert (
        named - set(re.findall(r"EVALS_[A-Z_]*[A-Z]", page("reference/configuration.md"))) == set()
    )


def test_every_metric_and_kind_of_tokens_is_documented():
    from evals.suite.gates import _TOKENS, RESERVED

    metrics = page("reference/suites.md").partition("### Metrics")[2]
    for name in (*RESERVED, *_TOKENS):
        assert f"`{name}" in metrics, name


def test_every_key_of_a_trial_and_a_manifest_is_documented():
    from evals.model import Manifest, TrialResult

    text = page("reference/files.md")
    for key in (*TrialResult.__struct_fields__, *Manifest.__struct_fields__):
        assert f"`{key}`" in text or key in ("answers_from",), key


def test_every_option_of_the_plugin_is_documented(reference):
    text = page("reference/configuration.md")
    assert [name for name in reference.options() if f"`{name}" not in text] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path):
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(file):
    """The anchors of a page's headings, as GitHub makes them."""
    text = _FENCE.sub("", file.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.fixture
def project(tmp_path):
    """A project with the data files of the examples, and the functions that pages name."""
    (tmp_path / "suites").mkdir()
    for file in (DOCS / "examples").iterdir():
        if file.suffix == ".csv":
            (tmp_path / "suites" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "evals.toml").write_text("")
    own.endpoint("shop-bot")(lambda request: "")
    (code,) = re.findall(r"```python\n([^`]*@evals\.prompt[^`]*)```", page("how-to.md"))
    exec(code, {"__name__": "suites.extensions"})
    yield tmp_path
    own.endpoints.forget("shop-bot")
    own.prompts.forget("support")


@pytest.mark.parametrize("text", fenced("yaml"))
def test_yaml_is_what_suites_are_made_of(text, project):
    """A whole suite loads; a part of one agrees with the schema for editors."""
    from evals.endpoints.config import load_config
    from evals.suite.load import load_suite

    document = yaml.safe_load(text)
    if not isinstance(document, dict) or "jobs" in document or "assert" in document:
        assert document is None or document
        return
    if "tests" not in document:
        assert part_of_a_suite(document) == []
        return
    path = project / "suites" / "example.eval.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load_suite(path, config=load_config(project, env={"EVALS_ENDPOINT": "local"}))
    assert loaded.suite.cases
    assert [str(warning) for warning in loaded.warnings] == []


def part_of_a_suite(document):
    import jsonschema_rs

    from evals.suite.schema import json_schema

    schema = {key: value for key, value in json_schema().items() if key != "required"}
    return [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(document)]


def assertions_on_pages():
    """The lists of assertions that stand by themselves."""
    for parameter in fenced("yaml"):
        document = yaml.safe_load(*parameter.values)
        if isinstance(document, dict) and "tests" not in document:
            document = document.get("assert")
        if isinstance(document, list):
            yield pytest.param(document, id=parameter.id)


@pytest.mark.parametrize("written", list(assertions_on_pages()))
def test_assertions_on_pages_are_understood(written):
    from evals.checks.judge import mistakes
    from evals.checks.registry import names
    from evals.checks.written import read_assertions

    for assertion in read_assertions(written):
        unknown = {getattr(assertion, "type", "")} - {"", *names()}
        assert unknown <= {"balanced", "cites"}, unknown  # own checks of the pages
        assert unknown or [m for m in mistakes(assertion) if "pip install" not in m[1]] == []


@pytest.mark.parametrize("text", fenced("toml"))
def test_configuration_on_pages_is_read(text, tmp_path):
    from evals.endpoints.config import load_config

    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert load_config(tmp_path, env={}).sources


@pytest.mark.parametrize("text", fenced("python"))
def test_python_on_pages_compiles(text):
    assert ast.parse(text).body


@pytest.mark.parametrize("text", fenced("json"))
def test_json_on_pages_is_json(text):
    import json

    assert json.loads(text)


def test_pages_name_no_command_or_option_that_does_not_exist(reference):
    from evals.cli.group import COMMANDS

    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for option in set(re.findall(r"--evals-[a-z-]+[a-z]", text)):
            assert option in reference.options(), f"{path.name}: {option}"
        for command in set(re.findall(r"(?:`|\$ |^)evals ([a-z]+)\b", text, re.MULTILINE)):
            assert command in COMMANDS, f"{path.name}: evals {command}"
