"""What went wrong with one attempt, in words: place, cause, remedy; and whether to try again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from evals.answer.read import error_text
from evals.endpoints.config import EndpointConfig
from evals.endpoints.retry import (
    LONGEST_WAIT,
    RETRIED_STATUSES,
    Chance,
    Unanswered,
    read_retry_after,
)
from evals.endpoints.transport import TransportFailure
from evals.endpoints.wire import decode
from evals.errors import EndpointError
from evals.model import Frozen
from evals.write import Secrets, visible

_QUOTA = frozenset(
    {
        "insufficient_quota",
        "insufficient_user_quota",
        "insufficient_balance",
        "insufficient_credits",
        "billing_hard_limit_reached",
        "billing_not_active",
        "quota_exceeded",
    }
)

_QUOTED = 4_000  # characters of an answer in which its first line is looked for


class Place(Frozen, frozen=True, kw_only=True):
    """Whom messages speak of."""

    endpoint: EndpointConfig
    secrets: Secrets
    log: str = ""  # of a server of our own
    proxy: str = ""  # variable of the environment that names a proxy, which is not used

    def __str__(self) -> str:
        return f"endpoint {self.endpoint.name} ({self.endpoint.host})"

    @property
    def table(self) -> str:
        return f"[tool.evals.endpoints.{self.endpoint.name}]"

    def clean(self, text: str) -> str:
        """A service's text on one line: shortened, without secrets and control characters."""
        return error_text(self.secrets.redact(text))


def from_status(
    place: Place, *, status: int, headers: Mapping[str, str], body: bytes, model: str
) -> Unanswered:
    """An answer with any status but 200."""
    told = _told(place, body)
    reason = f"{status} {_phrase(status)}".strip()
    if 300 <= status < 400:
        return _redirected(place, status=status, location=headers.get("location", ""))
    fatal = status in (401, 402, 403) or (status == 429 and _is_quota(body))
    wait = read_retry_after(headers, now=datetime.now(UTC))
    again = status in RETRIED_STATUSES and not fatal
    error = EndpointError(
        f"{place}: {reason}: {told or 'the answer says nothing more'}",
        kind="status",
        status=status,
        retryable=again,
        fatal=fatal,
        remedy=_remedy(place, status=status, model=model, quota=fatal and status == 429, wait=wait),
    )
    return Unanswered(error, chance="again" if again else "never", retry_after=wait)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _told(place: Place, body: bytes) -> str:
    """What the service says of it: its message, else the first line of its text.

    Secrets are taken out first: what is shortened afterwards must not end inside one.
    """
    text = place.secrets.redact(body.decode("utf-8", "replace"))[:_QUOTED]
    try:
        answer = place.secrets.redact_value(decode(body))
    except ValueError:
        return place.clean(first_line(text))
    if not isinstance(answer, dict):
        return place.clean(text)
    told = answer.get("error") or answer.get("message") or answer.get("detail")
    words = error_text(told) if told else text
    error = answer.get("error")
    suggestion = answer.get("fallback_suggestion")
    if isinstance(error, dict):
        suggestion = suggestion or error.get("fallback_suggestion")
    return place.clean(f"{words} (suggested: {error_text(suggestion)})" if suggestion else words)


def first_line(text: str) -> str:
    """The first line with words in it; of HTML its title or heading, without tags."""
    if title := re.search(r"<(title|h1)[^>]*>\s*(.*?)\s*</\1", text, re.DOTALL | re.IGNORECASE):
        return title[2]
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _is_quota(body: bytes) -> bool:
    try:
        answer = decode(body)
    except ValueError:
        return False
    error = answer.get("error", answer) if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return False
    return any(str(error.get(key)) in _QUOTA for key in ("code", "type"))


def _redirected(place: Place, *, status: int, location: str) -> Unanswered:
    try:
        target = urlsplit(location).hostname or "another address of the same host"
    except ValueError:
        target = "an address that cannot be read"
    error = EndpointError(
        f"{place}: {status}: redirected to {place.clean(target)}; redirects are not followed, "
        "since the request and its key are meant for this host",
        kind="status",
        status=status,
        remedy=f"If the service has moved, set base_url in {place.table}.",
    )
    return Unanswered(error, chance="never")


def _remedy(place: Place, *, status: int, model: str, quota: bool, wait: float | None) -> str:
    variable = place.endpoint.api_key_env
    key = f"the key in {variable}" if variable else "the request without a key (api_key_env)"
    if quota:
        return "The account's quota is used up: nothing more is sent. Raise it, then run again."
    if wait is not None and wait > LONGEST_WAIT:
        return f"The service asks to wait {wait:.0f} s: run again after that."
    remedies = {
        400: f"The service refuses the request as it is. Parameters that it does not know can be "
        f"left out by `drop`, renamed by `rename` in {place.table}.",
        401: f"The service does not accept {key}: nothing more is sent. Check it, then run again.",
        402: "The account is out of credit: nothing more is sent. Top it up, then run again.",
        403: f"The service does not allow this with {key}: nothing more is sent. Check what the "
        "key may use, then run again.",
        404: f"Check the model ({visible(model)}) and base_url ({place.endpoint.base_url}).",
        413: "The request is too large for the service: shorten the prompt or its attachments.",
        422: f"The service refuses a value in the request. Correct the parameter, or leave it out "
        f"by `drop` in {place.table}.",
        429: "Too many requests or tokens at once: set `requests_per_minute` or "
        f"`tokens_per_minute`, or lower `concurrency`, in {place.table}.",
    }
    if place.log and status == 400:
        return f"Where the request is too long, raise `context` in {place.table}."
    if status in remedies:
        return remedies[status]
    if status >= 500 or status in RETRIED_STATUSES:
        return "The service failed. Run again later: mode record asks only what is missing."
    return f"Check base_url ({place.endpoint.base_url}) in {place.table}."


def from_transport(place: Place, failure: TransportFailure, *, timeout: float) -> Unanswered:
    """No whole answer, for a reason of the connection."""
    config = place.endpoint
    told = place.clean(failure.detail)
    if not failure.sent:
        error = EndpointError(
            f"{place}: {_unsent_words(config, failure.reason, told)}",
            kind="connect",
            retryable=True,
            remedy=_connect_remedy(place),
        )
        return Unanswered(error, chance="again")
    if failure.reason == "first_byte_timeout":
        limit = f"first_byte_timeout = {config.first_byte_timeout:g} s"
        return timed_out(place, f"no answer began, or went on, within {limit}")
    if failure.reason in ("too_large", "undecodable"):
        words = {
            "too_large": f"the answer is too large: {told}",
            "undecodable": f"the answer's compression cannot be undone: {told}",
        }[failure.reason]
        return malformed(place, words, chance="never" if failure.reason == "too_large" else "once")
    error = EndpointError(
        f"{place}: the connection broke before the answer was complete: {told}",
        kind="broken",
        retryable=True,
        remedy="The answer may have been billed. Run again; if it happens often, lower "
        f"`concurrency` in {place.table}.",
    )
    return Unanswered(error, chance="once", stale=failure.reason == "stale")


def _unsent_words(config: EndpointConfig, reason: str, told: str) -> str:
    return {
        "dns": f"the host name cannot be resolved: {told}",
        "tls": f"no secure connection: {told}",
        "refused": f"the connection was refused: {told}",
        "unreachable": f"no connection: {told}",
        "connect_timeout": f"no connection within connect_timeout = {config.connect_timeout:g} s",
    }[reason]


def _connect_remedy(place: Place) -> str:
    if place.log:
        return f"The local server has ended; its log is {place.log}"
    remedy = (
        f"Nothing was sent. Check the network and base_url ({place.endpoint.base_url}) in "
        f"{place.table}."
    )
    if place.proxy and not place.endpoint.loopback:
        remedy += f"\n{place.proxy} is set, but a proxy of the environment is not used."
    return remedy


def timed_out(place: Place, words: str) -> Unanswered:
    """The answer took longer than one of the endpoint's limits."""
    error = EndpointError(
        f"{place}: {words}",
        kind="timeout",
        retryable=True,
        remedy=f"The answer may have been billed. Raise the limit in {place.table} (or "
        "`timeout` in the suite's limits), or lower `max_tokens`.",
    )
    return Unanswered(error, chance="once")


def malformed(place: Place, words: str, *, chance: Chance = "once") -> Unanswered:
    """The service answered 200 with something that is no answer."""
    error = EndpointError(
        f"{place}: {words}",
        kind="malformed",
        retryable=chance != "never",
        remedy=f"This is not how a chat-completions service answers: check base_url "
        f"({place.endpoint.base_url}) in {place.table}.",
    )
    return Unanswered(error, chance=chance)


def unread(place: Place, error: EndpointError) -> Unanswered:
    """An answer that `evals.answer` refuses, with its place and what to do."""
    remedy = error.remedy or (
        "Nothing was recorded. Run again; if it stays, the service does not keep to the protocol."
        if error.retryable
        else "Nothing was recorded: the service does not keep to the protocol."
    )
    placed = EndpointError(
        f"{place}: {place.secrets.redact(error.message)}",
        kind=error.kind,
        status=200,
        retryable=error.retryable,
        remedy=remedy,
    )
    return Unanswered(placed, chance="once" if error.retryable else "never")
