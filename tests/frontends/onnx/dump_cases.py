"""Writes cases of ONNX's backend test suite: models with inputs and the outputs the suite expects.

    python dump_cases.py OUT [--sample N --seed S] [--kinds node,simple,...] [--match REGEX] [--symbolic]

OUT/cases.bin holds the models and the elements of their inputs and outputs (little-endian, one byte for each element of fewer
than 8 bits); OUT/index.json says where: for each case its name, tolerances, operators, model and data sets.

With --symbolic every size of an input but 1 becomes a symbol of its own (vectors of i64 keep theirs: they say how many sizes or
axes there are), declared shapes of outputs are dropped, and cases without such a size are left out.
"""

import argparse
import glob
import json
import os
import random
import re
import warnings

import ml_dtypes
import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator", "real")
NAMES = {
    "float32": "f32", "uint8": "ui8", "int8": "i8", "uint16": "ui16", "int16": "i16", "int32": "i32", "int64": "i64", "bool": "i1",
    "float16": "f16", "float64": "f64", "uint32": "ui32", "uint64": "ui64", "complex64": "complex<f32>",
    "complex128": "complex<f64>", "bfloat16": "bf16", "float8_e4m3fn": "f8E4M3FN", "float8_e4m3fnuz": "f8E4M3FNUZ",
    "float8_e5m2": "f8E5M2", "float8_e5m2fnuz": "f8E5M2FNUZ", "uint4": "ui4", "int4": "i4", "float4_e2m1fn": "f4E2M1FN",
    "float8_e8m0fnu": "f8E8M0FNU", "uint2": "ui2", "int2": "i2", "float6_e2m3fn": "f6E2M3FN", "float6_e3m2fn": "f6E3M2FN",
}


class Blob:
    """One file of many parts, each at a multiple of 8 bytes."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.size = 0

    def add(self, data):
        offset = self.size
        pad = -len(data) % 8
        self.file.write(data + b"\0" * pad)
        self.size += len(data) + pad
        return offset


def array(value, blob):
    value = np.asarray(value)
    if value.dtype.kind in "OUS":
        texts = [v.decode() if isinstance(v, bytes) else str(v) for v in value.reshape(-1)]
        return {"kind": "strings", "shape": list(value.shape), "values": texts}
    if value.dtype in (ml_dtypes.int4, ml_dtypes.int2):
        data = value.astype(np.int8)
    elif value.dtype in (ml_dtypes.uint4, ml_dtypes.uint2):
        data = value.astype(np.uint8)
    else:
        data = value
    data = np.ascontiguousarray(data).tobytes()
    return {
        "kind": "tensor", "element": NAMES[value.dtype.name], "shape": list(value.shape), "offset": blob.add(data),
        "length": len(data),
    }


def datum(value, blob):
    if value is None:
        return {"kind": "none"}
    if isinstance(value, onnx.TensorProto):
        return array(numpy_helper.to_array(value), blob)
    if isinstance(value, onnx.SequenceProto):
        return datum(numpy_helper.to_list(value), blob)
    if isinstance(value, onnx.OptionalProto):
        return datum(numpy_helper.to_optional(value), blob)
    if isinstance(value, (list, tuple)):
        return {"kind": "sequence", "items": [datum(v, blob) for v in value]}
    if isinstance(value, dict):
        return {"kind": "map"}
    return array(value, blob)


def read_proto(path, type_proto):
    kind = type_proto.WhichOneof("value")
    proto = {"sequence_type": onnx.SequenceProto, "optional_type": onnx.OptionalProto}.get(kind, onnx.TensorProto)()
    with open(path, "rb") as f:
        proto.ParseFromString(f.read())
    return proto


def data_sets(case, model):
    if case.data_sets is not None:
        yield from case.data_sets
        return
    graph = model.graph
    initialized = {t.name for t in graph.initializer}
    inputs = [i for i in graph.input if i.name not in initialized]
    if case.model_dir is None:
        yield light_data(case, model, inputs)
        return
    for folder in sorted(glob.glob(os.path.join(case.model_dir, "test_data_set_*"))):
        yield (
            [read_proto(os.path.join(folder, f"input_{i}.pb"), x.type) for i, x in enumerate(inputs)],
            [read_proto(os.path.join(folder, f"output_{i}.pb"), x.type) for i, x in enumerate(graph.output)],
        )


def light_data(case, model, inputs):
    from onnx.backend.test.runner import Runner

    feeds = [Runner.generate_dummy_data(x, seed=0, name=case.model_name, random=False) for x in inputs]
    prefix = os.path.splitext(model_path(case))[0]
    outputs = [read_proto(f"{prefix}_output_{i}.pb", x.type) for i, x in enumerate(model.graph.output)]
    return feeds, outputs


def model_path(case):
    root = os.path.dirname(os.path.dirname(onnx.__file__))
    return os.path.join(case.model_dir, "model.onnx") if case.model_dir else os.path.join(root, case.url)


def make_symbolic(model):
    """True where at least one size became a symbol."""
    count = 0
    for value in model.graph.input:
        tensor = value.type.tensor_type
        if not value.type.HasField("tensor_type") or (tensor.elem_type == onnx.TensorProto.INT64 and len(tensor.shape.dim) <= 1):
            continue
        for d in tensor.shape.dim:
            if d.HasField("dim_value") and d.dim_value > 1:
                d.dim_param = f"x{count}"
                count += 1
    for value in model.graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    return count > 0


def operators(graph):
    found = set()
    for node in graph.node:
        found.add(f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type)
        for a in node.attribute:
            found |= operators(a.g)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default="node,simple,pytorch-converted,pytorch-operator")
    parser.add_argument("--match", default="")
    parser.add_argument("--symbolic", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = [(kind, case) for kind in options.kinds.split(",") for case in load_model_tests(kind=kind)]
    chosen = [(k, c) for k, c in chosen if re.search(options.match, f"{k}/{c.name}")]
    if options.sample is not None and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    os.makedirs(options.out, exist_ok=True)
    index = []
    blob = Blob(os.path.join(options.out, "cases.bin"))
    for kind, case in chosen:
        model = case.model if case.model is not None else onnx.load(model_path(case))
        sets = [
            {"inputs": [datum(x, blob) for x in inputs], "outputs": [datum(y, blob) for y in outputs]}
            for inputs, outputs in data_sets(case, model)
        ]
        if options.symbolic and not make_symbolic(model):
            continue
        data = model.SerializeToString()
        index.append({
            "model": {"offset": blob.add(data), "length": len(data)},
            "name": f"{kind}/{case.name}", "rtol": case.rtol, "atol": case.atol, "operators": sorted(operators(model.graph)),
            "sets": sets,
        })
    blob.file.close()
    with open(os.path.join(options.out, "index.json"), "w") as f:
        json.dump(index, f)


if __name__ == "__main__":
    main()
