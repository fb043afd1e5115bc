"""Runs a collection of architectures through ``torch.compile(backend="persimmons", fullgraph=True)`` and compares with eager mode.

    PYTHONPATH=python:YARD python scripts/compile_zoo.py [REGEX]

The collection is the module ``make_models`` on the path: ``REG`` gives a function that makes a model, its arguments and its keyword arguments
for each name. Ends with "N passed, N failed".
"""

from __future__ import annotations

import re
import sys
import warnings
from typing import Any, List

import torch
import torch.utils._pytree as pytree

import make_models
import persimmons.dynamo  # noqa: F401, registers the backend for a checkout

BOUND = 1e-4


def tensors_of(value: Any) -> List[torch.Tensor]:
    return [leaf for leaf in pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def cloned(value: Any) -> Any:
    return pytree.tree_map(lambda leaf: leaf.clone() if isinstance(leaf, torch.Tensor) else leaf, value)


def error_of(name: str) -> float:
    """The largest difference of an output, over its largest element."""
    torch.manual_seed(1)
    model, args, kwargs = make_models.REG[name][0](False)
    model.eval()
    torch._dynamo.reset()
    with torch.no_grad():
        expected = tensors_of(model(*cloned(args), **cloned(kwargs)))
        found = tensors_of(torch.compile(model, backend="persimmons", fullgraph=True)(*cloned(args), **cloned(kwargs)))
    if [x.shape for x in expected] != [x.shape for x in found]:
        raise ValueError("outputs of other shapes")
    errors = [(a.double() - b.double()).abs().max() / a.double().abs().max().clamp_min(1e-12) for a, b in zip(expected, found) if a.numel()]
    return float(max(errors))


def main() -> int:
    warnings.filterwarnings("ignore")
    # PyTorch leaves recurrent layers alone unless it is told to take them.
    torch._dynamo.config.allow_rnn = True
    pattern = sys.argv[1] if len(sys.argv) > 1 else ".*"
    counts = [0, 0]
    for name in make_models.REG:
        if not re.fullmatch(pattern, name):
            continue
        try:
            error = error_of(name)
            verdict = "%.1e" % error
        except Exception as problem:
            error, verdict = float("inf"), "%s: %s" % (type(problem).__name__, str(problem)[:300])
        counts[not error <= BOUND] += 1
        print("%-16s %s" % (name, verdict), flush=True)
    print("%d passed, %d failed" % tuple(counts))
    return 0 if counts[1] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
