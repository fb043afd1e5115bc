"""Compiled code as a backend of harnesses that run exported programs: ``f(program, inputs, case) -> flat outputs``.

    PYTHONPATH=python:scripts python HARNESS --backend py:torch_backend:native

A program that is not supported raises the harness's ``Unsupported``, before anything runs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any, List, Sequence

import torch
import torch.utils._pytree as pytree

from persimmons import CompileError, UnsupportedError
from persimmons._export import export_and_build
from persimmons._torch import save_program

# Every model has the same name, so that the runtime's part of the library is compiled once.
_NAME = "model"


class _NotSupported(Exception):
    """Where the harness has no class of its own."""


def _unsupported() -> type:
    for module in ("__main__", "opinfo_harness", "oh"):
        found = getattr(sys.modules.get(module), "Unsupported", None)
        if found is not None and module != "__main__":
            return found
    return getattr(sys.modules["__main__"], "Unsupported", _NotSupported)


def native(program: Any, inputs: Sequence[Any], case: Any) -> List[Any]:
    return _run(program, inputs, "native")


def wasm(program: Any, inputs: Sequence[Any], case: Any) -> List[Any]:
    return _run(program, inputs, "wasm")


def _run(program: Any, inputs: Sequence[Any], engine: str) -> List[Any]:
    with tempfile.TemporaryDirectory(prefix="persimmons-") as folder:
        path = os.path.join(folder, _NAME + ".pt2")
        try:
            save_program(program, path)
            bundle = export_and_build(path, os.path.join(folder, _NAME + ".psm"), engine, None).giving_tensors()
        except UnsupportedError as error:
            raise _unsupported()(_reasons(error)) from None
        with bundle:
            return _flat(bundle(*inputs))


def _reasons(error: CompileError) -> str:
    return "; ".join(sorted({"%s %s" % (d["code"], d["message"]) for d in error.diagnostics}))


def _flat(result: Any) -> List[Any]:
    return [x for x in pytree.tree_leaves(result) if isinstance(x, (torch.Tensor, int, float, bool, complex))]
