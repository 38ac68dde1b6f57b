"""OpenAI evals' samples: JSON Lines with `input` messages and `ideal` answers."""

from __future__ import annotations

from typing import Any

from evals.errors import Place, Problem, SuiteError
from evals.importing.findings import Draft
from evals.importing.source import Source, Unequal, reason
from evals.model import JsonObject
from evals.suite.datasets import json_line


def samples(source: Source) -> Draft:
    """A prompt for each order of roles, a test for each sample."""
    name = source.path.name
    prompts: dict[tuple[str, ...], JsonObject] = {}
    tests: list[JsonObject] = []
    read = 0
    for number, line in enumerate(source.text(name).split("\n"), 1):
        if not line.strip():
            continue
        place = Place(name, number, 1)
        source.findings.count("tests")
        read += 1
        try:
            test, roles = _sample(json_line(line, name, number))
        except (Unequal, SuiteError) as problem:
            source.findings.lose("tests", place, "sample", reason(problem, place))
            continue
        if roles not in prompts:
            prompts[roles] = _prompt(roles, len(prompts) + 1)
            source.findings.count("prompts")
        test["prompts"] = prompts[roles]["id"]
        source.findings.born(test, place, "tests")
        tests.append(test)
    if not tests:
        details = ("each line is an object with `input` and `ideal`",)
        raise SuiteError([Problem(Place(name, 1, 1), "no samples of OpenAI evals", details)])
    if len(prompts) == 1:
        tests = [{k: v for k, v in test.items() if k != "prompts"} for test in tests]
    source.findings.note(
        Place(name, 1, 1),
        "the way of judging",
        "samples do not tell it: an answer has to start with `ideal`, as by `Match`",
    )
    check = {"type": "starts-with", "value": "{{ expected }}", "transform": "strip"}
    suite: JsonObject = {
        "prompts": list(prompts.values()),
        "defaults": {"assert": [check]},
        "tests": tests,
    }
    return Draft(suite=suite)


def _sample(value: JsonObject) -> tuple[JsonObject, tuple[str, ...]]:
    written = value.get("input")
    messages = [{"role": "user", "content": written}] if isinstance(written, str) else written
    if not isinstance(messages, list) or not messages:
        raise Unequal("no `input`")
    ideal = value.get("ideal")
    if isinstance(ideal, int | float):
        ideal = str(ideal)
    texts = ideal if isinstance(ideal, list) else [ideal]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise Unequal("no `ideal` text")
    roles: list[str] = []
    variables: JsonObject = {}
    for message in messages:
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ("system", "user", "assistant", "developer"):
            raise Unequal("a message without a known role")
        if not isinstance(message.get("content"), str):
            raise Unequal("a message whose content is no text")
        roles.append(role)
        variables[_name(roles)] = message["content"]
    return {"vars": variables, "expected": ideal}, tuple(roles)


def _prompt(roles: tuple[str, ...], number: int) -> JsonObject:
    names = [_name(roles[: end + 1]) for end in range(len(roles))]
    messages = [
        {"role": role, "content": f"{{{{ {name} }}}}"}
        for role, name in zip(roles, names, strict=True)
    ]
    return {"id": f"prompt-{number}", "messages": messages}


def _name(roles: Any) -> str:
    """`user`, then `user_2` …"""
    number = list(roles).count(roles[-1])
    return roles[-1] if number == 1 else f"{roles[-1]}_{number}"
