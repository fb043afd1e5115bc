"""Builds and runs the programs in C that the kernels are compared with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from suite import HERE, Kernel

CLANG = os.environ.get("PERSIMMONS_BENCH_CLANG", "clang-22")


class Times(NamedTuple):
    """Seconds."""

    best: float
    median: float


def build(kernel: Kernel, size: str, folder: str, flags: List[str]) -> str:
    """Compiles a kernel's program for a class of sizes; gives its path."""
    program = str(Path(folder) / "-".join([kernel.name, size, *(flag.strip("-").replace("=", "_") for flag in flags)]))
    sizes = ["-D%s=%d" % pair for pair in kernel.sizes[size].items()]
    source = str(HERE / "c" / (kernel.name + ".c"))
    subprocess.run([CLANG, *flags, *sizes, source, "-o", program, "-lm"], check=True)
    return program


def run_program(
    kernel: Kernel, size: str, program: str, repetitions: int, folder: Optional[str] = None
) -> Tuple[Times, Dict[str, np.ndarray]]:
    """Times of a program, and with a folder its results, which pass through files there."""
    command = [program, str(repetitions)] + ([folder] if folder else [])
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    times = Times(*map(float, printed.split()))
    names = kernel.gives if folder else ()
    return times, {name: np.fromfile("%s/%s.f64" % (folder, name)).reshape(kernel.shape(name, size)) for name in names}
