"""Writes models of ONNX's backend test suite, and what the onnx package reads in them.

    python dump_models.py OUT [--sample N --seed S]

OUT/NNNN.onnx is a model, OUT/NNNN.json its summary: everything the reader's records hold, tensors as SHA-256 of their elements
(little-endian, one byte for each element of fewer than 8 bits). OUT/index.json lists the names of the cases in that order.
"""

import argparse
import hashlib
import json
import os
import random
import struct
import warnings

import ml_dtypes
import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, numpy_helper

DTYPES = {
    "FLOAT": "f32", "UINT8": "ui8", "INT8": "i8", "UINT16": "ui16", "INT16": "i16", "INT32": "i32", "INT64": "i64",
    "STRING": "string", "BOOL": "i1", "FLOAT16": "f16", "DOUBLE": "f64", "UINT32": "ui32", "UINT64": "ui64",
    "COMPLEX64": "complex<f32>", "COMPLEX128": "complex<f64>", "BFLOAT16": "bf16", "FLOAT8E4M3FN": "f8E4M3FN",
    "FLOAT8E4M3FNUZ": "f8E4M3FNUZ", "FLOAT8E5M2": "f8E5M2", "FLOAT8E5M2FNUZ": "f8E5M2FNUZ", "UINT4": "ui4", "INT4": "i4",
    "FLOAT4E2M1": "f4E2M1FN", "FLOAT8E8M0": "f8E8M0FNU", "UINT2": "ui2", "INT2": "i2", "FLOAT6E2M3": "f6E2M3FN",
    "FLOAT6E3M2": "f6E3M2FN",
}


def dtype(number):
    return DTYPES[TensorProto.DataType.Name(number)]


def floats(values):
    return [struct.pack("<f", v).hex() for v in values]


def tensor(t):
    out = {"name": t.name, "dtype": dtype(t.data_type), "dims": list(t.dims)}
    if t.data_type == TensorProto.STRING:
        out["strings"] = [s.decode() for s in t.string_data]
        return out
    array = numpy_helper.to_array(t)
    if array.dtype == ml_dtypes.int4 or array.dtype == ml_dtypes.int2:
        array = array.astype(np.int8)
    elif array.dtype == ml_dtypes.uint4 or array.dtype == ml_dtypes.uint2:
        array = array.astype(np.uint8)
    out["sha256"] = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return out


def sparse(s):
    return {"values": tensor(s.values), "indices": tensor(s.indices), "dims": list(s.dims)}


def dims(shape):
    def one(d):
        which = d.WhichOneof("value")
        return d.dim_value if which == "dim_value" else (d.dim_param or None) if which else None

    return [one(d) for d in shape.dim]


def type_of(t):
    which = t.WhichOneof("value")
    if which in ("tensor_type", "sparse_tensor_type"):
        x = getattr(t, which)
        kind = "tensor" if which == "tensor_type" else "sparse-tensor"
        return {"kind": kind, "dtype": dtype(x.elem_type), "shape": dims(x.shape) if x.HasField("shape") else None}
    if which == "sequence_type":
        return {"kind": "sequence", "element": type_of(t.sequence_type.elem_type)}
    if which == "optional_type":
        return {"kind": "optional", "element": type_of(t.optional_type.elem_type)}
    if which == "map_type":
        return {"kind": "map", "key": dtype(t.map_type.key_type), "value": type_of(t.map_type.value_type)}
    if which == "opaque_type":
        return {"kind": "opaque", "domain": t.opaque_type.domain, "name": t.opaque_type.name}
    return None


def value_info(v):
    return {"name": v.name, "type": type_of(v.type) if v.HasField("type") else None}


A = AttributeProto
ATTRIBUTES = {
    A.FLOAT: ("float", lambda a: floats([a.f])[0]),
    A.INT: ("int", lambda a: str(a.i)),
    A.STRING: ("string", lambda a: a.s.decode()),
    A.TENSOR: ("tensor", lambda a: tensor(a.t)),
    A.GRAPH: ("graph", lambda a: graph(a.g)),
    A.SPARSE_TENSOR: ("sparse-tensor", lambda a: sparse(a.sparse_tensor)),
    A.TYPE_PROTO: ("type", lambda a: type_of(a.tp)),
    A.FLOATS: ("floats", lambda a: floats(a.floats)),
    A.INTS: ("ints", lambda a: [str(i) for i in a.ints]),
    A.STRINGS: ("strings", lambda a: [s.decode() for s in a.strings]),
    A.TENSORS: ("tensors", lambda a: [tensor(t) for t in a.tensors]),
    A.GRAPHS: ("graphs", lambda a: [graph(g) for g in a.graphs]),
    A.SPARSE_TENSORS: ("sparse-tensors", lambda a: [sparse(s) for s in a.sparse_tensors]),
    A.TYPE_PROTOS: ("types", lambda a: [type_of(t) for t in a.type_protos]),
}


def attribute(a):
    kind, value = ATTRIBUTES[a.type]
    if a.ref_attr_name:
        return {"kind": "reference", "value": a.ref_attr_name, "of": kind}
    return {"kind": kind, "value": value(a)}


def domain(name):
    return "" if name == "ai.onnx" else name


def node(n):
    return {
        "name": n.name, "opType": n.op_type, "domain": domain(n.domain), "overload": n.overload, "doc": n.doc_string,
        "inputs": list(n.input), "outputs": list(n.output), "attributes": {a.name: attribute(a) for a in n.attribute},
    }


def graph(g):
    return {
        "name": g.name, "doc": g.doc_string, "inputs": [value_info(v) for v in g.input],
        "outputs": [value_info(v) for v in g.output], "values": {v.name: value_info(v) for v in g.value_info},
        "initializers": {t.name: tensor(t) for t in g.initializer},
        "sparseInitializers": {s.values.name: sparse(s) for s in g.sparse_initializer},
        "nodes": [node(n) for n in g.node],
    }


def opsets(imports):
    return {domain(o.domain): o.version for o in imports}


def function(f):
    return {
        "domain": domain(f.domain), "name": f.name, "overload": f.overload, "inputs": list(f.input), "outputs": list(f.output),
        "attributes": list(f.attribute), "defaults": {a.name: attribute(a) for a in f.attribute_proto},
        "opsets": opsets(f.opset_import), "nodes": [node(n) for n in f.node],
    }


def model(m):
    return {
        "irVersion": m.ir_version, "opsets": opsets(m.opset_import), "producer": m.producer_name, "doc": m.doc_string,
        "graph": graph(m.graph), "functions": [function(f) for f in m.functions],
        "metadata": {e.key: e.value for e in m.metadata_props},
    }


def cases():
    from onnx.backend.test.loader import load_model_tests

    for kind in ("node", "simple", "real", "pytorch-converted", "pytorch-operator"):
        for case in load_model_tests(kind=kind):
            yield f"{kind}/{case.name}", case


def every_dtype():
    """Initializers of every element type, in raw_data and in their typed list, of 7 elements (no multiple of a packed byte)."""
    tensors = []
    values = [0, 1, 2, 3, 1, 0, 2]
    for name in DTYPES:
        number = TensorProto.DataType.Value(name)
        if name == "STRING":
            tensors.append(onnx.helper.make_tensor("STRING", number, [2], [b"", "\u00e4\U0001f600".encode()]))
            continue
        given = [bool(v) for v in values] if name == "BOOL" else [v / 2 for v in values] if name.startswith("FLOAT") else values
        if name in ("INT2", "INT4", "INT8", "INT16", "INT32", "INT64"):
            given = [-v if i % 2 else v for i, v in enumerate(values)]
            given = [max(v, -2) if name == "INT2" else v for v in given]
            given = [min(v, 1) if name == "INT2" else v for v in given]
        if name == "INT64":
            given[0:3] = [2**63 - 1, -(2**63), -1]
        if name == "UINT64":
            given = np.array([2**64 - 1, 2**63, *given[2:]], np.uint64)
        if name == "UINT32":
            given[0] = 2**32 - 1
        if name.startswith("COMPLEX"):
            given = [v - 1.5j * v for v in values]
        array = np.array(given).astype(onnx.helper.tensor_dtype_to_np_dtype(number))
        listed = onnx.helper.make_tensor(f"{name} list", number, [7], array)
        raw = onnx.TensorProto(name=f"{name} raw", data_type=number, dims=[7])
        raw.raw_data = numpy_helper.from_array(numpy_helper.to_array(listed)).raw_data
        tensors += [listed, raw]
    values = onnx.helper.make_tensor("sparse", TensorProto.FLOAT, [2], [1.0, -2.0])
    indices = onnx.helper.make_tensor("", TensorProto.INT64, [2, 2], [0, 1, 2, 0])
    sparse_value = onnx.helper.make_sparse_tensor(values, indices, [3, 2])
    outputs = [onnx.helper.make_tensor_value_info("y", TensorProto.INT64, ["n", None, 3])]
    constant = onnx.helper.make_node("Constant", [], ["y"], value_ints=[1, -1, 2**63 - 1])
    g = onnx.helper.make_graph([constant], "dtypes", [], outputs, initializer=tensors)
    g.sparse_initializer.append(sparse_value)
    return onnx.helper.make_model(g)


class Made:
    def __init__(self, name, model):
        self.name, self.model, self.model_dir, self.url = name, model, None, None


def load(case):
    if case.model is not None:
        return case.model
    root = os.path.dirname(os.path.dirname(onnx.__file__))
    path = os.path.join(case.model_dir, "model.onnx") if case.model_dir else os.path.join(root, case.url)
    return onnx.load(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = list(cases())
    if options.sample is not None:
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    chosen.append(("made/every_dtype", Made("every_dtype", every_dtype())))
    os.makedirs(options.out, exist_ok=True)
    for i, (_, case) in enumerate(chosen):
        m = load(case)
        # Through bytes and back, so that the summary is of what the file says.
        data = m.SerializeToString()
        with open(os.path.join(options.out, f"{i:04}.onnx"), "wb") as f:
            f.write(data)
        with open(os.path.join(options.out, f"{i:04}.json"), "w") as f:
            json.dump(model(onnx.ModelProto.FromString(data)), f)
    with open(os.path.join(options.out, "index.json"), "w") as f:
        json.dump([name for name, _ in chosen], f)


main()
