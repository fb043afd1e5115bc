#!/usr/bin/env python3
"""What the ONNX backend suite said, as the tables of docs/onnx.md.

    scripts/summarize-onnx-suite.py CASES.json...

The files are the verdicts that the suite's harness writes (scripts/nightly.sh yard-onnx-backend leaves one for each shard).
"""

import collections
import json
import re
import sys


def load(paths):
    entries = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            entries.update({(entry["kind"], entry["name"]): entry for entry in json.load(file)})
    return list(entries.values())


def totals(entries):
    """A line for each kind of cases; functions written out count by themselves."""
    kinds = collections.defaultdict(collections.Counter)
    for entry in entries:
        kind = entry["kind"] if entry["kind"] != "node" else "node, %s" % (entry["domain"] or "ai.onnx")
        kinds[kind][entry["result"]] += 1
    yield "| cases | all | passed | refused | failed |"
    yield "| --- | --- | --- | --- | --- |"
    whole = sum(kinds.values(), collections.Counter())
    rows = sorted(kinds.items(), key=lambda row: -sum(row[1].values()))
    for kind, count in [*rows, ("all", whole)]:
        numbers = [sum(count.values()), count["passed"], count["unsupported"], count["failed"]]
        yield "| %s | %s |" % (kind, " | ".join(map(str, numbers)))


def reason(entry):
    """The first problem of a refusal, without the names of this model, and what would work instead."""
    text = re.sub(r"\s(\S+): error PS", " error PS", entry["why"])
    problem = re.search(r"error (PS\d+): (.*?)(?= fix: | error PS|$)(?: fix: (.*?)(?= \S+: error PS| error PS|$))?", text)
    if problem is None:
        return "", entry["why"], ""
    code, message, fix = problem.groups()
    message = re.sub(r"^(\w+) on [^:]*: ", "", message)
    message = re.sub(r"(input|output) '[^']*' of the model is", r"an \1 of the model is", message)
    return code, message, fix or ""


def refusals(entries):
    groups = collections.defaultdict(list)
    for entry in entries:
        if entry["result"] == "unsupported":
            groups[reason(entry)].append(entry)
    yield "| refused | operators | cases | instead |"
    yield "| --- | --- | --- | --- |"
    for (code, message, fix), group in sorted(groups.items(), key=lambda g: -len(g[1])):
        operators = ", ".join(sorted({entry["op"] for entry in group if entry["kind"] == "node"}) or ["whole models"])
        yield "| %s (%s) | %s | %d | %s |" % (message, code, operators, len(group), fix)


def failures(entries):
    yield "| failed | how |"
    yield "| --- | --- |"
    for entry in entries:
        if entry["result"] == "failed":
            yield "| %s | %s: %s |" % (entry["name"], entry["stage"], entry["why"][:160])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    entries = load(sys.argv[1:])
    for table in (totals, refusals, failures):
        print("\n".join(table(entries)), end="\n\n")


if __name__ == "__main__":
    main()
