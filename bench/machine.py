"""What this machine can do, measured by probe.c: the roof over every figure."""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict

HERE = Path(__file__).resolve().parent
CLANG = os.environ.get("PERSIMMONS_BENCH_CLANG", "clang-22")


@functools.lru_cache(maxsize=None)
def probe(threads: int) -> Dict[str, Any]:
    """GFLOP/s ("f32", "f64") and GB/s of reads by the size of each thread's working set ("read"), over all threads."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "probe")
        source = str(HERE / "probe.c")
        subprocess.run([CLANG, "-O3", "-march=native", "-pthread", source, "-o", program], check=True)
        found = json.loads(subprocess.run([program, str(threads)], check=True, capture_output=True, text=True).stdout)
    return {**found, "read": {int(size): rate for size, rate in found["read"].items()}}


def memory_rate(threads: int) -> float:
    """GB/s of reads from memory."""
    read = probe(threads)["read"]
    return read[max(read)]


def cached_rate(threads: int, bytes_in_use: float) -> float:
    """GB/s of reads from the nearest memory that holds the bytes, split among the threads."""
    read = probe(threads)["read"]
    return read[min((size for size in read if size * threads >= bytes_in_use), default=max(read))]


def described() -> Dict[str, Any]:
    """The machine, for files of results."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.processor()
    return {"cpu": cpu, "cores": os.cpu_count(), "system": platform.platform()}
