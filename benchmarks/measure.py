"""Whole processes, timed from outside, interleaved, the best of several."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A process to time: arguments after the interpreter, its folder, its environment."""

    arguments: Sequence[str]
    folder: Path
    env: Mapping[str, str]

    def seconds(self) -> float:
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *self.arguments],
            cwd=self.folder,
            env=dict(self.env),
            capture_output=True,
            text=True,
            check=False,
        )
        elapsed = time.perf_counter() - begun
        if done.returncode:
            raise RuntimeError(f"{self.arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return elapsed


def best(commands: Mapping[str, Command], *, rounds: int) -> dict[str, float]:
    """The best time of each command, all in turn, after one round that does not count.

    The order turns with each round: what follows a long command does not always follow it.
    A difference of a few milliseconds needs some forty rounds.
    """
    for command in commands.values():
        command.seconds()
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds):
        for name in sorted(commands, reverse=number % 2 == 1):
            times[name].append(commands[name].seconds())
    return {name: min(seconds) for name, seconds in times.items()}


@dataclass(frozen=True)
class Result:
    """One line of the table; `ratio` is measured / floor unless `difference` is asked for."""

    name: str
    measured_s: float
    floor_s: float
    target: float
    difference: bool = False

    @property
    def value(self) -> float:
        if self.difference:
            return (self.measured_s - self.floor_s) * 1000
        return self.measured_s / self.floor_s

    def __str__(self) -> str:
        value = f"{self.value:+.0f} ms" if self.difference else f"{self.value:.2f} x"
        target = f"{self.target:.0f} ms" if self.difference else f"{self.target:.1f} x"
        mark = "ok  " if self.value <= self.target else "OVER"
        return (
            f"{mark} {self.name:<44} {value:>9}   target {target:>7}   "
            f"measured {self.measured_s:6.3f} s   floor {self.floor_s:6.3f} s"
        )
