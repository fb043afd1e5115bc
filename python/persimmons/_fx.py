"""Graphs of torch.fx as archives of the kind that torch.export writes, so that one reader takes both.

Symbolic sizes among the inputs are inputs of the program; tensors that the graph holds are its constants.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

import torch
import torch.utils._pytree as pytree
from torch._export.serde import schema
from torch._export.serde.serialize import (
    GraphModuleSerializer,
    _dataclass_to_dict,
    serialize_range_constraints,
    serialize_tensor_meta,
)
from torch.export.exported_program import ModuleCallEntry, ModuleCallSignature
from torch.export.graph_signature import (
    ConstantArgument,
    ExportGraphSignature,
    InputKind,
    InputSpec,
    OutputKind,
    OutputSpec,
    SymBoolArgument,
    SymFloatArgument,
    SymIntArgument,
    TensorArgument,
)
from torch.fx import Graph, GraphModule, Node
from torch.utils._python_dispatch import _disable_current_modes

from ._errors import CompileError, problem


def save(gm: GraphModule, path: Union[str, "os.PathLike[str]"], example_inputs: Optional[Sequence[Any]] = None) -> None:
    """See ``persimmons.save_fx``."""
    archive = archive_of(gm, example_inputs)
    with open(path, "wb") as file:
        file.write(archive)


def archive_of(gm: GraphModule, example_inputs: Optional[Sequence[Any]] = None) -> bytes:
    """The archive's bytes: equal for equal graphs."""
    if not _is_traced(gm.graph):
        if example_inputs is None:
            fix = "give example_inputs"
            raise CompileError([problem("PS6017", "the graph does not say what its values are", fix)], 2)
        gm = _trace(gm, example_inputs)
    # A compiler that is called while PyTorch traces sees tensors without contents.
    with _disable_current_modes():
        return _Writer(gm).archive()


def _is_traced(graph: Graph) -> bool:
    """Whether all nodes are operators with known values."""
    for node in graph.nodes:
        if node.op in ("call_module", "call_method"):
            return False
        if node.op == "placeholder" and "val" not in node.meta:
            return False
        # Assertions have no value.
        is_described = "val" in node.meta or not node.users
        if node.op == "call_function" and not (is_described and _is_operator(node.target)):
            return False
    return True


def _is_operator(target: Any) -> bool:
    if isinstance(target, (torch._ops.OpOverload, torch._ops.HigherOrderOperator)):
        return True
    return getattr(target, "__module__", "") in ("_operator", "math", "torch", "builtins")


def _trace(gm: GraphModule, example_inputs: Sequence[Any]) -> GraphModule:
    from torch.fx.experimental.proxy_tensor import make_fx

    try:
        with torch.no_grad():
            if any(isinstance(x, (int, torch.SymInt)) for x in example_inputs):
                return make_fx(gm, tracing_mode="symbolic", _allow_non_fake_inputs=True)(*example_inputs)
            return make_fx(gm, tracing_mode="fake", _allow_non_fake_inputs=True)(*example_inputs)
    except Exception as error:
        message = "the graph cannot be traced: %s" % (str(error).strip() or type(error).__name__)
        raise CompileError([problem("PS6017", message)], 3) from error


class _Writer:
    def __init__(self, gm: GraphModule):
        self._gm, self._constants = _lifted(gm)
        self._inputs = [node for node in self._gm.graph.nodes if node.op == "placeholder"]
        output = next(node for node in self._gm.graph.nodes if node.op == "output")
        results = output.args[0]
        self._outputs: List[Any] = list(results) if isinstance(results, (tuple, list)) else [results]

    def archive(self) -> bytes:
        program = self._program()
        weights, config = _payloads(self._constants)
        empty = json.dumps({"config": {}})
        files: List[Tuple[str, Union[str, bytes]]] = [
            ("models/model.json", json.dumps(_dataclass_to_dict(program), sort_keys=True)),
            ("data/weights/model_weights_config.json", empty),
            ("data/constants/model_constants_config.json", json.dumps({"config": config}, sort_keys=True)),
            *(("data/constants/%s" % name, content) for name, content in weights),
            ("archive_format", "pt2"),
            ("archive_version", "0"),
            ("byteorder", "little"),
        ]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, content in files:
                # With a fixed time: equal graphs have equal archives.
                archive.writestr(zipfile.ZipInfo("model/" + name), content)
        return buffer.getvalue()

    def _program(self) -> schema.ExportedProgram:
        signature = ExportGraphSignature(self._input_specs(), self._output_specs())
        leaf = pytree.tree_structure(0)
        users = sum(node.name not in self._constants for node in self._inputs)
        arguments = pytree.tree_structure(((0,) * users, {}))
        results = leaf if len(self._outputs) == 1 else pytree.tree_structure((0,) * len(self._outputs))
        call = ModuleCallSignature([], [], in_spec=arguments, out_spec=results)
        serializer = GraphModuleSerializer(signature, [ModuleCallEntry("", call)])
        try:
            module = serializer.serialize(self._gm)
        except Exception as error:
            message = "the graph cannot be written: %s" % (str(error).strip() or type(error).__name__)
            raise CompileError([problem("PS6017", message)], 3) from error
        return schema.ExportedProgram(
            graph_module=module,
            opset_version={"aten": torch._C._get_max_operator_version()},
            range_constraints=serialize_range_constraints(_ranges(self._gm.graph)),
            schema_version=schema.SchemaVersion(schema.SCHEMA_VERSION[0], schema.SCHEMA_VERSION[1]),
            verifiers=["ATEN"],
            torch_version=torch.__version__,
            guards_code=[],
        )

    def _input_specs(self) -> List[InputSpec]:
        specs = []
        for node in self._inputs:
            if node.name in self._constants:
                target = self._constants[node.name][0]
                specs.append(InputSpec(InputKind.CONSTANT_TENSOR, TensorArgument(node.name), target))
            else:
                specs.append(InputSpec(InputKind.USER_INPUT, _argument(node), None))
        return specs

    def _output_specs(self) -> List[OutputSpec]:
        return [OutputSpec(OutputKind.USER_OUTPUT, _argument(value), None) for value in self._outputs]


def _argument(value: Any) -> Any:
    if not isinstance(value, Node):
        return ConstantArgument("", value)
    known = value.meta.get("val")
    if isinstance(known, torch.SymInt):
        return SymIntArgument(value.name)
    if isinstance(known, torch.SymFloat):
        return SymFloatArgument(value.name)
    if isinstance(known, torch.SymBool):
        return SymBoolArgument(value.name)
    if known is None or isinstance(known, (int, float, bool, str)):
        return ConstantArgument(value.name, known)
    return TensorArgument(value.name)


def _lifted(gm: GraphModule) -> Tuple[GraphModule, Dict[str, Tuple[str, torch.Tensor]]]:
    """A copy whose tensors are inputs, with their names and contents by the inputs' names."""
    graph = Graph()
    copies: Dict[Node, Node] = {}
    output = graph.graph_copy(gm.graph, copies)
    graph.output(output)
    constants: Dict[str, Tuple[str, torch.Tensor]] = {}
    first = next(iter(graph.nodes))
    for node in list(graph.nodes):
        node.meta = _plain_meta(node)
        if node.op != "get_attr":
            continue
        value = _attribute(gm, str(node.target))
        if not isinstance(value, torch.Tensor):
            continue
        with graph.inserting_before(first):
            placeholder = graph.placeholder("constant_%d" % len(constants))
        placeholder.meta["val"] = value
        node.replace_all_uses_with(placeholder)
        graph.erase_node(node)
        constants[placeholder.name] = (str(node.target), value.detach())
    return GraphModule(gm, graph), constants


def _plain_meta(node: Node) -> Dict[str, Any]:
    """What the archive keeps of a node: its value, and where it comes from in the user's source."""
    return {key: node.meta[key] for key in ("val", "stack_trace") if node.meta.get(key) is not None}


def _attribute(module: Any, name: str) -> Any:
    for part in name.split("."):
        module = getattr(module, part)
    return module


def _ranges(graph: Graph) -> Dict[Any, Any]:
    """The range of each symbol of the graph's values."""
    ranges = {}
    for node in graph.nodes:
        for number in _symbolic(node.meta.get("val")):
            environment = number.node.shape_env
            for symbol in number.node.expr.free_symbols:
                if symbol in environment.var_to_range:
                    ranges[symbol] = environment.var_to_range[symbol]
    return ranges


def _symbolic(value: Any) -> Iterator[Any]:
    if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
        yield value
    elif isinstance(value, torch.Tensor):
        numbers = [*value.shape, *(value.stride() if value.layout == torch.strided else ())]
        yield from (number for number in numbers if isinstance(number, torch.SymInt))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _symbolic(item)


def _payloads(constants: Mapping[str, Tuple[str, torch.Tensor]]) -> Tuple[List[Tuple[str, bytes]], Dict[str, Any]]:
    """Files of the storages, each once, and what views them."""
    files: List[Tuple[str, bytes]] = []
    known: Dict[int, str] = {}
    config: Dict[str, Any] = {}
    for target, tensor in constants.values():
        storage = tensor.untyped_storage()
        name = known.get(storage.data_ptr()) if storage.nbytes() else None
        if name is None:
            name = known[storage.data_ptr()] = "tensor_%d" % len(files)
            content = torch.empty(0, dtype=torch.uint8).set_(storage)
            files.append((name, content.numpy().tobytes()))
        config[target] = {
            "path_name": name,
            "is_param": False,
            "use_pickle": False,
            "tensor_meta": _dataclass_to_dict(serialize_tensor_meta(tensor)),
        }
    return files, config
