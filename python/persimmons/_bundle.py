"""Loaded bundles: what ``persimmons.load`` and ``persimmons.export`` give."""

from __future__ import annotations

import os
import tempfile
import warnings
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _arrays
from ._dtypes import DTYPES
from ._errors import CompileError, fault, problem
from ._nesting import Nesting
from ._library import NativeModel, model_of_library
from ._served import ServedModel
from ._server import SERVER
from ._trust import bundled_library, check_files, read_manifest, require_trust

Model = Union[NativeModel, ServedModel]

# No compiler was found; no target of the bundle is native; the machine cannot run the native one.
_SANDBOX_INSTEAD = {"PS5220", "PS5223", "PS5224", "PS5225"}


class Bundle:
    """A model ready to run: one instance, with its own states and memory.

    Call it as the model was called: a bundle made from Python takes and gives values that nest as the model's own do, any
    other takes arrays in the model's order or by name and gives one array or a tuple. The outputs are of the kind the inputs
    were (NumPy, PyTorch, or another that speaks DLPack)::

        bundle = persimmons.load("digits.psm")
        probabilities = bundle(images)
        results = bundle.run({"image": images})["probabilities"]

    An input that the model writes is written in place where it is an array that can be.

    Calls from several threads wait for one another; load the bundle once for each thread to run at the same time.
    """

    def __init__(self, path: str, model: Model):
        self.path = path
        self._model = model
        entries = model.description["entries"]
        self._entries = {entry["name"]: k for k, entry in enumerate(entries)}
        self._nestings = [_nesting_of(entry) for entry in entries]
        self._make = _arrays.to_numpy
        self._folder: Optional[tempfile.TemporaryDirectory[str]] = None

    @property
    def engine(self) -> str:
        """What runs it: "native" or "wasm"."""
        return self._model.engine

    @property
    def target(self) -> str:
        """The variant of the code that runs."""
        return self._model.description["target"]["name"]

    @property
    def entries(self) -> List[str]:
        """Names of the model's functions."""
        return list(self._entries)

    def inputs(self, entry: Optional[str] = None) -> List[Dict[str, Any]]:
        """Name, dtype and shape (of expressions over named sizes) of each input."""
        return self._entry(entry)[1]["inputs"]

    def outputs(self, entry: Optional[str] = None) -> List[Dict[str, Any]]:
        return self._entry(entry)[1]["outputs"]

    @property
    def counters(self) -> List[Dict[str, Any]]:
        """Calls and nanoseconds of each kernel; empty unless exported with profiling."""
        return self._model.counters()

    def __call__(self, *args: Any, entry: Optional[str] = None, **named: Any) -> Any:
        index, described = self._entry(entry)
        nesting = self._nestings[index]
        if nesting is None:
            outputs = self._run(index, described, _in_order(described["inputs"], args, named))
            return outputs[0] if len(outputs) == 1 else tuple(outputs)
        count = len(described["inputs"])
        flat = not named and len(args) == count and all(map(_arrays.is_array, args))
        values = list(args) if flat else nesting.flatten(args, named, count)
        outputs = self._run(index, described, values)
        for output, given in nesting.updates:
            _arrays.overwrite(values[given], outputs[output])
        return nesting.unflatten(outputs)

    def run(self, inputs: Union[Mapping[str, Any], Sequence[Any]], entry: Optional[str] = None) -> Dict[str, Any]:
        """Runs an entry on inputs by name, or in order; gives outputs by name."""
        index, described = self._entry(entry)
        args, named = ((), inputs) if isinstance(inputs, Mapping) else (tuple(inputs), {})
        outputs = self._run(index, described, _in_order(described["inputs"], args, named))
        return {port["name"]: output for port, output in zip(described["outputs"], outputs)}

    def state(self, name: str) -> Any:
        """A copy of a state: a tensor that lives from run to run."""
        index = self._state(name)
        dtype = DTYPES[self._model.description["states"][index]["dtype"]]
        return _arrays.to_numpy(self._model.state(index), dtype)

    def reset(self, state: Optional[str] = None) -> None:
        """Gives one state, or all, the first value again."""
        self._model.reset(-1 if state is None else self._state(state))

    def cancel(self) -> None:
        """Ends the run in progress in another thread, or else the next."""
        self._model.cancel()

    def close(self) -> None:
        """Frees its memory. Closing twice is allowed."""
        self._model.close()
        if self._folder is not None:
            self._folder.cleanup()

    def giving_tensors(self) -> "Bundle":
        """Has calls without arrays give PyTorch's tensors: for models of PyTorch."""
        self._make = _arrays.to_torch
        return self

    def own(self, folder: "tempfile.TemporaryDirectory[str]") -> "Bundle":
        """Has the folder removed when the bundle is closed or dropped."""
        self._folder = folder
        return self

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<persimmons.Bundle %s on %s (%s)>" % (self.path, self.engine, self.target)

    def _run(self, index: int, described: Dict[str, Any], values: Sequence[Any]) -> List[Any]:
        wanted = [DTYPES[port["dtype"]] for port in described["inputs"]]
        make = _arrays.maker_for(values, self._make)
        outputs = self._model.run(index, _arrays.bind(described, values, wanted))
        return [make(raw, DTYPES[port["dtype"]]) for raw, port in zip(outputs, described["outputs"])]

    def _entry(self, name: Optional[str]) -> Tuple[int, Dict[str, Any]]:
        wanted = name or ("main" if "main" in self._entries else next(iter(self._entries)))
        if wanted not in self._entries:
            fix = "its entries: %s" % ", ".join("'%s'" % entry for entry in self._entries)
            raise fault("PS5201", "the model has no entry '%s'" % wanted, 2, fix)
        index = self._entries[wanted]
        return index, self._model.description["entries"][index]

    def _state(self, name: str) -> int:
        names = [state["name"] for state in self._model.description["states"]]
        if name not in names:
            fix = "its states: %s" % ", ".join("'%s'" % n for n in names) if names else "the model has none"
            raise fault("PS5209", "the model has no state '%s'" % name, 2, fix)
        return names.index(name)


def _nesting_of(entry: Mapping[str, Any]) -> Optional[Nesting]:
    if "inputNesting" not in entry or "outputNesting" not in entry:
        return None
    return Nesting(entry["inputNesting"], entry["outputNesting"])


def _in_order(ports: Sequence[Dict[str, Any]], args: Sequence[Any], named: Mapping[str, Any]) -> List[Any]:
    """The inputs in the model's order. Raises listing all that are missing, unknown or given twice."""
    names = [port["name"] for port in ports]
    problems = []
    if len(args) > len(names):
        problems.append(problem("PS5203", "%d inputs; the model takes %d" % (len(args), len(names))))
    for name in named:
        if name not in names:
            takes = "it takes %s" % (", ".join("'%s'" % n for n in names) or "none")
            problems.append(problem("PS5203", "the model has no input '%s'" % name, takes))
        elif names.index(name) < len(args):
            problems.append(problem("PS5203", "input '%s' is given in order and by name" % name))
    for port in ports[len(args) :]:
        if port["name"] not in named:
            fix = "give a %s tensor of [%s]" % (port["dtype"], ", ".join(port["shape"]))
            problems.append(problem("PS5202", "input '%s' is missing" % port["name"], fix))
    if problems:
        raise CompileError(problems, 2)
    return [*args, *(named[name] for name in names[len(args) :])]


def load(
    path: Union[str, "os.PathLike[str]"],
    *,
    threads: Optional[int] = None,
    engine: Optional[str] = None,
    target: Optional[str] = None,
    trust: bool = False,
) -> Bundle:
    """Loads a bundle, or the library of one (``libNAME.so``, with its weights beside it).

    A bundle with a library in it (``--emit=lib``) needs nothing else. For any other the command line builds one with the
    first LLVM found, or runs the bundle's wasm variant in its sandbox, and says so in a warning; a bundle for an
    accelerator runs on the emulator. ``engine`` asks for "native", "wasm" or "cycles" and nothing else. Native code runs
    only from bundles that this user exported, or with ``trust``.
    """
    where = os.path.abspath(os.fspath(path))
    if engine not in (None, "native", "wasm", "cycles"):
        raise fault("PS6001", "there is no engine '%s'" % engine, 2, "native, wasm or cycles")
    if engine in ("wasm", "cycles"):
        return Bundle(where, ServedModel(where, engine, target, threads, trust))
    if os.path.isfile(where) and where.endswith((".so", ".dylib")):
        return Bundle(where, NativeModel(where, model_of_library(where), threads=threads))
    if os.path.isdir(where):
        manifest = read_manifest(where)
        library = bundled_library(manifest)
        if library is not None and target is None:
            if not trust:
                require_trust(where, manifest)
            check_files(where, manifest, library)
            return Bundle(where, NativeModel(os.path.join(where, library), manifest.model, threads=threads))
    try:
        built = SERVER.ask("build", bundle=where, target=target, trust=trust or None)
    except CompileError as error:
        codes = {d["code"] for d in error.diagnostics}
        if engine == "native" or not codes <= _SANDBOX_INSTEAD:
            raise
        return _in_sandbox(where, target, threads, error)
    return loaded(where, built, threads)


def loaded(path: str, built: Mapping[str, Any], threads: Optional[int] = None) -> Bundle:
    """The bundle whose library the server has built."""
    return Bundle(path, NativeModel(built["library"], built["model"], built["weights"], threads))


def _in_sandbox(path: str, target: Optional[str], threads: Optional[int], why: CompileError) -> Bundle:
    try:
        model = _first_served(path, ("wasm", "cycles"), target, threads)
    except CompileError as error:
        raise (why if _lacks_variant(error) else error) from None
    # A bundle without native code is run as it was exported; anything else is told.
    reasons = [d["message"] for d in why.diagnostics if d["code"] != "PS5225"]
    if reasons:
        warnings.warn("%s runs in the WebAssembly sandbox: %s" % (path, "; ".join(reasons)), RuntimeWarning, stacklevel=4)
    return Bundle(path, model)


def _first_served(path: str, engines: Sequence[str], target: Optional[str], threads: Optional[int]) -> ServedModel:
    """On the first engine that the bundle has code for."""
    for engine in engines[:-1]:
        try:
            return ServedModel(path, engine, target, threads, False)
        except CompileError as error:
            if not _lacks_variant(error):
                raise
    return ServedModel(path, engines[-1], target, threads, False)


def _lacks_variant(error: CompileError) -> bool:
    return any(d["code"] == "PS5225" for d in error.diagnostics)
