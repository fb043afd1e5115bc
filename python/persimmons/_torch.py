"""Models of PyTorch as archives that the compiler reads. PyTorch is imported only here and where its tensors come in."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any, Mapping, Optional, Sequence

from ._errors import CompileError, UnsupportedError, fault, problem


def is_module(model: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def is_program(model: Any) -> bool:
    export = sys.modules.get("torch.export")
    return export is not None and isinstance(model, export.ExportedProgram)


def program_of(
    model: Any,
    args: Optional[Sequence[Any]],
    kwargs: Optional[Mapping[str, Any]],
    dynamic_shapes: Any,
    strict: bool,
) -> Any:
    """The model by ``torch.export``. Raises CompileError with what PyTorch says where it cannot be exported."""
    import torch

    if args is None and kwargs is None:
        fix = "persimmons.export(model, (example,))"
        raise fault("PS6016", "a module is exported with example arguments, and none are given", 2, fix)
    if args is not None and not isinstance(args, (tuple, list)):
        args = (args,)
    _warn_of_training(model)
    try:
        with torch.no_grad():
            return torch.export.export(
                model, tuple(args or ()), dict(kwargs or {}), dynamic_shapes=dynamic_shapes, strict=strict
            )
    except Exception as error:
        message = "torch.export cannot export the model: %s" % (str(error).strip() or type(error).__name__)
        raise CompileError([problem("PS6016", message)], 3) from error


_TRAINED = ("Dropout", "BatchNorm", "InstanceNorm")


def _warn_of_training(model: Any) -> None:
    if not model.training:
        return
    kinds = {type(m).__name__ for m in model.modules() if m.training and type(m).__name__.startswith(_TRAINED)}
    if kinds:
        message = "the model is in training mode, and %s behave differently there; model.eval() is for inference"
        warnings.warn(message % ", ".join(sorted(kinds)), RuntimeWarning, stacklevel=5)


def save_program(program: Any, path: str) -> None:
    """Writes ``torch.export``'s archive. Raises for what it cannot hold."""
    import torch

    try:
        torch.export.save(program, path)
    except (NotImplementedError, ValueError, AssertionError) as error:
        message = "torch.export cannot save the model: %s" % (str(error).strip() or type(error).__name__)
        raise UnsupportedError([problem("PS6016", message)], 3) from error


def name_of(model: Any) -> str:
    """What to call a bundle of the model."""
    if is_program(model):
        name = getattr(model.graph_module, "_model_name", None) or "model"
    else:
        name = type(model).__name__
    return name if name.isidentifier() else "model"


def saved(program: Any, folder: str, name: str) -> str:
    path = os.path.join(folder, name + ".pt2")
    save_program(program, path)
    return path
