"""What model-graded checks share: how a judge is asked, how its reply is read and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Annotated, Any

from msgspec import Meta

from evals.checks import groups
from evals.checks.asking import Context, Wishes
from evals.checks.fence import built_in, fenced, filled, mark_of, places
from evals.checks.json_text import candidates, parse
from evals.checks.options import Options
from evals.checks.registry import Mistake
from evals.checks.stated import stated
from evals.checks.transform import first_line, last_line, strip_thinking
from evals.checks.verdict import found, nfc, quote
from evals.errors import CheckError
from evals.model import Completion, JsonObject, Request, Verdict

_YES = {"true": True, "yes": True, "pass": True, "y": True}
_NO = {"false": False, "no": False, "fail": False, "n": False}
_SHOWN = 300  # characters of a judge's reason


class Prompted(Options, frozen=True, kw_only=True):
    """Options of checks that show a judge a prompt."""

    prompt: Annotated[
        str | None,
        Meta(
            description="The prompt in place of the built-in one: a text, or `{file: PATH}`.",
            extra={"template": False},
        ),
    ] = None


class Sampled(Prompted, frozen=True, kw_only=True):
    """Options of checks that may ask a judge several times."""

    samples: Annotated[
        Annotated[int, Meta(ge=1)],
        Meta(description="How often the judge is asked; the majority decides."),
    ] = 1


class Asked(Sampled, frozen=True, kw_only=True):
    """Options of checks that tell a judge the question."""

    question: Annotated[
        str | None,
        Meta(
            description="What was asked; default: the var `question`, else the last user message."
        ),
    ] = None


@dataclass(frozen=True)
class Form:
    """How a judge is asked: a prompt's file, what it shows, and how the reply has to be.

    `data` are fenced, `words` are written as they are. `needed` have to stand in any prompt. `told`
    says how the reply looks, `schema` is its JSON Schema. `plain` are words that can stand for a
    whole reply, with the value of `key` that they mean.
    """

    name: str
    data: tuple[str, ...]
    needed: tuple[str, ...]
    told: str
    schema: JsonObject
    key: str = ""  # of the reply: what decides
    words: tuple[str, ...] = ()
    plain: Mapping[str, Any] | None = None

    def mistakes(self, prompt: str | None) -> Iterator[Mistake]:
        """What is wrong with a prompt that is to stand for the built-in one."""
        if prompt is None:
            return
        known = (*self.data, *self.words, "form")
        for name in places(prompt):
            if name not in known:
                names = ", ".join(f"{{{{ {each} }}}}" for each in known)
                yield ("prompt",), f"unknown {{{{ {name} }}}}; a judge's prompt may have {names}"
        for name in self.needed:
            if name not in places(prompt):
                yield ("prompt",), f"{{{{ {name} }}}} is missing: the judge would not see it"

    def request(
        self,
        context: Context,
        prompt: str | None,
        values: Mapping[str, str],
        *,
        sample: int = 0,
        parameters: Mapping[str, Any] | None = None,
    ) -> Request:
        """The request for one reply, about these values by their names."""
        marked = [values[name] for name in self.needed if name in self.data]
        mark = mark_of(*marked)
        shown = {name: fenced(name, values[name], mark) for name in self.data}
        shown |= {name: values[name] for name in self.words}
        text = prompt or built_in(self.name)
        if "form" not in places(text):
            text += "\n{{ form }}"
        messages = [
            {"role": "system", "content": filled(built_in("judge"), {"mark": mark})},
            {"role": "user", "content": filled(text, {**shown, "form": self.told})},
        ]
        given = {**self._structured(), **(parameters or {})}
        own = {} if context.judge is None else context.judge.parameters
        sent = {name: value for name, value in given.items() if name not in own}
        seed = own.get("seed")
        if sample and isinstance(seed, int):
            sent["seed"] = seed + sample
        return context.chat(messages, parameters=sent, take=sample)

    def _structured(self) -> JsonObject:
        named = {"name": "reply", "strict": True, "schema": self.schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}

    def read(self, reply: Completion) -> JsonObject:
        """The object of a reply; raises `CheckError` where it is none of this form."""
        text = strip_thinking(reply.text)
        objects = [each for each in _objects(text) if self.key in each]
        if not objects and self.plain is not None:
            objects = [{self.key: value} for value in _plain(text, self.plain)]
        if not objects:
            raise unread(reply, f"no {self.key!r} in {quote(text)}")
        if any(each[self.key] != objects[0][self.key] for each in objects):
            raise unread(reply, f"several, that differ, in {quote(text)}")
        return objects[0]


def unread(reply: Completion, why: str) -> CheckError:
    """The error of a reply that is no verdict."""
    cut = "; it was cut off: raise `max_tokens` of `judge`" if _is_cut(reply) else ""
    return CheckError(f"the reply of the judge {reply.model} cannot be read: {why}{cut}")


def _is_cut(reply: Completion) -> bool:
    return reply.finish_reason == "length"


def _objects(text: str) -> Iterator[JsonObject]:
    """The JSON objects of a reply: the whole text, or those that stand in it."""
    whole = parse(text, unwrap=("strict", "fence"))
    values = [whole.value] if whole.problem is None else [c.value for c in candidates(text)]
    for value in values:
        if isinstance(value, dict):
            yield {str(key).strip().lower(): part for key, part in value.items()}


def _plain(text: str, plain: Mapping[str, Any]) -> Iterator[Any]:
    """What a reply without JSON states: by itself, in its first line or in its last."""
    options = {key: "" if len(key) == 1 else key for key in plain}
    for part in (text, last_line(text), first_line(text)):
        said = stated(part, options)
        if len(said.keys) == 1 and said.rank != "option named":
            yield plain[said.keys[0]]
            return


def truth(reply: Completion, value: Any) -> bool:
    """A yes or no of a reply, however it is written."""
    if isinstance(value, bool):
        return value
    read = (_YES | _NO).get(value.strip().lower()) if isinstance(value, str) else None
    if read is None:
        raise unread(reply, f"{value!r} is neither true nor false")
    return read


def share(reply: Completion, value: Any) -> float:
    """A score of a reply in 0 … 1."""
    try:
        number = float(value) if isinstance(value, int | float | str) else -1.0
    except (ValueError, OverflowError):  # no number, or an integer of hundreds of digits
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 1:
        raise unread(reply, f"the score {value!r} is not in 0 … 1")
    return number


@dataclass(frozen=True)
class Opinion:
    """What one reply of a judge comes to."""

    passed: bool
    score: float
    told: str  # who judged, and what they said
    label: str | None = None
    values: Mapping[str, float | None] | None = None


def opinion(
    reply: Completion,
    passed: bool,
    score: float,
    *,
    told: str,
    reason: Any = None,
    label: str | None = None,
    values: Mapping[str, float | None] | None = None,
) -> Opinion:
    """An opinion that names the model which judged and quotes its reason."""
    said = f": {quote(reason, limit=_SHOWN)}" if isinstance(reason, str) and reason else ""
    return Opinion(passed, score, f"{reply.model} judges {told}{said}", label, values)


def polled(
    ask: Callable[[int], Request], samples: int, read: Callable[[Completion], Opinion]
) -> Wishes[Verdict]:
    """Ask a judge as often as wanted, and count its opinions."""
    replies: Sequence[Completion] = yield tuple(ask(sample) for sample in range(samples))
    opinions: list[Opinion | CheckError] = []
    for reply in replies:
        try:
            opinions.append(read(reply))
        except CheckError as error:
            opinions.append(error)
    return counted(opinions)


def counted(opinions: Sequence[Opinion | CheckError]) -> Verdict:
    """The verdict of the majority; an unread reply matters only if it could decide.

    The score is the lower median, which reaches a threshold exactly if a majority does.
    """
    read = [each for each in opinions if isinstance(each, Opinion)]
    n = len(opinions)
    truths = [each.passed if isinstance(each, Opinion) else None for each in opinions]
    passed = groups.at_least(n // 2 + 1, truths)
    if passed is None:
        raise next(each for each in opinions if isinstance(each, CheckError))
    score = median_low([each.score for each in read])
    speaker = next((each for each in read if each.passed is passed), read[0])
    values = dict(speaker.values or {})
    reason = speaker.told
    if n > 1:
        agreeing = sum(each.passed is passed for each in read)
        values["agreement"] = agreeing / n
        verb = "pass" if passed else "fail"
        unread_ = f", {n - len(read)} unread" if len(read) < n else ""
        reason = f"{agreeing} of {n} samples {verb}{unread_}; {reason}"
    return found(passed, reason, score=score, extracted=speaker.label, values=values or None)


def question_of(written: str | None, completion: Completion, context: Context) -> str:
    """What was asked: as written, else the var `question`, else the last message of a user."""
    if written is not None:
        return nfc(written)
    told = context.vars.get("question")
    if isinstance(told, str):
        return nfc(told)
    messages = completion.request.get("messages") or ()
    said = [m.get("content") for m in messages if m.get("role") == "user"]
    return nfc(_text(said[-1])) if said else ""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list | tuple) else ()
    return "\n".join(str(part["text"]) for part in parts if "text" in part)


def reply_schema(**properties: JsonObject) -> JsonObject:
    """The JSON Schema of a reply: an object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
