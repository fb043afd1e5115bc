#!/usr/bin/env python3
"""A seeded sample of the ONNX backend suite, run by native code and in the WebAssembly sandbox: both must give the same verdicts.

    YARD=FOLDER PYTHONPATH=python scripts/compare-engines.py [--cases 300] [--seed 1] [--json FILE]

YARD names the folder with onnx_backend.py, which scores a backend. FILE gets an entry for each case, as that script writes
them: "passed" where the verdicts agree, "failed" where they do not. Exit 1 when one fails.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile

KINDS = ["node", "light", "simple", "pytorch-converted", "pytorch-operator"]
ENGINES = {"native": "persimmons.backend", "wasm": "persimmons.backend_wasm"}


def sample(yard, count, seed):
    """Names of cases of all kinds, each of which counts as often as it occurs."""
    sys.path.insert(0, yard)
    from onnx_backend import load_cases

    names = sorted({case.name for case in load_cases(KINDS)})
    return sorted(random.Random(seed).sample(names, min(count, len(names))))


def verdicts(yard, backend, names, timeout):
    """The harness's entries by kind and name."""
    with tempfile.TemporaryDirectory(prefix="persimmons-engines-") as folder:
        out = os.path.join(folder, "cases.json")
        command = [sys.executable, os.path.join(yard, "onnx_backend.py"), "-b", "onnx_adapter:Standard"]
        command += ["-k", ",".join(KINDS), "-f", "^(%s)$" % "|".join(map(re.escape, names))]
        command += ["--timeout", str(timeout), "--quiet", "--json", out]
        path = os.pathsep.join([yard, os.environ.get("PYTHONPATH", "")])
        subprocess.run(command, env={**os.environ, "BACKEND": backend, "PYTHONPATH": path}, check=True)
        with open(out, encoding="utf-8") as file:
            return {(entry["kind"], entry["name"]): entry for entry in json.load(file)}


def compared(native, wasm):
    """One entry per case: whether the engines agree, and what each said where they do not."""
    entries = []
    for key, entry in sorted(native.items()):
        other = wasm[key]
        agree = entry["result"] == other["result"]
        why = "" if agree else "native %s %s, wasm %s %s" % (entry["result"], entry["why"], other["result"], other["why"])
        seconds = entry["seconds"] + other["seconds"]
        entries.append({**entry, "result": "passed" if agree else "failed", "stage": "", "why": why, "seconds": seconds})
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=180, help="seconds for one case")
    parser.add_argument("--json", help="write an entry for each case here")
    options = parser.parse_args()
    yard = os.path.abspath(os.environ.get("YARD") or parser.error("YARD is not set"))
    names = sample(yard, options.cases, options.seed)
    runs = {engine: verdicts(yard, backend, names, options.timeout) for engine, backend in ENGINES.items()}
    entries = compared(runs["native"], runs["wasm"])
    differing = [entry for entry in entries if entry["result"] == "failed"]
    for entry in differing:
        print("DIFFERS", entry["name"], entry["why"])
    print("%d passed, %d failed: verdicts of both engines on %d cases" % (len(entries) - len(differing), len(differing), len(entries)))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(entries, file, indent=1)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
