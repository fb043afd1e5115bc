"""Writes cases of operators in their older forms, as dump_cases.py does, with what ONNX Runtime computes for them.

    python dump_versions.py OUT

ONNX's own suite has most operators in their newest form only. Attributes that became inputs, defaults that changed and
axes that were coerced are tried here at the opsets that have them.
"""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime
from dump_cases import Blob, datum, operators
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(5)


def f32(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def i64(*values):
    return np.array(values, np.int64)


X = f32(2, 3, 4)
Y = f32(2, 3, 4)
ONES = f32(2, 1, 3, 1)
IMAGE = f32(1, 4, 4, 6)

# Operator, opset, inputs (a list for a constant of the model), attributes.
CASES = [
    ("Clip", 7, [X], {"min": -0.5, "max": 0.25}),
    ("Clip", 10, [X], {"max": 0.25}),
    ("Clip", 11, [X, [np.float32(-0.5)]], {}),
    ("Squeeze", 7, [ONES], {"axes": [1]}),
    ("Squeeze", 11, [ONES], {"axes": [-1, 1]}),
    ("Squeeze", 12, [ONES], {}),
    ("Unsqueeze", 7, [X], {"axes": [0, 4]}),
    ("Unsqueeze", 11, [X], {"axes": [-1]}),
    ("Slice", 9, [X], {"starts": [0, -3], "ends": [1, 1000], "axes": [0, 2]}),
    ("Slice", 9, [X], {"starts": [1, 0, 1], "ends": [2, -1, 9]}),
    ("Slice", 10, [X, [i64(3, 0)], [i64(-100, 2)], [i64(2, 1)], [i64(-2, 1)]], {}),
    ("Slice", 13, [X, [i64(-1)], [i64(-(2**63))], [i64(1)], [i64(-1)]], {}),
    ("Slice", 13, [X, [i64(2)], [i64(1)], [i64(1)]], {}),
    ("Pad", 7, [X], {"pads": [0, 1, 0, 0, 0, 2], "value": 1.5}),
    ("Pad", 10, [X], {"pads": [0, 1, 2, 0, 1, 1], "mode": "reflect"}),
    ("Pad", 10, [X], {"pads": [1, 0, 2, 0, 0, 1], "mode": "edge"}),
    ("Pad", 11, [X, [i64(0, 0, -1, 0, 0, 2)], [np.float32(3)]], {}),
    ("Pad", 18, [X, [i64(1, -1)], [np.float32(3)], [i64(-1)]], {}),
    ("Pad", 19, [X, [i64(1, 2)], [np.float32(0)], [i64(1)]], {"mode": "wrap"}),
    ("Split", 7, [X], {"axis": 2, "split": [1, 3], "outputs": 2}),
    ("Split", 11, [X], {"axis": -1, "outputs": 2}),
    ("Split", 13, [X, [i64(3, 1)]], {"axis": 2, "outputs": 2}),
    ("Split", 18, [f32(7)], {"num_outputs": 3, "outputs": 3}),
    ("ReduceSum", 7, [X], {"axes": [1], "keepdims": 0}),
    ("ReduceSum", 11, [X], {"axes": [-1]}),
    ("ReduceSum", 13, [X, [i64()]], {"noop_with_empty_axes": 1}),
    ("ReduceMean", 11, [X], {"axes": [0, 2], "keepdims": 1}),
    ("ReduceMax", 12, [X], {"axes": [1]}),
    ("ReduceLogSumExp", 11, [X], {"axes": [2]}),
    ("ReduceL2", 13, [X], {"keepdims": 0}),
    ("TopK", 9, [X], {"k": 2, "axis": 2, "outputs": 2}),
    ("TopK", 10, [X, [i64(2)]], {"axis": -1, "outputs": 2}),
    ("TopK", 11, [X, [i64(2)]], {"axis": 1, "largest": 0, "outputs": 2}),
    ("Softmax", 7, [X], {}),
    ("Softmax", 11, [X], {"axis": 2}),
    ("Softmax", 11, [X], {"axis": -2}),
    ("Softmax", 13, [X], {}),
    ("LogSoftmax", 9, [X], {"axis": 1}),
    ("Hardmax", 11, [X], {}),
    ("Hardmax", 13, [X], {"axis": 1}),
    ("Flatten", 9, [X], {"axis": 2}),
    ("Flatten", 11, [X], {"axis": -3}),
    ("Gemm", 7, [f32(3, 2), f32(4, 3), f32(4)], {"transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("Gemm", 11, [f32(2, 3), f32(3, 4)], {}),
    ("Dropout", 7, [X], {"ratio": 0.7}),
    ("Dropout", 10, [X], {"ratio": 0.7}),
    ("Dropout", 12, [X, [np.float32(0.7)]], {"outputs": 2}),
    ("Cast", 9, [X], {"to": TensorProto.INT32}),
    ("Scatter", 9, [f32(3, 3), [np.array([[1, 0, 2], [0, 2, 1]], np.int64)], f32(2, 3)], {"axis": 0}),
    ("ScatterElements", 13, [f32(3, 3), [np.array([[1, -1, 2]], np.int64)], f32(1, 3)], {"axis": 1}),
    ("GatherND", 11, [X, [np.array([[0, 1], [1, -1]], np.int64)]], {}),
    ("GatherND", 12, [X, [np.array([[1], [2]], np.int64)]], {"batch_dims": 1}),
    ("Gather", 7, [X, [np.array([[0, 1]], np.int64)]], {"axis": 2}),
    ("DepthToSpace", 9, [IMAGE], {"blocksize": 2}),
    ("DepthToSpace", 11, [IMAGE], {"blocksize": 2, "mode": "CRD"}),
    ("SpaceToDepth", 9, [IMAGE], {"blocksize": 2}),
    ("Tile", 7, [X, [i64(1, 2, 2)]], {}),
    ("OneHot", 11, [[i64(1, -1, 9)], [i64(4)], [np.array([0.5, 2.0], np.float32)]], {"axis": 0}),
    ("ArgMax", 11, [X], {"axis": -1, "keepdims": 0}),
    ("ArgMin", 12, [np.array([[2, 1, 1]], np.float32)], {"axis": 1, "select_last_index": 1}),
    ("Pow", 7, [np.abs(X), Y], {}),
    ("Pow", 13, [np.array([2, 3, 4], np.int64), [np.array([2.5, 1, 0], np.float32)]], {}),
    ("Mod", 10, [np.array([-7, 7, -7], np.int32), np.array([3, -3, -3], np.int32)], {}),
    ("Mod", 13, [np.array([-7.5, 7.5], np.float32), np.array([3, -3], np.float32)], {"fmod": 1}),
    ("BatchNormalization", 9, [IMAGE, f32(4), f32(4), f32(4), np.abs(f32(4))], {}),
    ("InstanceNormalization", 7, [IMAGE, f32(4), f32(4)], {}),
    ("Upsample", 9, [IMAGE, [np.array([1, 1, 2, 2], np.float32)]], {}),
    ("PRelu", 7, [X, f32(3, 1)], {}),
    ("Expand", 8, [f32(3, 1), [i64(2, 1, 4)]], {}),
    ("Einsum", 12, [f32(2, 3, 4), f32(4, 5)], {"equation": "bij, jk -> bik"}),
    ("Einsum", 12, [f32(3, 3)], {"equation": "ii->i"}),
    ("Einsum", 12, [f32(2, 3), f32(3, 4), f32(4, 2)], {"equation": "ab,bc,ca->"}),
    ("CumSum", 14, [X, [np.array(1, np.int64)]], {"exclusive": 1, "reverse": 1}),
    ("Range", 11, [[np.float32(1)], [np.float32(4.5)], [np.float32(0.5)]], {}),
    ("Trilu", 14, [X, [np.array(-1, np.int64)]], {"upper": 0}),
    ("LpNormalization", 7, [X], {"p": 1, "axis": 1}),
    ("MeanVarianceNormalization", 9, [IMAGE], {}),
    ("ThresholdedRelu", 10, [X], {"alpha": 0.3}),
    ("Shrink", 9, [X], {"bias": 0.1, "lambd": 0.2}),
    ("Celu", 12, [X], {"alpha": 2.0}),
    ("Where", 9, [np.array([True, False, True, True]), X, Y], {}),
    ("ReverseSequence", 10, [f32(4, 3), [i64(4, 1, 2)]], {"time_axis": 0, "batch_axis": 1}),
    ("Unique", 11, [np.array([3, 1, 3, 2, 1], np.float32)], {"sorted": 0, "outputs": 4}),
    ("NonZero", 13, [np.array([[0, 1.5], [2, 0]], np.float32)], {}),
    ("Compress", 11, [X, [np.array([False, True, True])]], {"axis": 1}),
    ("EyeLike", 9, [f32(3, 4)], {"k": 1}),
    ("IsInf", 10, [np.array([1, np.inf, -np.inf], np.float32)], {"detect_negative": 0}),
]


def build(op, opset, inputs, attributes):
    attributes = dict(attributes)
    outputs = [f"y{i}" for i in range(attributes.pop("outputs", 1))]
    names = [f"x{i}" for i in range(len(inputs))]
    constants = [numpy_helper.from_array(np.asarray(x[0]), name) for name, x in zip(names, inputs) if isinstance(x, list)]
    feeds = {name: x for name, x in zip(names, inputs) if not isinstance(x, list)}
    typed = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for n, x in feeds.items()]
    node = helper.make_node(op, names, outputs, **attributes)
    graph = helper.make_graph([node], op, typed, [onnx.ValueInfoProto(name=n) for n in outputs], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return onnx.shape_inference.infer_shapes(model), feeds


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    blob = Blob(os.path.join(out, "cases.bin"))
    index = []
    for op, opset, inputs, attributes in CASES:
        model, feeds = build(op, opset, inputs, attributes)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        outputs = session.run(None, feeds)
        data = model.SerializeToString()
        index.append({
            "model": {"offset": blob.add(data), "length": len(data)}, "name": f"{op} {opset} {attributes}", "rtol": 1e-4,
            "atol": 1e-5, "operators": sorted(operators(model.graph)),
            "sets": [{"inputs": [datum(x, blob) for x in feeds.values()], "outputs": [datum(y, blob) for y in outputs]}],
        })
    blob.file.close()
    with open(os.path.join(out, "index.json"), "w") as f:
        json.dump(index, f)


if __name__ == "__main__":
    main()
