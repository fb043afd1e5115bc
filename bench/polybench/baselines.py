"""Times of the programs in C: clang -O3 -ffast-math, for any x86-64 or this CPU, with and without Polly."""

from __future__ import annotations

import statistics
from typing import Dict, List

from programs import Times, build, run_program
from suite import Kernel

_PLAIN = ["-O3", "-ffast-math"]
VARIANTS: Dict[str, List[str]] = {
    "c": _PLAIN,
    "c-native": [*_PLAIN, "-march=native"],
    "polly": [*_PLAIN, "-mllvm", "-polly"],
    "polly-native": [*_PLAIN, "-march=native", "-mllvm", "-polly"],
}
_SPEND = 2.0
"""Seconds that the repetitions of one program may take, when one alone does not."""


class Baselines:
    """The four programs of one kernel, built; ``turn`` runs each once more, so that callers can take turns with theirs."""

    def __init__(self, kernel: Kernel, size: str, folder: str):
        self._kernel, self._size = kernel, size
        self._programs = {name: build(kernel, size, folder, flags) for name, flags in VARIANTS.items()}
        self._seconds: Dict[str, List[float]] = {name: [] for name in VARIANTS}
        self._repetitions: Dict[str, int] = {}

    def turn(self) -> None:
        for name, program in self._programs.items():
            known = self._seconds[name]
            if known:
                known.append(run_program(self._kernel, self._size, program, self._repetitions[name])[0].median)
                continue
            # A first run tells how often to repeat; where that is more than once, it was for warming up.
            first, _ = run_program(self._kernel, self._size, program, 1)
            self._repetitions[name] = max(1, min(200, int(_SPEND / first.best)))
            if self._repetitions[name] > 1:
                first, _ = run_program(self._kernel, self._size, program, self._repetitions[name])
            known.append(first.median)

    def times(self) -> Dict[str, Times]:
        return {name: Times(min(known), statistics.median(known)) for name, known in self._seconds.items()}


def better(times: Dict[str, Times], family: str) -> float:
    """The median of the faster of a family's two programs: "c" or "polly"."""
    return min(times[family].median, times[family + "-native"].median)
