"""How a model's own arguments and results nest. The manifest says it as JSON (manifest.fbs, Entry.input_nesting): lists, tuples,
dictionaries and values of other types, whose leaves are positions of the program's inputs and outputs.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ._errors import CompileError, Diagnostic, problem

Node = Dict[str, Any]


class Record(Dict[str, Any]):
    """A result of a type that is not known here: its fields by name, as attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Nesting:
    """The signature of an entry that was exported from Python."""

    def __init__(self, inputs: str, outputs: str):
        taken, given = json.loads(inputs), json.loads(outputs)
        self._arguments: Node = taken["tree"]
        self._results: Node = given["tree"]
        self.parameters: List[str] = taken.get("parameters", [])
        self.updates: List[Tuple[int, int]] = [tuple(pair) for pair in given.get("updates", [])]

    def flatten(self, args: Sequence[Any], kwargs: Mapping[str, Any], count: int) -> List[Any]:
        """The ``count`` inputs of the program. Raises listing every argument that is missing, unknown or not as at export."""
        positional, named = self._arguments["tuple"]
        found = _Found(count)
        children = positional["tuple"]
        names = [self.parameters[k] if k < len(self.parameters) else "argument %d" % k for k in range(len(children))]
        if len(args) > len(children):
            found.problem("%d arguments; the model takes %d" % (len(args), len(children)))
        rest = dict(kwargs)
        for k, (name, child) in enumerate(zip(names, children)):
            if k < len(args):
                if name in rest:
                    found.problem("argument '%s' is given in order and by name" % name)
                    del rest[name]
                found.take(child, args[k], name)
            elif name in rest:
                found.take(child, rest.pop(name), name)
            else:
                found.missing(child, name)
        for name, child in _items(named):
            if name in rest:
                found.take(child, rest.pop(name), name)
            else:
                found.missing(child, name)
        takes = ", ".join("'%s'" % name for name in [*names, *(name for name, _ in _items(named))])
        for name in rest:
            found.problem("the model has no argument '%s'" % name, "it takes %s" % (takes or "none"))
        return found.result()

    def unflatten(self, outputs: Sequence[Any]) -> Any:
        """The results as the model gives them."""
        return _built(self._results, outputs)

    def is_flat(self) -> bool:
        """Whether the arguments are tensors in the program's order, and nothing else."""
        positional, named = self._arguments["tuple"]
        return not _items(named) and all(child == {"input": k} for k, child in enumerate(positional["tuple"]))


class _Found:
    def __init__(self, count: int):
        self._values: List[Any] = [None] * count
        self._problems: List[Diagnostic] = []

    def problem(self, message: str, fix: Optional[str] = None) -> None:
        self._problems.append(problem("PS5203", message, fix))

    def missing(self, node: Node, name: str) -> None:
        # What is always the same may be left out.
        if "value" not in node:
            self._problems.append(problem("PS5202", "argument '%s' is missing" % name))

    def take(self, node: Node, value: Any, path: str) -> None:
        if "input" in node:
            self._values[node["input"]] = value
        elif "value" in node:
            if _is_tensor(value) or value != node["value"]:
                message = "argument '%s' was %r at export, and the program is for that; it is %s" % (path, node["value"], _shown(value))
                self.problem(message, "export the model again with the other value")
        elif "dict" in node:
            self._take_dict(node, value, path)
        else:
            self._take_children(node, value, path)

    def _take_dict(self, node: Node, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            self.problem("argument '%s' is a %s; the model takes a dictionary" % (path, type(value).__name__))
            return
        wanted = dict(_items(node))
        for key, child in wanted.items():
            if key in value:
                self.take(child, value[key], "%s[%r]" % (path, key))
            else:
                self.missing(child, "%s[%r]" % (path, key))
        for key in value:
            if key not in wanted:
                self.problem("argument '%s' has the key %r, which it had not at export" % (path, key))

    def _take_children(self, node: Node, value: Any, path: str) -> None:
        children = node["list"] if "list" in node else node["tuple"] if "tuple" in node else node["children"]
        parts = _parts(node, value)
        if parts is None or len(parts) != len(children):
            kind = "list" if "list" in node else "tuple" if "tuple" in node else node["type"].rpartition(".")[2]
            message = "argument '%s' must be a %s of %d; it is %s" % (path, kind, len(children), _shown(value))
            self.problem(message)
            return
        for k, (child, part) in enumerate(zip(children, parts)):
            self.take(child, part, "%s[%d]" % (path, k))

    def result(self) -> List[Any]:
        if self._problems:
            raise CompileError(self._problems, 2)
        return self._values


def _items(node: Node) -> List[Tuple[str, Node]]:
    return [(key, child) for key, child in node["dict"]]


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _shown(value: Any) -> str:
    if _is_tensor(value):
        return "an array"
    if isinstance(value, (list, tuple, Mapping)):
        return "a %s of %d" % (type(value).__name__, len(value))
    text = repr(value)
    return text if len(text) <= 40 else "a %s" % type(value).__name__


def _parts(node: Node, value: Any) -> Optional[Sequence[Any]]:
    """The children of a value; None where it has none."""
    if _is_tensor(value) or isinstance(value, (str, bytes)):
        return None
    if "list" in node or "tuple" in node:
        return value if isinstance(value, (list, tuple)) else None
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return value
    tree = _torch_tree()
    if tree is not None and type(value) in tree.SUPPORTED_NODES:
        return list(tree.SUPPORTED_NODES[type(value)].flatten_fn(value)[0])
    fields = getattr(value, "__dataclass_fields__", None)
    return None if fields is None else [getattr(value, name) for name in fields]


def _built(node: Node, outputs: Sequence[Any]) -> Any:
    if "output" in node:
        value = outputs[node["output"]]
        return value.item() if node.get("number") else value
    if "value" in node:
        return node["value"]
    if "list" in node:
        return [_built(child, outputs) for child in node["list"]]
    if "tuple" in node:
        return tuple(_built(child, outputs) for child in node["tuple"])
    if "dict" in node:
        return {key: _built(child, outputs) for key, child in _items(node)}
    children = [_built(child, outputs) for child in node["children"]]
    return _of_type(node["type"], node["context"], children)


def _of_type(name: str, context: str, children: List[Any]) -> Any:
    """A value of a type that PyTorch knows, where it is loaded; else a record, or a tuple where the fields have no names."""
    tree = _torch_tree()
    if tree is not None:
        spec = {"type": name, "context": context, "children_spec": [_LEAF] * len(children)}
        try:
            return tree.tree_unflatten(children, tree.treespec_loads(json.dumps([1, spec])))
        except (NotImplementedError, KeyError, ValueError, TypeError, AttributeError, ImportError):
            pass  # the type is not registered in this process
    keys = list(_keys(context))
    return Record(zip(keys, children)) if len(keys) == len(children) else tuple(children)


_LEAF = {"type": None, "context": None, "children_spec": []}


def _keys(context: str) -> Iterator[str]:
    """Names in a type's context: a list of texts, or for dataclasses two: the fields there are, and those that are None."""
    try:
        names = json.loads(context)
    except ValueError:
        return
    if isinstance(names, list) and names and isinstance(names[0], list):
        names = names[0]
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        yield from names


def _torch_tree() -> Any:
    return sys.modules.get("torch.utils._pytree")
