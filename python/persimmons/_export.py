"""``persimmons.export``: a model to a bundle, by the compile server."""

from __future__ import annotations

import os
import tempfile
import warnings
from typing import Any, Dict, Mapping, Optional, Sequence, Union

from . import _torch
from ._bundle import Bundle, load, loaded
from ._errors import UnsupportedError, fault, format_diagnostic, problem
from ._server import SERVER

_FILES = (".onnx", ".pt2", ".mlir", ".py")


def export(
    model: Any,
    args: Optional[Sequence[Any]] = None,
    kwargs: Optional[Mapping[str, Any]] = None,
    *,
    out: Union[str, "os.PathLike[str]", None] = None,
    target: Union[str, Sequence[str], None] = None,
    dynamic_shapes: Any = None,
    strict: bool = False,
    emit: Optional[str] = None,
    constexprs: Optional[Mapping[str, Union[int, float]]] = None,
    kernel: Optional[str] = None,
    profile: bool = False,
    threads: Optional[int] = None,
) -> Bundle:
    """Compiles a model to a bundle and loads it.

    ``model`` is a file (``.onnx``, ``.pt2``, StableHLO as ``.mlir``, kernels as ``.py``), a ``torch.nn.Module`` with example arguments, a
    ``torch.export.ExportedProgram``, or an ``onnx.ModelProto``. ``dynamic_shapes`` and ``strict`` are ``torch.export``'s::

        bundle = persimmons.export(model, (example,), dynamic_shapes={"x": {0: torch.export.Dim("batch")}})
        result = bundle(x)                               # as model(x)

    ``out`` is the directory to write. By default it is ``STEM.psm`` in the current one for a file; a bundle of a model in
    memory lives as long as the object that is returned. ``target`` names a CPU, "host" or "wasm32", an accelerator or a file
    that describes one, or several; by default the host where an LLVM is found, else wasm32. ``emit="lib"`` puts a library
    into the bundle that needs neither Node nor a compiler. ``constexprs`` gives sizes of kernels values, and ``kernel``
    takes one of a file's. Raises CompileError (UnsupportedError for a sound model that asks
    for something that is not supported) listing every problem. What is only worth a warning is warned of.
    """
    targets = [os.fspath(target)] if isinstance(target, (str, os.PathLike)) else target and [os.fspath(t) for t in target]
    options = {"targets": targets or None, "emit": emit, "profile": profile or None}
    kernels = {"constexprs": dict(constexprs) if constexprs else None, "kernel": kernel}
    if isinstance(model, (str, os.PathLike)):
        if args is not None or kwargs is not None:
            fix = "give a module, or leave the arguments out"
            raise fault("PS6015", "example arguments are for modules; %s is a file" % os.fspath(model), 2, fix)
        path = os.path.abspath(os.fspath(model))
        return _export_file(path, os.path.abspath(os.fspath(out or _default_name(path))), {**options, **kernels}, threads)
    if constexprs is not None or kernel is not None:
        raise fault("PS6015", "constexprs and kernel are for files of kernels", 2, "leave them out")
    with tempfile.TemporaryDirectory(prefix="persimmons-") as folder:
        path = _write_model(model, args, kwargs, dynamic_shapes, strict, folder)
        if out is not None:
            bundle = _export_file(path, os.path.abspath(os.fspath(out)), options, threads)
        else:
            home = tempfile.TemporaryDirectory(prefix="persimmons-")
            bundle = _export_file(path, os.path.join(home.name, _default_name(path)), options, threads).own(home)
    return bundle.giving_tensors() if path.endswith(".pt2") else bundle


def _export_file(path: str, out: str, options: Mapping[str, Any], threads: Optional[int]) -> Bundle:
    result, remarks = SERVER.ask_with_remarks("export", model=path, out=out, **options)
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


def _write_model(
    model: Any,
    args: Optional[Sequence[Any]],
    kwargs: Optional[Mapping[str, Any]],
    dynamic_shapes: Any,
    strict: bool,
    folder: str,
) -> str:
    """A model in memory as a file in ``folder``."""
    if _torch.is_module(model):
        name = _torch.name_of(model)
        return _torch.saved(_torch.program_of(model, args, kwargs, dynamic_shapes, strict), folder, name)
    if args is not None or kwargs is not None or dynamic_shapes is not None:
        fix = "give the module, or leave them out"
        raise fault("PS6015", "example arguments and dynamic shapes are for modules of PyTorch", 2, fix)
    if _torch.is_program(model):
        return _torch.saved(model, folder, _torch.name_of(model))
    if type(model).__module__.startswith("onnx.") and type(model).__name__ == "ModelProto":
        return _onnx_file(model, folder)
    kind = "%s.%s" % (type(model).__module__, type(model).__qualname__)
    fix = "give a torch.nn.Module with example arguments, or a file (%s)" % ", ".join(_FILES)
    raise UnsupportedError([problem("PS6015", "a %s is no model" % kind, fix)], 2)


def _onnx_file(model: Any, folder: str) -> str:
    import onnx

    path = os.path.join(folder, "model.onnx")
    # Beyond 2 GB the format keeps its weights beside it.
    onnx.save(model, path, save_as_external_data=model.ByteSize() >= 2**31 - 2**20)
    return path


def _warn(remarks: Sequence[Dict[str, Any]]) -> None:
    for remark in remarks:
        if remark["severity"] == "warning":
            warnings.warn(format_diagnostic(remark), RuntimeWarning, stacklevel=3)
