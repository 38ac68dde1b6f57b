"""The page: one file that needs no network and no script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from evals.report import gates, measured, settings, tradeoff, weak
from evals.report.compiled import CompiledTemplates
from evals.report.view import View

__all__ = ["render"]


def render(view: View) -> str:
    """The whole page as text; everything in it is made by the view, the styles and templates."""
    style = _style()
    return (
        _environment()
        .get_template("page.html")
        .render(view=view, style=style, policy=_policy(style))
    )


def _policy(style: str) -> str:
    """Nothing may be loaded or run; the one style element is allowed by its hash."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _style() -> str:
    text = (resources.files(__package__) / "static" / "page.css").read_text(encoding="utf-8")
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
        "tag": weak.TAG_WIDTH,
        "bar": weak.BAR_WIDTH,
    }
    return environment
