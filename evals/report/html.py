"""The page: one file that needs no network, complete without its script."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from evals.report import calibration, gates, measured, settings, tradeoff, weak
from evals.report.compiled import CompiledTemplates
from evals.report.data import PageData
from evals.report.history import HEIGHT, WIDTH, History
from evals.report.view import View

__all__ = ["render", "render_index"]

_PIECE = 4_000
_STYLE, _EARLY, _SCRIPT = "\0style\0", "\0early\0", "\0script\0"  # no text has a NUL: it is a label
_HIDE = "if(window.DecompressionStream)document.documentElement.className='loading'"
"""Run first: what the script is about to replace is not laid out before it does."""


def render(view: View, *, redact: Callable[[str], str] = str) -> str:
    """The whole page as text; everything in it is made by the view, the styles and templates.

    `redact` takes out what must not be written. It is given what the page packs before that is
    packed, and the page but for its own style and script, which the policy knows by their hashes.
    """
    style, script = _static("page.css"), _static("page.js")
    page = (
        _environment()
        .get_template("page.html")
        .render(
            view=view,
            style=_STYLE,
            early=_EARLY,
            script=_SCRIPT,
            data=_packed(view.data, redact),
            policy=_policy(style, _HIDE, script),
        )
    )
    page = redact(page).replace(_STYLE, style)
    return page.replace(_EARLY, _HIDE).replace(_SCRIPT, script)


def render_index(history: History) -> str:
    """The list of runs as text; it has no script."""
    style = _static("page.css")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    template = _environment().get_template("index.html")
    return template.render(history=history, style=style, policy=policy)


def _packed(data: PageData, redact: Callable[[str], str]) -> str:
    """The data compressed, with the size at which whoever unpacks them stops."""
    packer = zlib.compressobj(6, wbits=31)
    size, packed = 0, []
    for part in _parts(data):
        plain = redact(part.decode()).encode()
        size += len(plain)
        packed.append(packer.compress(plain))
    packed.append(packer.flush())
    return f'{{"size":{size},"gzip":"{base64.b64encode(b"".join(packed)).decode()}"}}'


def _parts(data: PageData) -> Iterator[bytes]:
    """The JSON in pieces, so that it is never in memory as a whole; no text is cut in two."""
    yield b'{"kind":' + msgspec.json.encode(data.kind) + b',"suites":'
    yield msgspec.json.encode(data.suites)
    yield b',"texts":['
    for start in range(0, len(data.texts), _PIECE):
        texts = msgspec.json.encode(data.texts[start : start + _PIECE])[1:-1]
        yield b"," + texts if start else texts
    yield b"]}"


def _policy(style: str, *scripts: str) -> str:
    """Nothing may be loaded; the one style and the scripts are allowed by their hashes.

    A worker, which the script can end, is for regular expressions.
    """
    hashes = " ".join(f"'{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src {hashes}; "
        "worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types evals"
    )


@cache
def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _static(name: str) -> str:
    text = (resources.files(__package__) / "static" / name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


_OPTIONS: dict[str, Any] = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("evals.report"),
        undefined=StrictUndefined,
        auto_reload=False,
        bytecode_cache=CompiledTemplates(Path(__file__).parent / "templates", _OPTIONS),
        **_OPTIONS,
    )
    environment.globals["size"] = {
        "accuracy": settings.ACCURACY_WIDTH,
        "points": settings.POINTS_WIDTH,
        "latency": settings.LATENCY_WIDTH,
        "density": round(measured.DENSITY_HEIGHT),
        "tokens": measured.TOKENS_WIDTH,
        "gate": gates.WIDTH,
        "limit": gates.LIMIT_AT,
        "figure": (tradeoff.WIDTH, tradeoff.HEIGHT),
        "square": calibration.SIZE,
        "trend": (WIDTH, HEIGHT),
        "tag": weak.TAG_WIDTH,
        "bar": weak.BAR_WIDTH,
    }
    return environment
