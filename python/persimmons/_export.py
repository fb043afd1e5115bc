"""``persimmons.export``: a model to a bundle, by the compile server."""

from __future__ import annotations

import os
import warnings
from typing import Any, Dict, Optional, Sequence, Union

from ._bundle import Bundle, load, loaded
from ._errors import format_diagnostic, UnsupportedError, problem
from ._server import SERVER

_FILES = (".onnx", ".mlir")


def export(
    model: Union[str, "os.PathLike[str]"],
    *,
    out: Union[str, "os.PathLike[str]", None] = None,
    target: Union[str, Sequence[str], None] = None,
    emit: Optional[str] = None,
    profile: bool = False,
    threads: Optional[int] = None,
) -> Bundle:
    """Compiles a model file (``.onnx``, or StableHLO as ``.mlir``) to a bundle and loads it.

    ``out`` is the directory to write, ``STEM.psm`` in the current one by default. ``target`` names a CPU, "host" or "wasm32",
    or several; by default the host where an LLVM is found, else wasm32. ``emit="lib"`` puts a library into the bundle that
    needs neither Node nor a compiler. Raises CompileError (UnsupportedError for a sound model that asks for something that
    is not supported) listing every problem. What is only worth a warning is warned of.
    """
    path = _model_path(model)
    targets = [target] if isinstance(target, str) else None if target is None else list(target)
    where = os.path.abspath(os.fspath(out)) if out is not None else os.path.abspath(_default_name(path))
    result, remarks = SERVER.ask_with_remarks(
        "export", model=path, out=where, targets=targets, emit=emit, profile=profile or None
    )
    _warn(remarks)
    return load(result["bundle"], threads=threads)


def export_and_build(model: str, out: str, engine: str, threads: Optional[int]) -> Bundle:
    """One request for compiling, writing and building: the short way for many small models."""
    if engine == "wasm":
        return load(SERVER.ask("export", model=model, out=out, targets=["wasm32"])["bundle"], engine="wasm")
    result = SERVER.ask("export", model=model, out=out, targets=["host"], build=True)
    return loaded(result["bundle"], result, threads)


def _default_name(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0] + ".psm"


def _model_path(model: Any) -> str:
    if isinstance(model, (str, os.PathLike)):
        return os.path.abspath(os.fspath(model))
    kind = "%s.%s" % (type(model).__module__, type(model).__qualname__)
    message = "a model is given as a file; %s objects are not taken" % kind
    fix = "write the model to a file (%s), for example with torch.onnx.export" % " or ".join(_FILES)
    raise UnsupportedError([problem("PS6015", message, fix)], 2)


def _warn(remarks: Sequence[Dict[str, Any]]) -> None:
    for remark in remarks:
        if remark["severity"] == "warning":
            warnings.warn(format_diagnostic(remark), RuntimeWarning, stacklevel=3)
