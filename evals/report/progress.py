"""Progress while answers are gathered: one line that is rewritten, or a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.endpoints.client import Event

_REWRITE_EVERY_S = 0.1
_LINE_EVERY_S = 10.0


class Progress:
    """Counts events of the client and shows them; `write` takes text without a line end."""

    def __init__(self, total: int, *, write: Callable[[str], object], rewrite: bool) -> None:
        self._total = total
        self._write = write
        self._rewrite = rewrite
        self._begun = time.monotonic()
        self._shown_at = self._begun
        self._width = 0
        self.done = 0
        self.in_flight = 0
        self.failed = 0
        self.retries = 0
        self.tokens = 0
        self.cost_usd: float | None = None
        if not rewrite:
            write(f"gathering {total:,} answers\n")

    def expect(self, more: int) -> None:
        """Count requests that came up while others were asked."""
        self._total += more

    def __call__(self, event: Event) -> None:
        match event.kind:
            case "sent":
                self.in_flight += 1
            case "retried":
                self.in_flight -= 1
                self.retries += 1
            case "answered" | "failed":
                self.in_flight -= 1
                self.done += 1
                self.failed += event.kind == "failed"
                self._count_spending(event)
            case "noted":
                self._say(event.note)
                return
        self._show()

    def _count_spending(self, event: Event) -> None:
        if event.usage is not None:
            self.tokens += (event.usage.prompt_tokens or 0) + (event.usage.completion_tokens or 0)
        if event.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + event.cost_usd

    def _show(self) -> None:
        now = time.monotonic()
        every = _REWRITE_EVERY_S if self._rewrite else _LINE_EVERY_S
        if now - self._shown_at < every:
            return
        self._shown_at = now
        text = self.text(now)
        if self._rewrite:
            self._write(f"\r{text.ljust(self._width)}")
            self._width = len(text)
        else:
            self._write(f"{text}\n")

    def _say(self, note: str) -> None:
        """A line of its own, which stays."""
        self._write(f"\r{note.ljust(self._width)}\n" if self._rewrite else f"{note}\n")

    def text(self, now: float) -> str:
        """One line: how far, how much, how long still."""
        parts = [f"gathering {self.done:,}/{self._total:,}", f"{self.in_flight} in flight"]
        if self.retries:
            parts.append(f"{self.retries} retries")
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.tokens:
            parts.append(f"{self.tokens:,} tokens")
        if self.cost_usd is not None:
            parts.append(f"${self.cost_usd:.4f}")
        if 0 < self.done < self._total:
            left = (now - self._begun) / self.done * (self._total - self.done)
            parts.append(f"about {left:.0f} s left")
        return ", ".join(parts)

    def end(self) -> None:
        """Say how it ended, and free the line."""
        now = time.monotonic()
        text = f"{self.text(now)}, {now - self._begun:.1f} s"
        self._write(f"\r{text.ljust(self._width)}\n" if self._rewrite else f"{text}\n")
