"""Times attention, softmax(Q K^T / sqrt(D)) V over 12 heads of size 64: ours beside PyTorch's, in turns.

``run.py [--threads 1 2] [--lengths 128 512 1024 2048] [--rounds 15] [--causal] [--groups 4] [--size 72]``. With fewer groups
than heads, each head of keys and values is repeated for the heads that share it, as exporters write that. Counts 4 L S D multiply-adds' operations a
head, masked ones included; for causal attention half of that is what has to be done. One process per number of threads.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, List

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(ROOT / "python")]
CLI = shlex.split(os.environ.get("PERSIMMONS_CLI", "node %s" % (ROOT / "dist" / "cli" / "main.js")))
HEADS = 12
_SETTLE = 0.02
"""Seconds between turns: threads of the runtime before spin for a while."""


def repeated(groups: int, length: int, size: int) -> str:
    """Keys and values once for every head."""
    shared = "tensor<1x%dx%dx%dxf32>" % (groups, length, size)
    apart = "tensor<1x%dx%dx%dx%dxf32>" % (groups, HEADS // groups, length, size)
    q = "tensor<1x%dx%dx%dxf32>" % (HEADS, length, size)
    return "\n    ".join(
        f"%{x}a = stablehlo.broadcast_in_dim %{x}, dims = [0, 1, 3, 4] : ({shared}) -> {apart}\n"
        f"    %{x}h = stablehlo.reshape %{x}a : ({apart}) -> {q}"
        for x in "kv"
    )


def program(length: int, causal: bool, groups: int, size: int) -> str:
    """The attention as StableHLO."""
    q = "tensor<1x%dx%dx%dxf32>" % (HEADS, length, size)
    shared = "tensor<1x%dx%dx%dxf32>" % (groups, length, size)
    scores = lambda element: "tensor<1x%dx%dx%dx%s>" % (HEADS, length, length, element)  # noqa: E731
    s, row = scores("f32"), "tensor<1x%dx%dxf32>" % (HEADS, length)
    mask = (
        """%%i = stablehlo.iota dim = 2 : %(i)s
    %%j = stablehlo.iota dim = 3 : %(i)s
    %%seen = stablehlo.compare LE, %%j, %%i : (%(i)s, %(i)s) -> %(b)s
    %%low = stablehlo.constant dense<0xFF800000> : %(s)s
    %%x = stablehlo.select %%seen, %%scaled, %%low : %(b)s, %(s)s"""
        % {"i": scores("i32"), "b": scores("i1"), "s": s}
        if causal
        else "%zeros = stablehlo.constant dense<0.0> : " + s + "\n    %x = stablehlo.add %scaled, %zeros : " + s
    )
    heads = "batching_dims = [0, 1] x [0, 1], contracting_dims"
    return f"""func.func @main(%q: {q}, %k: {shared}, %v: {shared}) -> {q} {{
    {repeated(groups, length, size)}
    %p = stablehlo.dot_general %q, %kh, {heads} = [3] x [3] : ({q}, {q}) -> {s}
    %factor = stablehlo.constant dense<{1 / math.sqrt(size)}> : {s}
    %scaled = stablehlo.multiply %p, %factor : {s}
    {mask}
    %least = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %m = stablehlo.reduce(%x init: %least) applies stablehlo.maximum across dimensions = [3] : ({s}, tensor<f32>) -> {row}
    %mx = stablehlo.broadcast_in_dim %m, dims = [0, 1, 2] : ({row}) -> {s}
    %d = stablehlo.subtract %x, %mx : {s}
    %e = stablehlo.exponential %d : {s}
    %t = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [3] : ({s}, tensor<f32>) -> {row}
    %tx = stablehlo.broadcast_in_dim %t, dims = [0, 1, 2] : ({row}) -> {s}
    %w = stablehlo.divide %e, %tx : {s}
    %y = stablehlo.dot_general %w, %vh, {heads} = [3] x [2] : ({s}, {q}) -> {q}
    return %y : {q}
}}
"""


def worker(options: argparse.Namespace) -> None:
    """Prints a line of JSON for each length."""
    import numpy as np
    import persimmons
    import torch

    threads, causal, groups, size = options.threads[0], options.causal, options.groups, options.size
    torch.set_num_threads(threads)
    for length in options.lengths:
        random = np.random.default_rng(length)
        arrays = [random.standard_normal((1, n, length, size), dtype=np.float32) for n in (HEADS, groups, groups)]
        tensors = [torch.from_numpy(x) for x in arrays]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "attention")
            Path(path + ".mlir").write_text(program(length, causal, groups, size))
            command = [*CLI, "export", path + ".mlir", "--target", "host", "--emit", "lib", "-o", path + ".psm"]
            subprocess.run(command, check=True, capture_output=True)
            bundle = persimmons.load(path + ".psm", threads=threads)
            attend = torch.nn.functional.scaled_dot_product_attention
            calls = {"ours": lambda: bundle(*arrays), "torch": lambda: attend(*tensors, is_causal=causal, enable_gqa=groups < HEADS)}
            with torch.no_grad():
                row = {"length": length, **_compare(calls, options.rounds)}
        print(json.dumps(row), flush=True)


def _compare(calls: "dict[str, Callable[[], Any]]", rounds: int) -> "dict[str, float]":
    """Median seconds of each, and by how much their results differ."""
    import numpy as np

    results = {name: [np.asarray(call()) for _warm in range(2)][0] for name, call in calls.items()}
    times: "dict[str, List[float]]" = {name: [] for name in calls}
    for _round in range(rounds):
        for name, call in calls.items():
            time.sleep(_SETTLE)
            call()
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    ours, theirs = (np.reshape(results[name], -1) for name in ("ours", "torch"))
    error = float(np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs)))
    return {**{name: statistics.median(seconds) for name, seconds in times.items()}, "error": error}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--lengths", type=int, nargs="+", default=[128, 512, 1024, 2048])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--causal", action="store_true")
    parser.add_argument("--groups", type=int, default=HEADS, help="heads of keys and values")
    parser.add_argument("--size", type=int, default=64, help="of a head")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options)
        return 0
    import machine

    print("%6s %2s %10s %10s %8s %8s %8s %8s" % ("length", "T", "ours ms", "torch ms", "GFLOP/s", "% peak", "x torch", "error"))
    for threads in options.threads:
        peak = machine.probe(threads)["f32"]
        given = ["--threads", str(threads), "--rounds", str(options.rounds), *(["--causal"] if options.causal else [])]
        given += ["--groups", str(options.groups), "--size", str(options.size)]
        command = [sys.executable, __file__, "--worker", *given, "--lengths", *map(str, options.lengths)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or []:
                row = json.loads(line)
                rate = 4.0 * HEADS * row["length"] ** 2 * options.size / row["ours"] / 1e9
                figures = (rate, 100 * rate / peak, row["torch"] / row["ours"], row["error"])
                times = (row["length"], threads, 1e3 * row["ours"], 1e3 * row["torch"])
                print("%6d %2d %10.3f %10.3f %8.1f %8.1f %8.2f %8.1e" % (*times, *figures), flush=True)
        if process.returncode != 0:
            return process.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
