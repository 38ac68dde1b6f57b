"""Prompts: texts, messages, and the files that hold them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from evals import own
from evals.errors import Place, Problem, SuiteError
from evals.model import JsonObject, Prompt
from evals.suite.datasets import read_json
from evals.suite.files import FileRefused, Files
from evals.suite.functions import REGISTER, parameters_of
from evals.suite.ids import ID_RULE, TWICE, is_id
from evals.suite.messages import message_mistakes
from evals.suite.nearest import advice
from evals.suite.problems import Problems
from evals.suite.structure import kind_of
from evals.suite.template import TemplateError, compile_template, templates_in
from evals.suite.written import WrittenPrompt
from evals.suite.yaml import Document, decode, read_yaml

DEFAULT: Final = "{{ prompt }}"
_SOURCES: Final = ("template", "messages", "file", "name")
_TEXTS: Final = (".txt", ".md", ".j2")
_DATA: Final = (".yaml", ".yml", ".json")

Path = tuple[str | int, ...]


class _Found(NamedTuple):
    """What a prompt's file says: messages, and from its front matter id and description."""

    messages: tuple[JsonObject, ...] | None
    id: str | None = None
    description: str | None = None
    function: str | None = None


def read_prompts(
    written: tuple[str | WrittenPrompt, ...], problems: Problems, files: Files
) -> tuple[Prompt, ...]:
    """The prompts of a suite; those with a mistake are left out."""
    reader = _Reader(problems, files)
    found = [reader.read(prompt, index) for index, prompt in enumerate(written)]
    return tuple(prompt for prompt in found if prompt is not None)


def default_prompt(place: Place) -> Prompt:
    """What is asked where a suite names no prompt: the var `prompt`."""
    return Prompt(id="prompt-1", messages=(_user(DEFAULT),), implied=True, place=place)


def _user(text: str) -> JsonObject:
    return {"role": "user", "content": text}


class _Reader:
    def __init__(self, problems: Problems, files: Files) -> None:
        self._problems = problems
        self._files = files
        self._ids: dict[str, str] = {}

    def read(self, written: str | WrittenPrompt, index: int) -> Prompt | None:
        path: Path = ("prompts", index)
        if isinstance(written, str):
            found = _Found((_user(written),))
            texts: Path = path
            written = WrittenPrompt()
        else:
            found, texts = self._source(written, path)
        name = written.id or found.id or f"prompt-{index + 1}"
        right = self._check_id(name, (*path, "id"))
        if found.messages is None:
            return None
        if written.render and written.file is None:
            right = self._check_templates(found.messages, texts) and right
        if not right:
            return None
        return Prompt(
            id=name,
            messages=found.messages,
            function=found.function,
            render=written.render,
            description=written.description or found.description,
            place=self._problems.place(path),
        )

    def _check_id(self, name: str, path: Path) -> bool:
        if not is_id(name):
            self._problems.error(path, f"{name!r} is no id", (ID_RULE,))
            return False
        first = self._ids.setdefault(name.casefold(), name)
        if first is not name:
            self._problems.error(path, f"two prompts have the id {name!r}", (TWICE,))
            return False
        return True

    def _source(self, written: WrittenPrompt, path: Path) -> tuple[_Found, Path]:
        given = [key for key in _SOURCES if getattr(written, key) is not None]
        if not given and self._problems.document.was_cut(path):
            return _Found(None), path  # it was there, and wrong in its form
        if len(given) != 1:
            found = f"has {' and '.join(given)}" if given else "has none of them"
            self._problems.error(
                path, f"a prompt is one of template, messages, file and name; this {found}"
            )
            return _Found(None), path
        key = given[0]
        if written.template is not None:
            return _Found((_user(written.template),)), (*path, key)
        if written.name is not None:
            return self._function(written.name, (*path, key), written.render), (*path, key)
        if written.file is not None:
            return self._file(written.file, (*path, key), written.render), (*path, key)
        raw = self._problems.document.value["prompts"][path[-1]]["messages"]
        return _Found(self._messages(raw, (*path, key))), (*path, key)

    def _function(self, name: str, path: Path, render: bool) -> _Found:
        known = own.prompts.names()
        if name not in known:
            details = (*advice(name, known, "registered prompts"), REGISTER)
            self._problems.error(path, f"unknown prompt {name!r}", details)
            return _Found(None)
        if not render:
            details = ("what a function returns is no template: leave `render` out",)
            self._problems.error((*path[:-1], "render"), "render is for templates", details)
        return _Found((), function=name)

    def _messages(self, raw: list[JsonObject], path: Path) -> tuple[JsonObject, ...] | None:
        if not raw and self._problems.document.was_cut(path):
            return None  # it had one, and wrong in its form
        wrong = list(message_mistakes(raw))
        for inner, message in wrong:
            self._problems.error((*path, *inner), message)
        return None if wrong else tuple(raw)

    def _check_templates(self, messages: tuple[JsonObject, ...], path: Path) -> bool:
        right = True
        for index, message in enumerate(messages):
            where = (*path, index, "content") if path[-1] == "messages" else path
            for text in templates_in(message.get("content")):
                try:
                    compile_template(text)
                except TemplateError as error:
                    self._problems.refused(where, error)
                    right = False
        return right

    def _file(self, written: str, path: Path, render: bool) -> _Found:
        try:
            found = self._files.find(written)
            return _from_file(self._files.read(written), self._files.name(found), render)
        except FileRefused as error:
            self._problems.refused(path, error)
        except SuiteError as error:
            for problem in error.problems:
                self._problems.add(problem)
        return _Found(None)


def _from_file(data: bytes, name: str, render: bool) -> _Found:
    """A prompt's file; raises SuiteError."""
    suffix = "." + name.rpartition(".")[2].lower()
    if suffix in _TEXTS:
        found = _from_text(data, name, with_head=suffix == ".md")
    elif suffix in _DATA:
        found = _from_data(data, name)
    else:
        known = ", ".join((*_TEXTS, *_DATA))
        raise FileRefused(
            f"a prompt's file is a text or messages, not {name!r}",
            remedy=f"by its suffix: {known}",
        )
    if render:
        for text in templates_in(list(found.messages or ())):
            try:
                compile_template(text)
            except TemplateError as error:
                raise _wrong(Place(name), error.message) from None
    return found


def _wrong(place: Place, message: str, *details: str) -> SuiteError:
    return SuiteError([Problem(place, message, details)])


def _from_text(data: bytes, name: str, *, with_head: bool) -> _Found:
    text = decode(data, name).replace("\r\n", "\n")
    if not with_head or not text.startswith("---\n"):
        return _Found((_user(text),))
    head, end, rest = text[4:].partition("\n---\n")
    if not end:
        raise _wrong(Place(name, 1, 1), "the front matter has no end", "add a line `---`")
    document = read_yaml(b"\n" + head.encode(), name)  # one line more: the `---` above
    _raise(document)
    values = {} if document.value is None else document.value
    if not isinstance(values, dict):
        raise _wrong(Place(name, 2, 1), f"front matter is a mapping, found {kind_of(values)}")
    for key, value in values.items():
        if key not in ("id", "description"):
            details = "front matter has id and description"
            raise _wrong(document.place((key,), key=True), f"unknown key {key!r}", details)
        if not isinstance(value, str):
            raise _wrong(document.place((key,)), f"{key} must be a text, found {kind_of(value)}")
    return _Found((_user(rest),), values.get("id"), values.get("description"))


def _from_data(data: bytes, name: str) -> _Found:
    if name.lower().endswith(".json"):
        document = Document(name, read_json(data, name), {}, (0, 0))
    else:
        document = read_yaml(data, name)
        _raise(document)
    value: Any = document.value
    path: Path = ()
    head: JsonObject = {}
    if isinstance(value, dict) and "messages" in value:
        head = {key: part for key, part in value.items() if key != "messages"}
        value, path = value["messages"], ("messages",)
    if not isinstance(value, list):
        message = f"a file {name.rpartition('.')[2]} holds messages, found {kind_of(value)}"
        raise _wrong(document.place(path), message, f"a text stands in {', '.join(_TEXTS)}")
    problems = [
        Problem(document.place((*path, *inner)), message)
        for inner, message in message_mistakes(value)
    ]
    for key, part in head.items():
        if key not in ("id", "description") or not isinstance(part, str):
            problems.append(
                Problem(
                    document.place((key,), key=True),
                    f"{key!r} cannot stand here",
                    ("beside messages stand id and description, as texts",),
                )
            )
    if problems:
        raise SuiteError(problems)
    return _Found(tuple(value), head.get("id"), head.get("description"))


def _raise(document: Document) -> None:
    if document.problems:
        raise SuiteError(document.problems)


def names_in(prompt: Prompt) -> tuple[frozenset[str], frozenset[str]]:
    """The vars that a prompt needs, and those it only asks about."""
    if prompt.function is not None:
        parameters = parameters_of(prompt.function)
        return parameters.needed, parameters.optional
    names: set[str] = set()
    optional: set[str] = set()
    for message in prompt.messages if prompt.render else ():
        for text in templates_in(message.get("content")):
            template = compile_template(text)
            names |= template.names
            optional |= template.optional
    return frozenset(names), frozenset(optional)
