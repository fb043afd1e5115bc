"""Times the thirty kernels as Persimmons compiles them beside the same loops in C, on one thread unless told.

``run.py [--size LARGE] [--turns 3] [--threads 1] [--no-ours] [--out FILE.json] [KERNEL ...]``. Programs take turns; a figure is the
median over turns. Ratios are times of the better of clang's programs (with and without ``-march=native``) over ours,
for plain clang and for Polly. A kernel that does not compile is listed with the reason. The table goes to standard
output, all of it to ``bench/results/polybench-SIZE.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import machine  # noqa: E402
from baselines import Baselines, better  # noqa: E402
from ours import Ours, Unsupported  # noqa: E402
from reference import reference  # noqa: E402
from suite import CLASSES, HERE, KERNELS, Kernel, difference  # noqa: E402

LIMIT = 1e-10
RESULTS = HERE.parent / "results"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", metavar="KERNEL", help="all thirty unless named")
    parser.add_argument("--size", choices=CLASSES, default="LARGE")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of ours; the programs in C have one")
    parser.add_argument("--no-ours", action="store_true", help="only the programs in C")
    parser.add_argument("--no-c", action="store_true", help="only ours; C's times come from the file of results")
    parser.add_argument("--no-check", action="store_true", help="do not compare with NumPy, which takes minutes at LARGE")
    parser.add_argument("--out", type=Path, help="the file of results")
    options = parser.parse_args()
    unknown = [name for name in options.kernels if name not in KERNELS]
    if unknown:
        parser.error("no kernel %s; there are %s" % (", ".join(unknown), ", ".join(KERNELS)))
    out = options.out or RESULTS / ("polybench-%s.json" % options.size)
    known = _known(out)
    print(_HEAD)
    for name in options.kernels or KERNELS:
        row = measure(KERNELS[name], options, known.get(name, {}))
        known[name] = row
        print(_line(row), flush=True)
        _save(out, options, known)
    print(_summary([known[name] for name in options.kernels or KERNELS]))
    return 1 if any("wrong" in row for row in known.values()) else 0


def measure(kernel: Kernel, options: argparse.Namespace, known: Dict[str, Any]) -> Dict[str, Any]:
    """One kernel's row: seconds of each program, ratios, and what went wrong."""
    row: Dict[str, Any] = {"kernel": kernel.name, "flops": kernel.flops(options.size)}
    with tempfile.TemporaryDirectory() as folder:
        ours: Optional[Ours] = None
        if not options.no_ours:
            try:
                ours = Ours(kernel, options.size, folder, options.threads)
            except Unsupported as reason:
                row["reason"] = str(reason)
        programs = None if options.no_c else Baselines(kernel, options.size, folder)
        for _turn in range(options.turns):
            if programs is not None:
                programs.turn()
            if ours is not None:
                ours.turn()
        if programs is not None:
            row["seconds"] = {name: times._asdict() for name, times in programs.times().items()}
            row["c"], row["polly"] = better(programs.times(), "c"), better(programs.times(), "polly")
        elif "c" in known:
            row.update({field: known[field] for field in ("seconds", "c", "polly")})
        if ours is not None:
            row.update(_of_ours(kernel, ours, row, options))
    return row


def _of_ours(kernel: Kernel, ours: Ours, row: Dict[str, Any], options: argparse.Namespace) -> Dict[str, Any]:
    fields: Dict[str, Any] = {"ours": ours.median, "ours_whole_call": ours.median_whole}
    fields.update({"compiled_in": ours.compiled_in, "scheduled_in": ours.scheduled_in})
    if "c" in row:
        fields.update({"over_c": row["c"] / ours.median, "over_polly": row["polly"] / ours.median})
    if not options.no_check:
        wanted = reference(kernel.name, kernel.arguments(options.size), kernel.sizes[options.size])
        fields["error"] = difference(kernel.compared(ours.results(), options.size), kernel.compared(wanted, options.size))
        if not fields["error"] <= LIMIT:
            fields["wrong"] = "differs from NumPy by %.1e" % fields["error"]
    return fields


_HEAD = "%-16s %10s %10s %10s %8s %8s %8s %9s" % ("kernel", "C s", "Polly s", "ours s", "GFLOP/s", "x C", "x Polly", "error")


def _line(row: Dict[str, Any]) -> str:
    seconds = row.get("ours", row.get("c"))
    rate = "%8.2f" % (row["flops"] / seconds / 1e9) if seconds else " " * 8
    numbers = ["%10.6f" % row[k] if k in row else " " * 10 for k in ("c", "polly", "ours")]
    ratios = ["%8.2f" % row[k] if k in row else " " * 8 for k in ("over_c", "over_polly")]
    error = "%9.1e" % row["error"] if "error" in row else " " * 9
    return " ".join(["%-16s" % row["kernel"], *numbers, rate, *ratios, error, row.get("reason", row.get("wrong", ""))])


def _summary(rows: List[Dict[str, Any]]) -> str:
    lines = []
    for field, name in (("over_c", "C"), ("over_polly", "Polly")):
        ratios = [row[field] for row in rows if field in row]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            figures = (name, mean, len(ratios), min(ratios), sum(r < 0.95 for r in ratios))
            lines.append("over %s: geometric mean %.2f of %d kernels, least %.2f, %d below 0.95" % figures)
    both = [row["c"] / row["polly"] for row in rows if "c" in row]
    if both:
        lines.append("Polly over C: geometric mean %.2f" % math.exp(sum(map(math.log, both)) / len(both)))
    scheduled = [row["scheduled_in"] * 1e3 for row in rows if "scheduled_in" in row]
    if scheduled:
        lines.append("loops optimised in %.0f ms (median), %.0f ms at most" % (statistics.median(scheduled), max(scheduled)))
    missing = [row["kernel"] for row in rows if "reason" in row]
    return "\n".join(lines + (["not compiled: " + ", ".join(missing)] if missing else []))


def _known(path: Path) -> Dict[str, Any]:
    return {row["kernel"]: row for row in json.loads(path.read_text())["kernels"]} if path.exists() else {}


def _save(path: Path, options: argparse.Namespace, rows: Dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"size": options.size, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": machine.described()}
    path.write_text(json.dumps({**head, "kernels": [rows[name] for name in KERNELS if name in rows]}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
