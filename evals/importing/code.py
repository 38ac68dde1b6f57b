"""One-line conditions in JavaScript and Python that a check says as well. Nothing is executed."""

from __future__ import annotations

import re
from typing import Any, Final

from evals.importing.source import Unequal
from evals.model import JsonObject

_STRING: Final = r"""(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`\\$]*)`)"""
_LOWER: Final = r"(?:\.toLowerCase\(\)|\.lower\(\))"
_TRIM: Final = r"(?:\.trim\(\)|\.strip\(\))"
_FORMS: Final = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (rf"output\.includes\({_STRING}\)", "contains"),
        (rf"output{_LOWER}\.includes\({_STRING}\)", "icontains"),
        (rf"{_STRING} in output", "contains"),
        (rf"{_STRING} in output{_LOWER}", "icontains"),
        (rf"{_STRING} not in output", "not-contains"),
        (rf"{_STRING} not in output{_LOWER}", "not-icontains"),
        (rf"output\.(?:startsWith|startswith)\({_STRING}\)", "starts-with"),
        (rf"output\.(?:endsWith|endswith)\({_STRING}\)", "ends-with"),
        (rf"output ?===? ?{_STRING}", "equals"),
        (rf"output ?!==? ?{_STRING}", "not-equals"),
        (rf"output{_TRIM} ?===? ?{_STRING}", "strip equals"),
    )
)
_COMMENT: Final = re.compile(r"\s*(?://|#)")
_TOKEN: Final = re.compile(rf"{_STRING}|[()\[\]]|\|\||&&| or | and ")
_ALWAYS: Final = frozenset(("typeof output === 'string'", 'typeof output === "string"'))
_LENGTH: Final = re.compile(
    r"(?:output(\.trim\(\))?\.length|len\(output\)) ?(<=|<|>=|>|===?) ?(\d{1,9})"
)
_REGEX: Final = re.compile(r"/((?:[^/\\\n]|\\.)+)/([im]*)\.test\(output\)")
_STEPS: Final = (
    (re.compile(r"(?:\.trim\(\)|\.strip\(\))"), "strip"),
    (re.compile(r"(?:\.toLowerCase\(\)|\.lower\(\))"), "lower"),
    (re.compile(r"(?:\.toUpperCase\(\)|\.upper\(\))"), "upper"),
)
_JSON: Final = re.compile(
    r"JSON\.parse\(output\)((?:\.[A-Za-z_]\w*|\[\d+\])*)|output((?:\.[a-z_]\w*)+)"
)


def condition(code: str) -> JsonObject:
    """The check that says the same as a condition; raises `Unequal` for all other code."""
    lines = [line for line in code.strip().split("\n") if not _COMMENT.match(line)]
    text = " ".join(" ".join(lines).split()).removeprefix("return ").rstrip("; ")
    return _condition(text)


def _condition(text: str) -> JsonObject:
    """`or` binds less than `and`; what stands in brackets is read for itself."""
    for sign, key in (("|| or", "any"), ("&& and", "all")):
        parts = _parts(text, sign.split())
        if len(parts) > 1:
            needed = [part for part in parts if key == "any" or part not in _ALWAYS]
            found = [_condition(part) for part in needed]
            if not found:
                raise _code()
            return found[0] if len(found) == 1 else {key: found}
    if text.startswith("(") and text.endswith(")") and _closes_last(text):
        return _condition(text[1:-1].strip())
    return _single(text)


def _parts(text: str, signs: list[str]) -> list[str]:
    """The parts between signs that stand outside brackets and quotes."""
    parts, start, depth = [], 0, 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        depth += (token in "([") - (token in ")]") if len(token) == 1 else 0
        if depth == 0 and token.strip() in signs:
            parts.append(text[start : match.start()].strip())
            start = match.end()
    return [*parts, text[start:].strip()]


def _closes_last(text: str) -> bool:
    """Whether the bracket that the text begins with is closed by its last character."""
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += (match[0] == "(") - (match[0] == ")")
        if not depth:
            return match.end() == len(text)
    return False


def _single(text: str) -> JsonObject:
    if text.startswith("!"):
        made = _single(text[1:])
        if made["type"].startswith("not-") or "transform" in made:
            raise _code()
        return {**made, "type": f"not-{made['type']}"}
    for pattern, kind in _FORMS:
        match = pattern.fullmatch(text)
        if match is not None:
            return _compared(kind, _string(match))
    if text == "output":  # a text that is not empty
        return {"type": "char-count", "min": 1}
    length = _LENGTH.fullmatch(text)
    if length is not None:
        stripped = {"transform": "strip"} if length[1] else {}
        return {**_counted(length[2], int(length[3])), **stripped}
    regex = _REGEX.fullmatch(text)
    if regex is not None:
        flags = f"(?{regex[2]})" if regex[2] else ""
        return {"type": "regex", "value": flags + regex[1].replace(r"\/", "/")}
    raise _code()


def _compared(kind: str, value: str) -> JsonObject:
    if kind == "strip equals":
        return {"type": "equals", "value": value, "transform": "strip"}
    if kind.endswith("icontains") and value != value.lower():
        raise Unequal("it looks for capital letters in small ones, which are never there")
    return {"type": kind, "value": value}


def _counted(sign: str, number: int) -> JsonObject:
    bound = {
        "<": {"max": number - 1},
        "<=": {"max": number},
        ">": {"min": number + 1},
        ">=": {"min": number},
    }
    return {"type": "char-count", **bound.get(sign, {"value": number})}


def steps(code: Any) -> list[Any]:
    """The transforms that say the same as an expression over `output`."""
    if not isinstance(code, str):
        raise _code()
    text = code.strip().removeprefix("return ").rstrip("; ")
    found: list[Any] = []
    rest = text.removeprefix("output") if text.startswith("output") else None
    path = _JSON.fullmatch(text)
    if path is not None and path[1] is not None:
        return [{"json": "$" + path[1]}]
    while rest:
        for pattern, name in _STEPS:
            match = pattern.match(rest)
            if match is not None:
                found.append(name)
                rest = rest[match.end() :]
                break
        else:
            raise _code()
    if rest is None or not found:
        raise _code()
    return found


def _string(match: re.Match[str]) -> str:
    text: str = next(group for group in match.groups() if group is not None)
    if re.search(r"\\[^\\\"'n]", text):
        raise _code()
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _code() -> Unequal:
    return Unequal(
        "code is not executed; write a check of your own, or a condition as `expression`"
    )
