"""Exports a model of PyTorch to a bundle in one command.

    python scripts/export_torch.py MODULE:FACTORY -o DIRECTORY [--target NAME]... [--emit lib] [--archive FILE.pt2]

``MODULE`` is a module, or a path to a Python file; ``FACTORY`` a function without parameters in it that gives the model and its example
arguments: ``model, args``, or a dictionary with ``model``, ``args`` and, where wanted, ``kwargs`` and ``dynamic_shapes`` as
``torch.export.export`` takes them. The exit codes are those of ``persimmons export``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from typing import Any, Callable, Dict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "python"))

import persimmons  # noqa: E402
from persimmons import CompileError  # noqa: E402


class WrongUse(Exception):
    """What was asked for does not make sense."""


def factory_of(text: str) -> Callable[[], Any]:
    """The function that is named. Raises WrongUse that says what is not there."""
    place, _, name = text.rpartition(":")
    if not place or not name.isidentifier():
        raise WrongUse("MODULE:FACTORY is expected, such as models.py:small or package.models:small, not '%s'" % text)
    try:
        module = load_file(place) if place.endswith(".py") else importlib.import_module(place)
    except (ImportError, OSError) as error:
        raise WrongUse("%s cannot be imported: %s" % (place, error)) from error
    found = getattr(module, name, None)
    if not callable(found):
        there = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise WrongUse("%s has no function '%s'; it has %s" % (place, name, ", ".join(there) or "none"))
    return found


def load_file(path: str) -> Any:
    if not os.path.exists(path):
        raise OSError("there is no such file")
    # Its neighbours can be imported, as if it were run.
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def call_of(made: Any) -> Dict[str, Any]:
    """What the factory gave, as arguments of ``torch.export.export``."""
    import torch

    if isinstance(made, dict) and {"model", "args"} <= made.keys() <= {"model", "args", "kwargs", "dynamic_shapes"}:
        call = dict(made)
    elif isinstance(made, tuple) and len(made) == 2 and isinstance(made[0], torch.nn.Module):
        call = {"model": made[0], "args": made[1]}
    else:
        raise WrongUse("the factory must give (model, args), or a dictionary with model, args, and perhaps kwargs and dynamic_shapes")
    if not isinstance(call["args"], (tuple, list)):
        call["args"] = (call["args"],)
    return call


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("factory", metavar="MODULE:FACTORY")
    parser.add_argument("-o", "--out", required=True, help="the directory to write")
    parser.add_argument("--target", action="append", help="a CPU or accelerator by name, or a file that describes one; may be repeated")
    parser.add_argument("--emit", choices=["lib"], help="put a library into the bundle")
    parser.add_argument("--archive", help="also keep what torch.export wrote")
    args = parser.parse_args()
    try:
        call = call_of(factory_of(args.factory)())
        if args.archive:
            from persimmons._torch import program_of, save_program

            program = program_of(call["model"], call["args"], call.get("kwargs"), call.get("dynamic_shapes"), False)
            save_program(program, args.archive)
            bundle = persimmons.export(program, out=args.out, target=args.target, emit=args.emit)
        else:
            bundle = persimmons.export(**call, out=args.out, target=args.target, emit=args.emit)
    except WrongUse as error:
        parser.error(str(error))
    except CompileError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    with bundle:
        print(bundle)
    return 0


if __name__ == "__main__":
    sys.exit(main())
