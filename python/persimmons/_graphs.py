"""Graphs of torch.compile: what of a graph is compiled, and how a call goes through it.

AOTAutograd's graphs are functional and take everything as inputs, weights too. Most of a graph becomes a program. PyTorch itself does
what computes nothing: an output that is an input, or a view of one, is made by PyTorch from the tensor that came in; random numbers
come from PyTorch's own generator, so that they are those of eager mode, and go into the program as inputs.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

import torch
from torch.fx import Graph, GraphModule, Node
from torch.fx.node import map_arg

from ._errors import UnsupportedError, problem

aten = torch.ops.aten

_VIEWS = {
    aten.alias.default,
    aten.as_strided.default,
    aten.detach.default,
    aten.diagonal.default,
    aten.expand.default,
    aten.permute.default,
    aten.select.int,
    aten.slice.Tensor,
    aten.squeeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
    aten.t.default,
    aten.transpose.int,
    aten.unsqueeze.default,
    aten.view.default,
}

# Random operators whose result depends on sizes alone, not on elements.
_DRAWS = {
    aten.bernoulli.p,
    aten.rand.default,
    aten.rand_like.default,
    aten.randint.default,
    aten.randint.low,
    aten.randint_like.default,
    aten.randint_like.low_dtype,
    aten.randn.default,
    aten.randn_like.default,
    aten.randperm.default,
}


@dataclasses.dataclass(frozen=True)
class Draw:
    """Random numbers that PyTorch makes before the program runs."""

    target: Any
    """The random operator."""
    args: Any
    kwargs: Any
    """Its arguments; values of the graph, of which only the layout counts, as the graph describes them."""
    input: str
    """The name of the program's input that takes the numbers."""


@dataclasses.dataclass(frozen=True)
class Split:
    """A graph in its parts."""

    program: GraphModule
    inputs: List[Node]
    """The graph's own inputs that the program takes, in its order."""
    draws: List[Draw]
    """The program's inputs after those."""
    views: List[Node]
    """Views of inputs that outputs need, in an order in which they can be made."""
    outputs: List[Any]
    """Each a Node of ``inputs`` or ``views``, an int (a position among the program's outputs), or None and numbers wrapped in Fixed."""
    computes: bool
    """Whether there is anything for the program to do."""


@dataclasses.dataclass(frozen=True)
class Fixed:
    value: Any


def split(gm: GraphModule) -> Split:
    """Takes a graph apart. The graph itself stays as it is. Raises UnsupportedError for random numbers that depend on data."""
    placed = _views_of_inputs(gm.graph)
    output = next(node for node in gm.graph.nodes if node.op == "output")
    results: List[Node] = []
    outputs: List[Any] = []
    for value in output.args[0]:
        if not isinstance(value, Node):
            outputs.append(Fixed(value))
        elif value in placed:
            outputs.append(value)
        else:
            if value not in results:
                results.append(value)
            outputs.append(results.index(value))
    program, copies = _program_of(gm, results)
    draws = _hoist_draws(program.graph)
    program.graph.eliminate_dead_code()
    unused = [node for node in program.graph.nodes if node.op == "placeholder" and not node.users]
    for node in unused:
        program.graph.erase_node(node)
    kept = {node.name for node in program.graph.nodes if node.op == "placeholder"}
    inputs = [node for node in gm.graph.nodes if node.op == "placeholder" and copies[node].name in kept]
    views = [node for node in placed if node.op != "placeholder" and _is_needed(node, outputs)]
    program.recompile()
    return Split(program, inputs, [d for d in draws if d.input in kept], views, outputs, bool(results))


def _views_of_inputs(graph: Graph) -> Dict[Node, None]:
    """Inputs, and what is made of them by views and known numbers alone; in the graph's order."""
    placed: Dict[Node, None] = {}
    for node in graph.nodes:
        if node.op == "placeholder":
            placed[node] = None
        elif node.op == "call_function" and node.target in _VIEWS and all(x in placed for x in node.all_input_nodes):
            placed[node] = None
    return placed


def _is_needed(node: Node, outputs: Sequence[Any]) -> bool:
    """Whether an output is the view, or one of it."""
    pending, seen = [x for x in outputs if isinstance(x, Node)], set()  # type: ignore[var-annotated]
    while pending:
        found = pending.pop()
        if found is node:
            return True
        if found not in seen:
            seen.add(found)
            pending.extend(found.all_input_nodes)
    return False


def _program_of(gm: GraphModule, results: Sequence[Node]) -> Tuple[GraphModule, Dict[Node, Node]]:
    """The graph with these results; and its nodes by the graph's."""
    graph = Graph()
    copies: Dict[Node, Node] = {}
    graph.graph_copy(gm.graph, copies)
    graph.output(tuple(copies[node] for node in results))
    return GraphModule(gm, graph), copies


def _hoist_draws(graph: Graph) -> List[Draw]:
    """Makes inputs of the random numbers; gives what they are."""
    draws: List[Draw] = []
    problems = []
    last = [node for node in graph.nodes if node.op == "placeholder"]
    anchor = last[-1].next if last else next(iter(graph.nodes))
    for node in list(graph.nodes):
        if node.op != "call_function" or not _is_random(node):
            continue
        if node.target in _DRAWS:
            taken = _input(graph, anchor, "draw_%d" % len(draws), node.meta["val"])
            draws.append(_draw(node, taken))
            node.replace_all_uses_with(taken)
        elif node.target is aten.native_dropout.default:
            draws.extend(_hoist_dropout(graph, node, anchor, len(draws)))
        else:
            message = "%s draws random numbers that depend on what the graph computes" % node.target
            problems.append({**problem("PS6018", message), "at": _place(node)})
    if problems:
        raise UnsupportedError(problems, 3)
    return draws


def _is_random(node: Node) -> bool:
    if torch.Tag.nondeterministic_seeded not in getattr(node.target, "tags", ()):
        return False
    # Attention and dropout that drop nothing are of the kind, but draw no numbers.
    if node.target is aten.native_dropout.default:
        return node.args[2] is not False and node.args[1] != 0
    names = [argument.name for argument in node.target._schema.arguments]  # type: ignore[union-attr]
    given = {**dict(zip(names, node.args)), **node.kwargs}
    return "dropout_p" not in names or given.get("dropout_p", 0.0) != 0.0


def _hoist_dropout(graph: Graph, node: Node, anchor: Node, number: int) -> List[Draw]:
    """What is kept comes from PyTorch; the product stays in the program."""
    x, p = node.args[0], node.args[1]
    value = x.meta["val"]  # type: ignore[union-attr]
    mask = _input(graph, anchor, "draw_%d" % number, value.to(torch.bool))
    with graph.inserting_before(node):
        kept = graph.call_function(aten.mul.Tensor, (x, mask))
        scaled = graph.call_function(aten.mul.Tensor, (kept, 0.0 if p == 1 else 1.0 / (1.0 - p)))  # type: ignore[operator]
    for made in (kept, scaled):
        made.meta = {"val": value, "stack_trace": node.meta.get("stack_trace")}
    draw = _draw(node, mask)
    for user in list(node.users):
        user.replace_all_uses_with(scaled if user.args[1] == 0 else mask)
        graph.erase_node(user)
    return [draw]


def _draw(node: Node, taken: Node) -> Draw:
    described = functools.partial(map_arg, fn=lambda x: x.meta["val"])
    return Draw(node.target, described(node.args), described(node.kwargs), taken.name)


def _input(graph: Graph, anchor: Node, name: str, value: Any) -> Node:
    with graph.inserting_before(anchor):
        node = graph.placeholder(name)
    node.meta["val"] = value
    return node


def _place(node: Node) -> Dict[str, Any]:
    trace = [line.strip() for line in (node.meta.get("stack_trace") or "").splitlines() if line.strip().startswith("File ")]
    at: Dict[str, Any] = {"kind": "graph-node", "file": "graph", "node": node.name}
    if trace:
        parts = trace[-1].split(", ")
        at["source"] = "%s:%s" % (parts[0][6:-1], parts[1].replace("line ", ""))
    return at


class Sizes:
    """Values of symbolic sizes in a call, from the inputs that bind them."""

    def __init__(self, placeholders: Sequence[Node]):
        self._bound: List[Tuple[Any, int, Optional[int]]] = []
        known: Set[Any] = set()
        for k, node in enumerate(placeholders):
            value = node.meta.get("val")
            numbers: List[Tuple[Any, Optional[int]]] = []
            if isinstance(value, torch.SymInt):
                numbers = [(value, None)]
            elif isinstance(value, torch.Tensor):
                numbers = [(size, axis) for axis, size in enumerate(value.shape) if isinstance(size, torch.SymInt)]
            for number, axis in numbers:
                expr = number.node.expr
                if expr.is_Symbol and expr not in known:
                    known.add(expr)
                    self._bound.append((expr, k, axis))

    def of_call(self, args: Sequence[Any]) -> Callable[[Any], Any]:
        """What gives the value of a number of the graph."""
        values = {s: int(args[k]) if axis is None else args[k].shape[axis] for s, k, axis in self._bound}

        def value(number: Any) -> Any:
            return int(number.node.expr.xreplace(values)) if isinstance(number, torch.SymInt) else number

        return value


def drawn(draw: Draw, value: Callable[[Any], Any]) -> torch.Tensor:
    """Random numbers as eager mode draws them."""

    def plain(x: Any) -> Any:
        if isinstance(x, torch.Tensor):
            sizes = [value(size) for size in x.shape]
            return torch.empty_strided(sizes, [value(stride) for stride in x.stride()], dtype=x.dtype)
        return [plain(item) for item in x] if isinstance(x, (list, tuple)) else value(x)

    args = [plain(x) for x in draw.args]
    result = draw.target(*args, **{name: plain(x) for name, x in draw.kwargs.items()})
    return result[1] if isinstance(result, tuple) else result
