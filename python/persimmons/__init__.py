"""Persimmons compiles models to bundles, ahead of time, and runs them.

    bundle = persimmons.export("digits.onnx")      # or persimmons.load("digits.psm")
    probabilities = bundle(images)                 # NumPy, PyTorch or DLPack in, the same out

    bundle = persimmons.export(model, (example,))  # a torch.nn.Module, by torch.export
    faster = torch.compile(model, backend="persimmons")
"""

from __future__ import annotations

import typing as _typing

from ._bundle import Bundle, load
from ._errors import CompileError, UnsupportedError
from ._export import export
from ._generation import export_generation
from ._loops import empty, f32, f64, i32, i64, loops, sizes, zeros

if _typing.TYPE_CHECKING:
    import os

    from torch.fx import GraphModule

__version__ = "0.1.0"

__all__ = ["Bundle", "CompileError", "UnsupportedError", "export", "export_generation", "load", "save_fx"]
__all__ += ["empty", "f32", "f64", "i32", "i64", "loops", "sizes", "zeros"]


def save_fx(
    gm: GraphModule,
    path: _typing.Union[str, os.PathLike[str]],
    example_inputs: _typing.Optional[_typing.Sequence[_typing.Any]] = None,
) -> None:
    """Writes a graph of torch.fx to an archive (``.pt2``) that ``export`` takes.

    A graph of ATen operators whose nodes know their values (``meta["val"]``, as AOTAutograd and ``make_fx`` leave them) is
    written as it is, symbolic integers among its inputs included. Any other is traced with ``example_inputs`` first.
    """
    from ._fx import save

    save(gm, path, example_inputs)
