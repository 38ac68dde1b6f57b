"""Every way in which a server has been bad so far, and what has to come of it: one table.

`requests` is what the table of retries allows: 5 where nothing was answered, 2 where the answer may
have been billed, 1 where another attempt would end alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.support.misbehaving import (
    ABORT,
    CLOSE,
    DONE,
    END,
    JSON,
    Scenario,
    choice,
    chunked,
    completion,
    delta,
    failed,
    http,
    ok,
    packed,
    raw,
    sse,
)

S = Scenario
GOOD = ok()
WHOLE = json.dumps(completion()).encode()
STREAM: dict[str, Any] = {"stream": True}
QUICK = {"timeout": 0.3}
HALF = GOOD[: -len(WHOLE) // 2]
HTML = b"<!DOCTYPE html>\n<html><title>Sign in</title><body>\xff</body></html>"
BIG = 10 * 2**20
RETRIED = (408, 409, 425, 429, 500, 502, 503, 504, 529)
FINAL = (400, 404, 405, 413, 418, 422, 451, 501, 505)
FATAL = (401, 402, 403)


def _date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


NETWORK = (
    S("refused", "connect", 0, settings={"base_url": "http://127.0.0.1:9/v1"}, says="refused"),
    S("no-such-host", "connect", 0, says="cannot be resolved",
      settings={"base_url": "https://no-such-host.invalid/v1"},
      env={"EVALS_TRUST": "no-such-host.invalid=EVOLINK_API_KEY"}, seconds=10),
    S("no-tls", "connect", 0, settings={"base_url": "https://127.0.0.1:{PORT}/no-tls/v1"},
      says="no secure connection"),
    S("silent", "timeout", 2, ((60.0,),), settings=QUICK, says="within timeout = 0.3 s"),
    S("silent-at-first", "timeout", 2, ((60.0,),), settings={"first_byte_timeout": 0.2},
      says="first_byte_timeout"),
    S("reset-at-once", "broken", 2, ((ABORT,),)),
    S("closed-at-once", "broken", 2, ((CLOSE,),), says="may have been billed"),
    S("closed-once", "answer", 2, ((CLOSE,), (GOOD,)), says="4"),
    S("reset-in-the-status-line", "broken", 2, ((b"HTTP/1.1 2", 0.02, ABORT),)),
    S("reset-in-the-headers", "broken", 2, ((b"HTTP/1.1 200 OK\r\ncontent-", 0.02, ABORT),)),
    S("reset-after-the-headers", "broken", 2, ((http(b"", length=90), 0.02, ABORT),)),
    S("reset-in-the-body", "broken", 2, ((HALF, 0.02, ABORT),)),
    S("body-shorter-than-said", "broken", 2, ((HALF, CLOSE),)),
    S("body-shorter-than-said-and-open", "timeout", 2, ((HALF, 60.0),), settings=QUICK),
    S("body-longer-than-said", "broken", 2, ((GOOD + b" and more", CLOSE),)),
    S("body-longer-than-said-on-a-kept-connection", "answer", 2,
      ((GOOD + b"HTTP/1.1 200 OK\r\n",), (GOOD,)), says="4", asks=2),
    S("chunk-size-no-number", "broken", 2, ((chunked(end=b"zz\r\n{}\r\n"), CLOSE),)),
    S("chunk-shorter-than-said", "broken", 2, ((chunked(end=b"ff\r\n{}\r\n"), CLOSE),)),
    S("chunk-without-its-end", "broken", 2, ((chunked(end=b"2\r\n{}0\r\n\r\n"), CLOSE),)),
    S("chunk-size-negative", "broken", 2, ((chunked(end=b"-5\r\n{}\r\n"), CLOSE),)),
    S("chunks-without-the-last", "broken", 2, ((chunked(WHOLE, end=b""), CLOSE),)),
    S("chunks", "answer", 1, ((chunked(WHOLE[:9], WHOLE[9:]),),), says="4"),
    S("length-twice", "broken", 2, ((http(WHOLE, headers=("content-length: 7",)), CLOSE),)),
    S("length-negative", "broken", 2, ((http(WHOLE, length=-1, headers=("content-length: -7",)),
                                        CLOSE),)),
    S("length-and-chunks", "broken", 2,
      ((http(WHOLE, headers=("transfer-encoding: chunked",)), CLOSE),)),
    S("no-http", "broken", 2, ((b"220 mail.example.com ESMTP\r\n\r\n", CLOSE),)),
    S("status-no-number", "broken", 2, ((http(WHOLE, status="OK"), CLOSE),)),
    S("header-without-colon", "broken", 2, ((http(WHOLE, headers=("oops",)), CLOSE),)),
    S("header-too-long", "broken", 2, ((http(WHOLE, headers=("x: " + "y" * 100_000,)), CLOSE),)),
    S("http-1.0", "answer", 1, ((http(WHOLE, version="1.0", length=-1), CLOSE),), says="4"),
    S("continue-first", "answer", 1, ((b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD,),), says="4"),
    S("hints-first", "answer", 1, ((b"HTTP/1.1 103 Hints\r\nlink: x\r\n\r\n" + GOOD,),), says="4"),
    S("text-plain", "answer", 1, ((http(WHOLE, kind="text/plain"),),),
      says="JSON under the content type text/plain"),
    S("no-content-type", "answer", 1, ((http(WHOLE, kind=None),),), says="content type (none)"),
    S("html", "malformed", 2, ((http(HTML, kind="text/html"),),), says="HTML page"),
    S("html-as-json", "malformed", 2, ((http(HTML),),), says="Sign in"),
    S("json-as-html", "malformed", 2, ((http(WHOLE, kind="Text/HTML; charset=x"),),)),
    S("empty", "malformed", 2, ((http(b""),),), says="empty answer"),
    S("blank", "malformed", 2, ((http(b" \r\n\t"),),), says="empty answer"),
    S("gzip", "answer", 1, ((packed(WHOLE),),), says="4"),
    S("gzip-broken", "malformed", 2,
      ((http(b"\x1f\x8b no", headers=("content-encoding: gzip",)),),), says="compression"),
    S("gzip-cut-off", "malformed", 2,
      ((http(packed(WHOLE).split(b"\r\n\r\n", 1)[1][:-30],
             headers=("content-encoding: gzip",)),),)),
    S("gzip-bomb", "malformed", 1, (lambda: (packed(b" " * (80 * 2**20)),),),
      says="more than 64 MB", seconds=15),
    S("gzip-bomb-in-an-error", "malformed", 1,
      (lambda: (packed(b" " * (80 * 2**20)).replace(b"200", b"503", 1),),),
      says="more than 64 MB", seconds=15),
    S("ten-megabytes-of-answer", "answer", 1,
      (lambda: (ok(choices=[choice(content="4" * BIG)]),),), says="444", seconds=10),
    S("ten-megabytes-of-nothing", "malformed", 2, (lambda: (http(b"x" * BIG),),),
      says="not JSON: xxx", seconds=10),
    S("ten-megabytes-of-error", "status", 1,
      (lambda: (http(b"y" * BIG, status=400, kind="text/plain"),),), says="yyy…", seconds=10),
    S("slow-drip", "timeout", 2, (tuple(part for byte in GOOD for part in (bytes([byte]), 0.05)),),
      settings=QUICK),
    S("slow-drip-of-headers", "timeout", 2,
      (tuple(part for byte in GOOD for part in (bytes([byte]), 0.05)),),
      settings={"first_byte_timeout": 0.2, "timeout": 0.4}),
    S("closed-between-requests", "answer", 2, ((GOOD, 0.01, CLOSE),), says="4", asks=2),
    S("proxy-in-the-environment", "answer", 1, ((GOOD,),), says="4",
      env={"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}),
)  # fmt: skip


def _redirects() -> Iterator[Scenario]:
    for status in (301, 302, 303, 307, 308):
        for host, where in (("127.0.0.1", "same"), ("localhost", "other")):
            target = f"location: http://{host}:{{PORT}}/stolen"
            play = (http(b"", status=status, headers=(target,)),)
            yield S(f"redirect-{status}-to-the-{where}-host", "status", 1, (play,), says=host)
    yield S("redirect-to-nowhere", "status", 1, ((http(b"", status=302),),), says="redirect")
    play = (http(b"", status=302, headers=("location: http://[oops",)),)
    yield S("redirect-to-no-address", "status", 1, (play,), says="cannot be read")


def _statuses() -> Iterator[Scenario]:
    for statuses, requests in ((RETRIED, 5), (FINAL, 1), (FATAL, 1)):
        for status in statuses:
            for words, how in ((True, ""), (False, "-without-words")):
                play = (failed(status, words=words),)
                yield S(f"status-{status}{how}", "status", requests, (play,), says=str(status))


def _waits() -> Iterator[Scenario]:
    """429 with every kind of `Retry-After`."""
    once = {
        "seconds": "retry-after: 0.2",
        "zero": "retry-after: 0",
        "milliseconds": "retry-after-ms: 150",
        "date": "retry-after: " + _date(1.0),
        "past": "retry-after: " + _date(-3600),
        "negative": "retry-after: -5",
        "unreadable": "retry-after: soon",
        "empty": "retry-after:",
        "infinite": "retry-after: inf",
    }
    for name, header in once.items():
        plays = ((failed(429, header),), (GOOD,))
        yield S(f"wait-{name}", "answer", 2, plays, says="4")
    for name, header in (("huge", "99999999999"), ("a-date-too-far", _date(3600))):
        play = (failed(429, f"retry-after: {header}"),)
        yield S(f"wait-{name}", "status", 1, (play,), says="The service asks to wait")


SERVICE = (
    *_redirects(),
    *_statuses(),
    *_waits(),
    S("nothing-204", "status", 1, ((http(status=204, kind=None),),), says="204"),
    S("unknown-299", "status", 1, ((http(WHOLE, status=299),),), says="299"),
    S("unknown-599", "status", 1, ((failed(599),),), says="scripted 599"),
    S("suggestion", "status", 5, ((failed(429, fallback_suggestion="try later"),),),
      says="suggested: try later"),
    S("quota", "status", 1, ((failed(429, code="insufficient_quota"),),), says="quota"),
    S("quota-as-a-type", "status", 1, ((failed(429, type="insufficient_user_quota"),),),
      says="quota"),
    S("credit-ends-in-the-middle", "status", 2, ((GOOD,), (failed(402),)), asks=2, says="402"),
    S("burst-then-recovery", "answer", 4, (*[(failed(429),)] * 3, (GOOD,)), says="4"),
    S("every-second-fails", "answer", 4, ((failed(500),), (GOOD,)) * 2, asks=2, says="4"),
    S("another-model", "answer", 1, ((ok(model="gemini-3-flash"),),),
      says="answered by gemini-3-flash; asked for was"),
    S("error-with-a-page", "status", 5, ((http(HTML, status=502, kind="text/html"),),),
      says="Sign in"),
    S("error-that-is-a-list", "status", 1, ((http(b"[1]", status=400),),), says="400"),
    S("error-with-control-characters", "status", 1,
      ((http(b"\x1b]8;;http://x\x07::error::", status=400, kind="text/plain"),),), says="[ESC]]8"),
    S("error-200", "malformed", 2, ((raw('{"error": {"message": "overloaded", "code": 529}}'),),),
      says="overloaded"),
    S("error-200-by-the-request", "malformed", 1,
      ((raw('{"error": {"message": "no such thing", "code": 404}}'),),), says="no such thing"),
)  # fmt: skip


def _text(name: str, content: Any, says: str) -> Scenario:
    return S(name, "answer", 1, ((ok(choices=[choice(content=content)]),),), says=says)


ANSWERS = (
    S("not-json", "malformed", 2, ((raw("upstream says: {oops"),),), says="upstream says: {oops"),
    S("json-cut-off", "malformed", 2, ((raw(WHOLE[:-9]),),), says="not JSON"),
    S("json-nested-too-deeply", "malformed", 2, ((raw("[" * 200_000),),), says="not JSON"),
    S("not-utf-8", "malformed", 2, ((raw(b'{"choices": "\xff\xfe"}'),),), says="not JSON"),
    S("a-list", "malformed", 1, ((raw("[1, 2]"),),), says="a list"),
    S("null", "malformed", 1, ((raw("null"),),), says="null"),
    S("no-choices", "malformed", 1, ((ok(choices=...),),), says="no choices"),
    S("choices-empty", "malformed", 1, ((ok(choices=[]),),), says="an empty list"),
    S("choices-no-list", "malformed", 1, ((ok(choices={"0": choice()}),),), says="an object"),
    S("choices-too-few", "answer", 1, ((GOOD,),), body={"n": 3},
      says="3 candidates were asked for; 1 came"),
    S("choices-out-of-order", "answer", 1, ((ok(choices=[choice(1, "b"), choice(0, "a")]),),),
      body={"n": 2}, says="out of order"),
    S("choice-twice", "malformed", 1, ((ok(choices=[choice(), choice()]),),), body={"n": 2},
      says="two choices with the index 0"),
    S("choice-index-no-number", "malformed", 1, ((ok(choices=[choice("x")]),),), says="index 'x'"),
    S("choice-without-message", "malformed", 1,
      ((raw('{"choices": [{"finish_reason": "stop"}]}'),),), says="no message"),
    S("content-null", "answer", 1,
      ((ok(choices=[choice(content=None, finish_reason="length")]),),), says="length"),
    S("content-missing", "answer", 1, ((ok(choices=[choice(content=...)]),),)),
    _text("content-parts", [{"type": "text", "text": "4"}, {"type": "text", "text": "2"}], "42"),
    S("content-a-number", "malformed", 1, ((ok(choices=[choice(content=4)]),),), says="a number"),
    S("finish-reason-null", "incomplete", 2, ((ok(choices=[choice(finish_reason=None)]),),)),
    S("finish-reason-missing", "incomplete", 2, ((ok(choices=[choice(finish_reason=...)]),),)),
    S("finish-reason-length", "answer", 1, ((ok(choices=[choice(finish_reason="length")]),),),
      says="length"),
    S("finish-reason-filter", "answer", 1,
      ((ok(choices=[choice(finish_reason="content_filter")]),),), says="content_filter"),
    S("finish-reason-unknown", "answer", 1, ((ok(choices=[choice(finish_reason="eos")]),),),
      says="eos"),
    S("usage-missing", "answer", 1, ((ok(usage=...),),), says="4"),
    S("usage-negative", "answer", 1, ((ok(usage={"prompt_tokens": -3}),),), says="no count"),
    S("usage-strings", "answer", 1, ((ok(usage={"prompt_tokens": "3"}),),), says="no count"),
    S("usage-input-tokens-0", "answer", 1,
      ((ok(usage={"prompt_tokens": 3, "completion_tokens": 1, "input_tokens": 0}),),), says="4"),
    S("logprobs-missing", "answer", 1, ((GOOD,),), body={"logprobs": True}, says="4"),
    S("logprobs-infinite", "answer", 1,
      ((raw(json.dumps(completion(choices=[choice(
          logprobs={"content": [{"token": "4", "logprob": float("-inf")}]})]))),),),
      body={"logprobs": True}, says="not a finite number"),
    S("logprobs-nan", "answer", 1,
      ((raw(json.dumps(completion(choices=[choice(
          logprobs={"content": [{"token": "4", "logprob": float("nan")}]})]))),),),
      body={"logprobs": True}, says="not a finite number"),
    S("logprobs-half-a-character", "answer", 1,
      ((ok(choices=[choice(logprobs={"content": [
          {"token": "\ufffd", "logprob": -1, "bytes": [240, 159]}]})]),),),
      body={"logprobs": True}, says="4"),
    S("arguments-no-json", "answer", 1,
      ((ok(choices=[choice(message={"content": None, "tool_calls": [
          {"id": "1", "function": {"name": "f", "arguments": "{oops"}}]})]),),), says="{oops"),
    S("call-without-name", "malformed", 1,
      ((ok(choices=[choice(message={"tool_calls": [{"id": "1", "function": {}}]})]),),),
      says="names no function"),
    _text("lone-surrogate", "half \ud83d", "half \ud83d"),
    _text("nul", "a\0b", "a\0b"),
    _text("terminal-sequences", "\x1b[31m\x1b]52;c;eA==\x07", "\x1b]52"),
    _text("ci-commands", "::error::x\n##vso[task.complete]", "##vso["),
    _text("xml-end", "]]>", "]]>"),
    _text("line-separator", "a\u2028b", "a\u2028b"),
    _text("right-to-left", "\u202eabc", "\u202eabc"),
    _text("template", "{{ vars }} =cmd|' /C calc'!A0", "{{ vars }}"),
    _text("thinking-unclosed", "<think>hm", ""),
)  # fmt: skip


def _stream(name: str, *events: str, says: str = "4", end: str = "\n\n", **more: Any) -> Scenario:
    asked = {**STREAM, **more.pop("body", {})}
    return S(name, "answer", 1, ((sse(*events, end=end),),), says=says, body=asked, **more)


def _broken_stream(name: str, outcome: str, requests: int, *steps: Any, says: str = "") -> Scenario:
    settings = {"idle_timeout": 0.2, "timeout": 2.0}
    return S(name, outcome, requests, (steps,), body=STREAM, says=says, settings=settings)


FOUR = (delta("4"), END, DONE)
CALL = {"index": 0, "id": "1", "function": {"name": "f", "arguments": '{"a":'}}
STREAMS = (
    _stream("stream", *FOUR),
    _stream("stream-byte-by-byte", delta("4 \U0001f600"), END, DONE, chunk=1, says="4 \U0001f600"),
    _stream("stream-in-threes", delta("4 \U0001f600"), END, DONE, chunk=3, end="\r\n\r\n"),
    _stream("stream-cr", *FOUR, end="\r\r"),
    _stream("stream-comments", ": hello", delta("4"), ":", END, DONE),
    _stream("stream-byte-order-mark", "\ufeff" + delta("4"), END, DONE),
    _stream("stream-event-over-lines", delta("4").replace(": [", ":\ndata: ["), END, DONE),
    _stream("stream-line-separator", delta("4\u2028"), END, DONE),
    _stream("stream-without-done", delta("4"), END, says="without [DONE]"),
    _stream("stream-chunk-twice", delta("4"), delta("4"), END, DONE, says="44"),
    _stream("stream-choices-interleaved", delta("a", index=1), delta("4"), delta("b", index=1),
            delta(index=1, finish_reason="stop"), END, DONE, body={"n": 2}),
    _stream("stream-usage-last", *FOUR[:2],
            'data: {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 1}}', DONE),
    _stream("stream-without-usage", *FOUR, body={"stream_options": {"include_usage": True}}),
    _stream("stream-halves-of-a-pair", delta("\ud83d"), delta("\ude00"), END, DONE,
            says="\U0001f600"),
    _stream("stream-reasoning", delta(delta={"reasoning_content": "hm"}), *FOUR),
    _stream("stream-call-in-fragments", delta(delta={"tool_calls": [CALL]}),
            delta(delta={"tool_calls": [{"index": 0, "function": {"arguments": " 1}"}}]}),
            END, DONE, says='{"a": 1}'),
    _stream("stream-of-a-big-event", delta("4" * 2_000_000), END, DONE, seconds=10),
    S("stream-answered-whole", "answer", 1, ((GOOD,),), body=STREAM, says="the answer came whole"),
    S("whole-answered-by-a-stream", "answer", 1, ((sse(*FOUR),),), says="4"),
    _broken_stream("stream-empty", "malformed", 2, sse(), says="empty stream"),
    _broken_stream("stream-of-done-only", "malformed", 1, sse(DONE), says="no choices"),
    _broken_stream("stream-without-finish-reason", "incomplete", 2, sse(delta("4"), DONE)),
    _broken_stream("stream-last-event-cut", "incomplete", 2, sse(delta("4"), tail=END)),
    _broken_stream("stream-one-choice-unfinished", "incomplete", 2,
                   sse(delta("4"), delta("a", index=1), END, DONE)),
    _broken_stream("stream-error", "malformed", 2,
                   sse(delta("4"), 'event: error\ndata: {"error": {"message": "overloaded"}}'),
                   says="overloaded"),
    _broken_stream("stream-error-in-plain-words", "malformed", 2,
                   sse(delta("4"), "event: error\ndata: gone away"), says="gone away"),
    _broken_stream("stream-error-of-the-request", "malformed", 1,
                   sse('data: {"error": {"message": "too long", "code": 400}}'), says="too long"),
    _broken_stream("stream-not-json", "malformed", 2, sse("data: {oops"), says="{oops"),
    _broken_stream("stream-of-numbers", "malformed", 1, sse("data: 4"), says="not an object"),
    _broken_stream("stream-cut", "broken", 2, sse(delta("4"))[:-5], CLOSE),
    _broken_stream("stream-reset", "broken", 2, sse(delta("4"))[:-5], 0.02, ABORT),
    _broken_stream("stream-silent", "timeout", 2, sse(delta("4"))[:-5], 60.0, says="idle_timeout"),
    _broken_stream("stream-of-comments-in-the-end", "timeout", 2, sse(delta("4"))[:-5],
                   *[b"4\r\n: x\n\r\n", 0.05] * 100, says="idle_timeout"),
    S("stream-refused", "status", 5, ((failed(503),),), body=STREAM, says="503"),
    S("stream-bomb", "malformed", 1,
      (lambda: (packed(b":" * (80 * 2**20)).replace(JSON.encode(), b"text/event-stream"),),),
      body=STREAM, says="more than 64 MB", seconds=15),
)  # fmt: skip

SCENARIOS = (*NETWORK, *SERVICE, *ANSWERS, *STREAMS)
