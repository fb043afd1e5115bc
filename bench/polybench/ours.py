"""A kernel as Persimmons compiles it, loaded and timed."""

from __future__ import annotations

import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from typing import Any, Dict, List

import numpy as np

from suite import HERE, Kernel

ROOT = HERE.parent.parent
CLI = shlex.split(os.environ.get("PERSIMMONS_CLI", "node %s" % (ROOT / "dist" / "cli" / "main.js")))
_SPEND = 2.0
"""Seconds that a turn's repetitions may take."""


class Unsupported(Exception):
    """The kernel does not compile; says why in a line."""


class Ours:
    """One kernel exported with constant sizes as a library with counters, on so many threads.

    What counts is the time in kernels by the library's own counters: a call also copies arrays that are both given and
    returned, which the programs in C do not do either. Counters that say nothing leave the time of the whole call.
    """

    def __init__(self, kernel: Kernel, size: str, folder: str, threads: int = 1):
        self._kernel = kernel
        bundle = os.path.join(folder, kernel.name + ".psm")
        start = time.monotonic()
        self.scheduled_in = _export(kernel, size, bundle)
        self.compiled_in = time.monotonic() - start
        self._bundle = _load(bundle, threads)
        arguments = kernel.arguments(size)
        # A call leaves what it is given as it is, so one set of arrays serves all of them.
        self._given = {port["name"]: _at_a_line(arguments[port["name"]]) for port in self._bundle.inputs()}
        self._in_kernels: List[float] = []
        self._whole: List[float] = []
        self._repetitions = 0
        self._outputs: Dict[str, np.ndarray] = {}

    @property
    def median(self) -> float:
        return statistics.median(self._in_kernels)

    @property
    def median_whole(self) -> float:
        return statistics.median(self._whole)

    def turn(self) -> None:
        if self._repetitions == 0:
            # As in C: the first run counts only where one alone takes the time of a turn.
            self._repetitions = max(1, min(200, int(_SPEND / self._time_once())))
            if self._repetitions > 1:
                self._in_kernels.clear()
                self._whole.clear()
        for _repetition in range(self._repetitions):
            self._time_once()

    def _time_once(self) -> float:
        before = self._counted()
        start = time.perf_counter()
        returned = self._bundle.run(self._given)
        whole = time.perf_counter() - start
        self._whole.append(whole)
        self._in_kernels.append(self._counted() - before or whole)
        self._outputs = {**self._given, **{name: np.asarray(value) for name, value in returned.items()}}
        return whole

    def results(self) -> Dict[str, np.ndarray]:
        missing = [name for name in self._kernel.gives if name not in self._outputs]
        if missing:
            raise KeyError("the bundle does not give %s; it gives %s" % (missing, list(self._outputs)))
        return self._outputs

    def _counted(self) -> float:
        return sum(counter["nanoseconds"] for counter in self._bundle.counters) * 1e-9


def _export(kernel: Kernel, size: str, bundle: str) -> float:
    """Seconds that the optimiser and what lowers its loops took."""
    sizes = [word for pair in kernel.sizes[size].items() for word in ("--constexpr", "%s=%d" % pair)]
    source = str(HERE / "kernels" / (kernel.name + ".py"))
    command = [*CLI, "export", source, *sizes, "--target", "host", "--emit", "lib", "--profile", "--json", "-o", bundle]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise Unsupported((done.stderr.strip() or "no reason given").splitlines()[0]) from None
    if not told["ok"]:
        raise Unsupported(told["diagnostics"][0]["message"])
    return sum(stage["milliseconds"] for stage in told["timings"] if stage["stage"] == "loops") * 1e-3


def _at_a_line(values: Any) -> np.ndarray:
    """Arrays begin at a cache line, as in C."""
    from persimmons._arrays import aligned_empty

    array = aligned_empty(np.shape(values), np.float64)
    array[...] = values
    return array


def _load(bundle: str, threads: int) -> Any:
    sys.path.insert(0, str(ROOT / "python"))
    import persimmons

    return persimmons.load(bundle, threads=threads)
