"""Sequences and optionals of ONNX models. Programs have tensors only: a model that takes others is compiled for the lengths
at hand, each part an input of its own, and what it gives is put together again from outputs named ``name[0]``, ``name[1]``, …
"""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Sequence, Tuple

import numpy as np
import onnx
from onnx import helper

# An optional that holds nothing was asked for, or a sequence of a known length.
Form = Tuple[Any, ...]


def takes_parts(model: onnx.ModelProto) -> bool:
    """Whether an input is no tensor, so that the program depends on what is given."""
    return any(_kind(port.type) != "tensor_type" for port in inputs_of(model))


def inputs_of(model: onnx.ModelProto) -> List[onnx.ValueInfoProto]:
    """What a caller gives: inputs without a value of their own."""
    own = {tensor.name for tensor in model.graph.initializer}
    own.update(sparse.values.name for sparse in model.graph.sparse_initializer)
    return [port for port in model.graph.input if port.name not in own]


def form_of(model: onnx.ModelProto, values: Sequence[Any]) -> Form:
    """What the program depends on: calls with one form share a program."""
    return tuple(_form(port.type, value) for port, value in zip(inputs_of(model), values))


def _form(kind: onnx.TypeProto, value: Any) -> Form:
    if _kind(kind) == "sequence_type":
        return ("sequence", *(_form(kind.sequence_type.elem_type, item) for item in value))
    if _kind(kind) == "optional_type":
        return ("optional",) if value is None else ("optional", _form(kind.optional_type.elem_type, value))
    return ("tensor", np.asarray(value).dtype.str, np.shape(value))


def flattened(values: Sequence[Any], model: onnx.ModelProto) -> List[Any]:
    """The parts of all inputs, in order."""
    return [part for port, value in zip(inputs_of(model), values) for part in _parts(port.type, value)]


def _parts(kind: onnx.TypeProto, value: Any) -> Iterator[Any]:
    if _kind(kind) == "sequence_type":
        for item in value:
            yield from _parts(kind.sequence_type.elem_type, item)
    elif _kind(kind) == "optional_type":
        if value is not None:
            yield from _parts(kind.optional_type.elem_type, value)
    else:
        yield value


def specialized(model: onnx.ModelProto, values: Sequence[Any]) -> onnx.ModelProto:
    """The model for inputs of this form: nodes in front put sequences and optionals together from tensors."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    given = {port.name: (port, value) for port, value in zip(inputs_of(model), values)}
    del made.graph.input[:]
    nodes: List[onnx.NodeProto] = []
    for port in model.graph.input:
        if port.name in given and _kind(port.type) != "tensor_type":
            made.graph.input.extend(_assembled(port.name, port.type, given[port.name][1], nodes))
        else:
            made.graph.input.append(port)
    rest = list(made.graph.node)
    del made.graph.node[:]
    made.graph.node.extend([*nodes, *rest])
    return made


def _assembled(name: str, kind: onnx.TypeProto, value: Any, nodes: List[onnx.NodeProto]) -> List[onnx.ValueInfoProto]:
    """Inputs for the parts of ``name``; the nodes that make it of them come last in ``nodes``."""
    which = _kind(kind)
    if which == "tensor_type":
        elem_type = kind.tensor_type.elem_type or helper.np_dtype_to_tensor_dtype(np.asarray(value).dtype)
        return [helper.make_tensor_value_info(name, elem_type, np.shape(value))]
    element = kind.sequence_type.elem_type if which == "sequence_type" else kind.optional_type.elem_type
    items = list(value) if which == "sequence_type" else [] if value is None else [value]
    names = ["%s[%d]" % (name, k) for k in range(len(items))]
    ports = [port for part, item in zip(names, items) for port in _assembled(part, element, item, nodes)]
    if which == "optional_type":
        attributes = {} if items else {"type": element}
        nodes.append(helper.make_node("Optional", names, [name], **attributes))
    elif items:
        nodes.append(helper.make_node("SequenceConstruct", names, [name]))
    else:
        nodes.append(helper.make_node("SequenceEmpty", [], [name], dtype=_element_type(element)))
    return ports


def _element_type(kind: onnx.TypeProto) -> int:
    return kind.tensor_type.elem_type if _kind(kind) == "tensor_type" else onnx.TensorProto.FLOAT


def joined(model: onnx.ModelProto, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Outputs by name, those that are no tensors put together. An optional of which there is no part is None."""
    return {port.name: _joined(port.name, port.type, outputs) for port in model.graph.output}


def _joined(name: str, kind: onnx.TypeProto, outputs: Mapping[str, Any]) -> Any:
    which = _kind(kind)
    if which == "sequence_type":
        items: List[Any] = []
        while _has(part := "%s[%d]" % (name, len(items)), outputs):
            items.append(_joined(part, kind.sequence_type.elem_type, outputs))
        return items
    if which == "optional_type":
        part = name + "[0]"
        return _joined(part, kind.optional_type.elem_type, outputs) if _has(part, outputs) else None
    return outputs[name]


def _has(name: str, outputs: Mapping[str, Any]) -> bool:
    return any(output == name or output.startswith(name + "[") for output in outputs)


def _kind(kind: onnx.TypeProto) -> str:
    """``tensor_type`` where nothing is declared."""
    return kind.WhichOneof("value") or "tensor_type"
