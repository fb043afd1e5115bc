"""An ``onnx.backend.base.Backend``, so that the ONNX project's own test runner drives compiled code::

    import persimmons.backend as backend
    outputs = backend.prepare(onnx.load("model.onnx"), "CPU").run([x])

Needs the ``onnx`` package.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import onnx
from onnx.backend.base import Backend, BackendRep, Device, DeviceType, namedtupledict

from . import _parts
from ._bundle import Bundle
from ._errors import CompileError, fault
from ._export import export_and_build
from ._server import SERVER

# Every model has the same name, so that the runtime's part of the library is compiled once.
_NAME = "model"


class PersimmonsRep(BackendRep):
    """A compiled model. One that takes sequences or optionals is compiled when it first runs, for inputs of that form."""

    def __init__(self, model: onnx.ModelProto, engine: str, threads: Optional[int]):
        self._model = model
        self._how = (engine, threads)
        self._bundles: Dict[_parts.Form, Bundle] = {}
        self._folders: List[str] = []
        self._finalizer = weakref.finalize(self, _discard, self._bundles, self._folders)
        if not _parts.takes_parts(model):
            self._bundle(())

    @property
    def bundle(self) -> Bundle:
        """The program of a model that takes tensors."""
        return self._bundle(())

    def run(self, inputs: Any, **kwargs: Any) -> Tuple[Any, ...]:
        """Runs the model on inputs in order, by name, or a single one."""
        if _parts.takes_parts(self._model):
            outputs = self._run_parts(inputs)
        elif isinstance(inputs, dict):
            outputs = self.bundle.run(inputs)
        else:
            outputs = self.bundle.run(_listed(inputs))
        outputs = _parts.joined(self._model, outputs)
        return namedtupledict("Outputs", list(outputs))(*outputs.values())

    def close(self) -> None:
        """Frees the model and the files it was compiled to."""
        self._finalizer()

    def _run_parts(self, inputs: Any) -> Dict[str, Any]:
        names = [port.name for port in _parts.inputs_of(self._model)]
        values = [inputs.get(name) for name in names] if isinstance(inputs, dict) else _listed(inputs)
        if len(values) != len(names):
            raise fault("PS5203", "%d inputs; the model takes %d" % (len(values), len(names)), 2)
        bundle = self._bundle(_parts.form_of(self._model, values), values)
        return bundle.run(_parts.flattened(values, self._model))

    def _bundle(self, form: _parts.Form, values: Sequence[Any] = ()) -> Bundle:
        """The program for inputs of a form; all calls share it where there are only tensors."""
        known = self._bundles.get(form)
        if known is None:
            folder = tempfile.mkdtemp(prefix="persimmons-")
            self._folders.append(folder)
            model = _parts.specialized(self._model, values) if form else self._model
            out = os.path.join(folder, _NAME + ".psm")
            known = self._bundles[form] = export_and_build(_save(model, folder), out, *self._how)
        return known


def _listed(inputs: Any) -> List[Any]:
    return list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]


def _discard(bundles: Dict[_parts.Form, Bundle], folders: Sequence[str]) -> None:
    for bundle in bundles.values():
        bundle.close()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


class PersimmonsBackend(Backend):
    """Compiles with the compile server; runs the native library in this process, or ``engine`` "wasm" in the server's sandbox."""

    engine = "native"

    @classmethod
    def is_compatible(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> bool:
        """Whether every node of the model has a translation."""
        if not cls.supports_device(device):
            return False
        folder = tempfile.mkdtemp(prefix="persimmons-")
        try:
            SERVER.ask("check", model=_save(model, folder))
            return True
        except CompileError:
            return False
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> PersimmonsRep:
        """Compiles the model. Raises CompileError, or UnsupportedError, with every problem."""
        if not cls.supports_device(device):
            raise fault("PS6001", "the device '%s' is not supported" % device, 4, "use CPU")
        return PersimmonsRep(model, cls.engine, kwargs.get("threads"))

    @classmethod
    def run_model(cls, model: onnx.ModelProto, inputs: Any, device: str = "CPU", **kwargs: Any) -> Tuple[Any, ...]:
        prepared = cls.prepare(model, device, **kwargs)
        try:
            return prepared.run(inputs)
        finally:
            prepared.close()

    @classmethod
    def run_node(
        cls,
        node: onnx.NodeProto,
        inputs: Any,
        device: str = "CPU",
        outputs_info: Optional[Sequence[Tuple[np.dtype, Tuple[int, ...]]]] = None,
        **kwargs: Any,
    ) -> Tuple[Any, ...]:
        """Runs one node, as a model of its own; ``opset_version`` chooses the operator set."""
        values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        model = _model_of(node, [np.asarray(value) for value in values], outputs_info, kwargs.pop("opset_version", None))
        return cls.run_model(model, values, device, **kwargs)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        return Device(device).type == DeviceType.CPU


def _save(model: onnx.ModelProto, folder: str) -> str:
    path = os.path.join(folder, _NAME + ".onnx")
    onnx.save(model, path)
    return path


def _model_of(
    node: onnx.NodeProto,
    values: Sequence[np.ndarray],
    outputs_info: Optional[Sequence[Tuple[np.dtype, Tuple[int, ...]]]],
    opset: Optional[int],
) -> onnx.ModelProto:
    helper = onnx.helper
    names = [name for name in node.input if name]
    given = [_value_info(name, value.dtype, value.shape) for name, value in zip(names, values)]
    outputs = [name for name in node.output if name]
    domains = [helper.make_opsetid(node.domain, opset or onnx.defs.onnx_opset_version())]
    if outputs_info is not None:
        infos = [_value_info(name, dtype, shape) for name, (dtype, shape) in zip(outputs, outputs_info)]
    else:
        infos = [onnx.ValueInfoProto(name=name) for name in outputs]
    model = helper.make_model(helper.make_graph([node], "node", given, infos), opset_imports=domains)
    if outputs_info is None:
        inferred = onnx.shape_inference.infer_shapes(_without_outputs(model))
        known = {info.name: info for info in inferred.graph.value_info}
        del model.graph.output[:]
        model.graph.output.extend(known.get(name, onnx.ValueInfoProto(name=name)) for name in outputs)
    return model


def _without_outputs(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    return copy


def _value_info(name: str, dtype: np.dtype, shape: Sequence[int]) -> onnx.ValueInfoProto:
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return onnx.helper.make_tensor_value_info(name, kind, list(shape))


is_compatible = PersimmonsBackend.is_compatible
prepare = PersimmonsBackend.prepare
run_model = PersimmonsBackend.run_model
run_node = PersimmonsBackend.run_node
supports_device = PersimmonsBackend.supports_device

__all__: List[str] = [
    "PersimmonsBackend",
    "PersimmonsRep",
    "is_compatible",
    "prepare",
    "run_model",
    "run_node",
    "supports_device",
]
