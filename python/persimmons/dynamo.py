"""``torch.compile(model, backend="persimmons")``: inference and training through compiled programs.

AOTAutograd gives a graph for the forward pass and, where gradients are asked for, one for the backward pass; both are compiled ahead of
their first call and kept in the user's cache, so that another process compiles nothing. Graphs with symbolic sizes are programs with
symbolic sizes. Options, as ``torch.compile(..., options={...})``:

- ``target``: a CPU by name, or several; the host by default
- ``threads``: how many; all by default
- ``fallback``: True leaves graphs that cannot be compiled to PyTorch, and warns of what it left. Without it they raise
  UnsupportedError, which lists every node in the way
- ``cache``: False compiles anew and keeps nothing
- ``profile``: True counts calls and time of each kernel
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import tempfile
import warnings
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence

import torch
from functorch.compile import make_boxed_func
from torch._dynamo.backends.common import aot_autograd
from torch.fx import GraphModule

from ._bundle import Bundle, load
from ._errors import CompileError, Diagnostic, UnsupportedError, error_of, fault
from ._fx import archive_of
from ._graphs import Fixed, Sizes, drawn, split
from ._library import NativeModel
from ._program_cache import key_of, program_folder
from ._server import SERVER
from ._tensors import TensorCalls

# Every program has the same name, so that the runtime's part of the library is compiled once.
_NAME = "model"


@dataclasses.dataclass
class Statistics:
    """What this process has done so far."""

    compiled: int = 0
    """Programs that the compiler was asked for."""
    reused: int = 0
    """Programs that were in the cache."""
    left_to_pytorch: int = 0
    """Graphs that PyTorch runs, as ``fallback`` allows."""


STATISTICS = Statistics()


@dataclasses.dataclass(frozen=True)
class Options:
    target: Optional[Any] = None
    threads: Optional[int] = None
    fallback: bool = False
    cache: bool = True
    profile: bool = False


def backend(
    gm: GraphModule, example_inputs: Sequence[Any], *, mode: Optional[str] = None, options: Optional[Mapping[str, Any]] = None
) -> Callable[..., Any]:
    """What ``torch.compile`` calls for each graph that it has captured."""
    chosen = _options(mode, options)
    compiler = functools.partial(compile_graph, options=chosen)
    with _whole_layers(gm):
        return aot_autograd(fw_compiler=compiler, bw_compiler=compiler, inference_compiler=compiler)(gm, example_inputs)


@contextlib.contextmanager
def _whole_layers(gm: GraphModule) -> Iterator[None]:
    """Has recurrent layers traced as operators of their own, not as one opaque call of a library."""
    recurrent = {torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu}
    if not any(node.target in recurrent for node in gm.graph.nodes if node.op == "call_function"):
        yield
        return
    # The documented way to say so warns of another switch that it touches.
    was_enabled = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(was_enabled)


def _options(mode: Optional[str], options: Optional[Mapping[str, Any]]) -> Options:
    if mode not in (None, "default"):
        raise fault("PS6019", "there is no mode '%s'" % mode, 2, "leave it out, and give options")
    names = [field.name for field in dataclasses.fields(Options)]
    unknown = [name for name in options or {} if name not in names]
    if unknown:
        fix = "the options are %s" % ", ".join(names)
        raise fault("PS6019", "there is no option %s" % ", ".join("'%s'" % name for name in unknown), 2, fix)
    return Options(**(options or {}))


def compile_graph(gm: GraphModule, example_inputs: Sequence[Any], options: Options = Options()) -> Callable[[List[Any]], Any]:
    """A graph of ATen operators as a function of the list of its inputs. Raises UnsupportedError listing every node in the way."""
    try:
        return make_boxed_func(_Compiled(gm, options))
    except UnsupportedError as error:
        if not options.fallback:
            raise
        STATISTICS.left_to_pytorch += 1
        message = "a graph of %d nodes is left to PyTorch:\n%s" % (len(gm.graph.nodes), error)
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return make_boxed_func(gm.forward)


class _Compiled:
    """A graph that is called with its inputs in order."""

    def __init__(self, gm: GraphModule, options: Options):
        placeholders = [node for node in gm.graph.nodes if node.op == "placeholder"]
        position = {node: k for k, node in enumerate(placeholders)}
        parts = split(gm)
        self._positions = position
        self._taken = [position[node] for node in parts.inputs]
        self._draws = parts.draws
        self._views = parts.views
        self._outputs = parts.outputs
        self._sizes = Sizes(placeholders) if parts.draws else None
        self._bundle = _program(parts.program, options) if parts.computes else None
        self._call = _caller(self._bundle)
        self._finish = _finishers(parts.program) if parts.computes else []

    def __call__(self, *args: Any) -> List[Any]:
        given = [args[k] for k in self._taken]
        if self._sizes is not None:
            value = self._sizes.of_call(args)
            given.extend(drawn(draw, value) for draw in self._draws)
        results = self._call(given)
        for k, finish in self._finish:
            results[k] = finish(results[k])
        placed = {node: args[k] for node, k in self._positions.items()} if self._views else {}
        for node in self._views:
            lookup = functools.partial(torch.fx.map_arg, fn=placed.__getitem__)
            placed[node] = node.target(*lookup(node.args), **lookup(node.kwargs))  # type: ignore[operator]
        return [self._output(output, results, args, placed) for output in self._outputs]

    def _output(self, output: Any, results: Sequence[Any], args: Sequence[Any], placed: Dict[Any, Any]) -> Any:
        if isinstance(output, int):
            return results[output]
        if isinstance(output, Fixed):
            return output.value
        k = self._positions.get(output)
        return placed[output] if k is None else args[k]


def _caller(bundle: Optional[Bundle]) -> Callable[[Sequence[Any]], List[Any]]:
    if bundle is None:
        return lambda args: []
    model = bundle._model
    if isinstance(model, NativeModel):
        return TensorCalls(model)
    names = [port["name"] for port in bundle.outputs()]
    return lambda args: [bundle.giving_tensors().run(args)[name] for name in names]


def _finishers(program: GraphModule) -> List[Any]:
    """What makes of a result the value the graph promises: a number, or a tensor with another order of its dimensions."""
    output = next(node for node in program.graph.nodes if node.op == "output")
    found = []
    for k, node in enumerate(output.args[0]):
        value = node.meta.get("val")
        if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
            found.append((k, lambda x: x.item()))
        elif isinstance(value, torch.Tensor):
            order = _order(value)
            if order != sorted(order):
                found.append((k, functools.partial(_laid_out, order=order)))
    return found


def _order(value: torch.Tensor) -> List[int]:
    """The dimensions from the outermost to the innermost in memory."""
    hints = [_hint(stride) for stride in value.stride()]
    sizes = [_hint(size) for size in value.shape]
    # Dimensions of one element, and those that are repeated, may stand anywhere: they keep their places.
    moving = [k for k, (size, stride) in enumerate(zip(sizes, hints)) if size > 1 and stride > 0]
    ordered = iter(sorted(moving, key=lambda k: -hints[k]))
    return [next(ordered) if k in moving else k for k in range(len(sizes))]


def _hint(number: Any) -> int:
    if not isinstance(number, torch.SymInt):
        return int(number)
    return int(number.node.hint) if number.node.has_hint() else 2


def _laid_out(tensor: torch.Tensor, order: Sequence[int]) -> torch.Tensor:
    inverse = [list(order).index(k) for k in range(len(order))]
    return tensor.permute(*order).contiguous().permute(*inverse)


def _program(program: GraphModule, options: Options) -> Bundle:
    """The compiled program, from the cache or anew."""
    archive = archive_of(program)
    choice = {"targets": _targets(options.target), "profile": options.profile or None}

    def compile_into(folder: str) -> None:
        path = os.path.join(folder, _NAME + ".pt2")
        with open(path, "wb") as file:
            file.write(archive)
        out = os.path.join(folder, _NAME + ".psm")
        try:
            SERVER.ask("export", model=path, out=out, emit=_emit(options), **choice)
        except CompileError as error:
            raise error_of([_in_graph(d, path) for d in error.diagnostics], error.exit_code) from None
        os.remove(path)
        STATISTICS.compiled += 1

    if not options.cache:
        home = tempfile.TemporaryDirectory(prefix="persimmons-")
        compile_into(home.name)
        return _loaded(home.name, options).own(home)
    before = STATISTICS.compiled
    folder = program_folder(key_of(archive, choice), compile_into)
    STATISTICS.reused += STATISTICS.compiled == before
    return _loaded(folder, options)


def _in_graph(diagnostic: Diagnostic, path: str) -> Diagnostic:
    """Names the graph, not the file that it was written to for a moment."""
    at = diagnostic["at"]
    return {**diagnostic, "at": {**at, "file": "graph"}} if at.get("file") == path else diagnostic


def _emit(options: Options) -> Optional[str]:
    # A library needs nothing when it is loaded again. Only native code has one.
    targets = _targets(options.target)
    return "lib" if targets is None or targets[0] != "wasm32" else None


def _targets(target: Any) -> Optional[List[str]]:
    if target is None:
        return ["host"]
    return [os.fspath(target)] if isinstance(target, (str, os.PathLike)) else [os.fspath(t) for t in target]


def _loaded(folder: str, options: Options) -> Bundle:
    # The folder is private, and this user's.
    return load(os.path.join(folder, _NAME + ".psm"), threads=options.threads, trust=True)


def _register() -> None:
    """By name, for a checkout that is not installed: an installed package has an entry point."""
    from torch._dynamo.backends import registry

    if "persimmons" not in registry.list_backends(exclude_tags=()):
        registry.register_backend(backend, name="persimmons")


_register()
