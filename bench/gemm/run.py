"""Times fifty products of f32 matrices with constant weights: ours, ONNX Runtime and NumPy, beside the machine's roof.

``run.py [--threads 1 2] [--turns 3] [--seconds 0.2] [--no-peers] [--out FILE.json] [SHAPE ...]``, SHAPE as 128x768x3072
(M x N x K) or a family. One process per runtime and number of threads; they take turns. A product is compute-bound
where its multiply-adds at the measured peak take longer than reading and writing each matrix once at the measured rate
of memory; the others are shown beside the time that the nearest memory that holds them allows.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import machine  # noqa: E402
from shapes import SHAPES, Shape, matrices  # noqa: E402

ROOT = HERE.parent.parent
CLI = shlex.split(os.environ.get("PERSIMMONS_CLI", "node %s" % (ROOT / "dist" / "cli" / "main.js")))
PEERS = ("onnxruntime", "numpy")
WORTH = 384**3
"""Multiply-adds from which on a compute-bound product should come near the peak."""
GOAL = 85.0
_SETTLE = 0.02
"""Seconds between turns: threads of the runtime before spin for a while."""


class Worker:
    """A runtime's process."""

    def __init__(self, runtime: str, threads: int):
        command = [sys.executable, str(HERE / "worker.py"), runtime, str(threads)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, request: Dict[str, Any]) -> Dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"error": "the process ended with %s" % self._process.wait()}

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def write_models(shape: Shape, folder: str) -> str:
    """The product as a model of ONNX and as our bundle; gives their path without the ending. Raises what export says."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    _, weights = matrices(shape.m, shape.n, shape.k)
    value = lambda name, *sizes: helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)  # noqa: E731
    node = helper.make_node("MatMul", ["a", "b"], ["y"])
    inputs, outputs = [value("a", shape.m, shape.k)], [value("y", shape.m, shape.n)]
    graph = helper.make_graph([node], "product", inputs, outputs, [numpy_helper.from_array(weights, "b")])
    path = os.path.join(folder, "product_" + shape.name)
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path + ".onnx")
    command = [*CLI, "export", path + ".onnx", "--target", "host", "--emit", "lib", "-o", path + ".psm"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError("export: " + (done.stderr.strip().splitlines() or ["no reason given"])[0])
    return path


def measure(shape: Shape, workers: Dict[int, Dict[str, Worker]], turns: int, seconds: float) -> List[Dict[str, Any]]:
    """A row for each number of threads."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = write_models(shape, folder)
        except RuntimeError as error:
            return [{**shape._asdict(), "threads": threads, "reason": str(error)} for threads in workers]
        request = {"model": path, "m": shape.m, "n": shape.n, "k": shape.k, "seconds": seconds}
        return [_row(shape, threads, by_name, turns, request) for threads, by_name in workers.items()]


def _row(shape: Shape, threads: int, workers: Dict[str, Worker], turns: int, request: Dict[str, Any]) -> Dict[str, Any]:
    row: Dict[str, Any] = {**shape._asdict(), "threads": threads}
    seconds: Dict[str, List[float]] = {name: [] for name in workers}
    for _turn in range(turns):
        for name, worker in workers.items():
            time.sleep(_SETTLE)
            answer = worker.ask(request)
            if "error" in answer:
                row["reason"] = "%s: %s" % (name, answer["error"])
            else:
                seconds[name].append(answer["seconds"])
    row["seconds"] = {name: statistics.median(times) for name, times in seconds.items() if times}
    if "ours" in row["seconds"]:
        row.update(_beside_roof(shape, threads, row["seconds"]))
    return row


def _beside_roof(shape: Shape, threads: int, seconds: Dict[str, float]) -> Dict[str, Any]:
    peak = machine.probe(threads)["f32"] * 1e9
    at_peak = shape.flops / peak
    compute_bound = at_peak >= shape.bytes / (machine.memory_rate(threads) * 1e9)
    roof = max(at_peak, shape.bytes / (machine.cached_rate(threads, shape.bytes) * 1e9))
    peers = [time for name, time in seconds.items() if name != "ours"]
    return {
        "gflops": shape.flops / seconds["ours"] / 1e9,
        "percent_of_peak": 100.0 * at_peak / seconds["ours"],
        "percent_of_roof": 100.0 * roof / seconds["ours"],
        "compute_bound": compute_bound,
        "counts": compute_bound and shape.m * shape.n * shape.k >= WORTH,
        **({"over_best_peer": min(peers) / seconds["ours"]} if peers else {}),
    }


_FORMAT = "%-12s %-16s %2s %10s %8s %7s %7s %9s %9s %7s %s"
_HEAD = _FORMAT % ("family", "M x N x K", "T", "ours us", "GFLOP/s", "% peak", "% roof", "ORT GF/s", "NumPy", "x peer", "bound")


def _line(row: Dict[str, Any]) -> str:
    shape = Shape(row["family"], row["m"], row["n"], row["k"])
    seconds = row.get("seconds", {})
    rates = ["%.1f" % (shape.flops / seconds[name] / 1e9) if name in seconds else "" for name in PEERS]
    if "gflops" not in row:
        return _FORMAT % (shape.family, shape.name, row["threads"], "", "", "", "", *rates, "", row.get("reason", ""))
    of = ["%.1f" % row["percent_of_peak"], "%.1f" % row["percent_of_roof"]]
    ratio = "%.2f" % row["over_best_peer"] if "over_best_peer" in row else ""
    bound = "compute" if row["compute_bound"] else "memory"
    mark = " < %g %%" % GOAL if row["counts"] and row["percent_of_peak"] < GOAL else ""
    ours = ["%.1f" % (seconds["ours"] * 1e6), "%.1f" % row["gflops"]]
    return _FORMAT % (shape.family, shape.name, row["threads"], *ours, *of, *rates, ratio, bound + mark + row.get("reason", ""))


def _summary(rows: List[Dict[str, Any]]) -> str:
    lines = []
    for threads in sorted({row["threads"] for row in rows}):
        counted = [row for row in rows if row["threads"] == threads and row.get("counts")]
        if counted:
            there = sum(row["percent_of_peak"] >= GOAL for row in counted)
            least = min(row["percent_of_peak"] for row in counted)
            ratios = [row["over_best_peer"] for row in rows if row["threads"] == threads and "over_best_peer" in row]
            mean = ", %.2f of the best peer's speed over all shapes" % statistics.geometric_mean(ratios) if ratios else ""
            figures = (threads, there, len(counted), GOAL, least, mean)
            lines.append("%d threads: %d of %d compute-bound shapes at %g %% of the peak or more, least %.1f %%%s" % figures)
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.2, help="of repetitions, a turn and runtime")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--out", type=Path, default=HERE.parent / "results" / "gemm.json")
    options = parser.parse_args()
    chosen = [s for s in SHAPES if not options.shapes or s.name in options.shapes or s.family in options.shapes]
    if not chosen:
        parser.error("no such shape; families are %s" % ", ".join(dict.fromkeys(s.family for s in SHAPES)))
    runtimes = ["ours"] if options.no_peers else ["ours", *PEERS]
    probes = [machine.probe(threads) for threads in options.threads]
    for found in probes:
        figures = (found["threads"], found["f32"], machine.memory_rate(found["threads"]))
        print("%d threads: peak %.1f GFLOP/s of f32, %.1f GB/s from memory" % figures)
    workers = {threads: {name: Worker(name, threads) for name in runtimes} for threads in options.threads}
    rows: List[Dict[str, Any]] = []
    print(_HEAD)
    for shape in chosen:
        new = measure(shape, workers, options.turns, options.seconds)
        rows += new
        print("\n".join(map(_line, new)), flush=True)
        _save(options.out, rows, probes)
    for by_name in workers.values():
        for worker in by_name.values():
            worker.close()
    print(_summary(rows))
    return 0


def _save(path: Path, rows: List[Dict[str, Any]], probes: List[Dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    path.write_text(json.dumps({"when": when, "machine": machine.described(), "roof": probes, "shapes": rows}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
