"""Races seven models beside ONNX Runtime and OpenVINO in f32: one process a runtime, taking turns run by run.

``run.py [--threads 2] [--rounds 15] [--peers onnxruntime,openvino] [--models FOLDER] [--make-with PYTHON] [--out FILE.json]
[NAME ...]``. A figure is the median over rounds; a ratio is the faster peer's time over ours. Models that the folder
lacks are made first (models.py), by the Python named where this one has no PyTorch. The table goes to standard output,
all of it to ``bench/results/models-CPU.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
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
from models import MODELS, missing  # noqa: E402

ROOT = HERE.parent.parent
CLI = shlex.split(os.environ.get("PERSIMMONS_CLI", "node %s" % (ROOT / "dist" / "cli" / "main.js")))
RESULTS = HERE.parent / "results"
LIMIT = 1e-4
"""Of the largest relative error beside PyTorch."""
_WARM = 2
_SETTLE = 0.05
"""Seconds between runs: threads of the runtime before spin for a while."""


class Racer:
    """A runtime's process with a model loaded."""

    def __init__(self, runtime: str, stem: Path, threads: int, bundle: str):
        command = [sys.executable, str(HERE / "worker.py"), runtime, str(stem), str(threads), bundle]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
        self.times: List[float] = []
        self.state: Dict[str, Any] = {"failed": "the process ended"}
        for line in self._process.stdout:
            if line.startswith("{"):
                self.state = json.loads(line)
                break

    def run(self) -> float:
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()

    def row(self) -> Dict[str, Any]:
        if "failed" in self.state:
            return self.state
        times = {"median": statistics.median(self.times), "least": min(self.times)}
        return {**self.state, **times, **({} if self.state["error"] <= LIMIT else {"wrong": True})}


def export(stem: Path, bundle: str) -> Dict[str, Any]:
    """Seconds that compiling takes, or why it fails."""
    start = time.perf_counter()
    command = [*CLI, "export", str(stem) + ".onnx", "--target", "host", "--emit", "lib", "-o", bundle]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return {"failed": (done.stderr.strip().splitlines() or ["no reason given"])[0]}
    return {"compiled_in": time.perf_counter() - start}


def race(name: str, options: argparse.Namespace, folder: str) -> Dict[str, Any]:
    """A model's row."""
    stem, bundle = options.models / name, os.path.join(folder, name + ".psm")
    exported = export(stem, bundle)
    runtimes = options.peers if "failed" in exported else [*options.peers, "ours"]
    racers = {runtime: Racer(runtime, stem, options.threads, bundle) for runtime in runtimes}
    running = [racer for racer in racers.values() if "failed" not in racer.state]
    for turn in range(options.rounds + _WARM):
        for racer in running:
            time.sleep(_SETTLE)
            seconds = racer.run()
            if turn >= _WARM:
                racer.times.append(seconds)
    for racer in racers.values():
        racer.close()
    rows = {runtime: racer.row() for runtime, racer in racers.items()}
    rows["ours"] = {**exported, **rows.get("ours", {})}
    row = {"model": name, "threads": options.threads, "rounds": options.rounds, "runtimes": rows}
    peers = [rows[peer]["median"] for peer in options.peers if "median" in rows[peer]]
    if peers and "median" in rows["ours"]:
        row["ratio"] = min(peers) / rows["ours"]["median"]
    return row


def line(row: Dict[str, Any]) -> str:
    cells = []
    for runtime, state in row["runtimes"].items():
        text = "%.1f ms" % (state["median"] * 1e3) if "median" in state else "failed"
        cells.append("%s %s%s" % (runtime, text, " (WRONG: %.0e)" % state["error"] if "wrong" in state else ""))
    ratio = "%.2f" % row["ratio"] if "ratio" in row else "-"
    compiled = row["runtimes"]["ours"].get("compiled_in")
    tail = "compiled in %.1f s" % compiled if compiled else row["runtimes"]["ours"].get("failed", "")
    return "%-12s %5s   %s   %s" % (row["model"], ratio, "   ".join(cells), tail)


def summary(rows: List[Dict[str, Any]]) -> str:
    ratios = [row["ratio"] for row in rows if "ratio" in row]
    if not ratios:
        return "no model ran"
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    return "geometric mean %.2f of %d models, least %.2f" % (mean, len(ratios), min(ratios))


def default_out() -> Path:
    cpu = re.sub(r"[^A-Za-z0-9]+", "-", machine.described()["cpu"]).strip("-").lower()
    return RESULTS / ("models-%s.json" % cpu)


def save(out: Path, rows: List[Dict[str, Any]]) -> None:
    """The rows beside those of other models that the file has from before."""
    known = {row["model"]: row for row in json.loads(out.read_text())["models"]} if out.exists() else {}
    known.update({row["model"]: row for row in rows})
    head = {"when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": machine.described()}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({**head, "models": [known[name] for name in MODELS if name in known]}, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="all seven unless named")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peers", type=lambda text: [p for p in text.split(",") if p], default=["onnxruntime", "openvino"])
    parser.add_argument("--models", type=Path, default=ROOT / "build" / "bench-models")
    parser.add_argument("--make-with", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    names = options.names or list(MODELS)
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        parser.error("no model %s; there are %s" % (", ".join(unknown), ", ".join(MODELS)))
    lacking = missing(options.models, names)
    if lacking:
        subprocess.run([options.make_with, str(HERE / "models.py"), str(options.models), *lacking], check=True)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            rows.append(race(name, options, folder))
            print(line(rows[-1]), flush=True)
            save(options.out or default_out(), rows)
    print(summary(rows))
    return 1 if any("wrong" in state or "failed" in state for row in rows for state in row["runtimes"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
