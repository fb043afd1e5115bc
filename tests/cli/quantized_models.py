"""Writes a convolutional network and a transformer layer, quantized with ONNX Runtime's tools, and what it computes for them.

    python quantized_models.py OUT

For each: NAME.onnx, NAME.x.npy and NAME.y.npy, and a line "NAME STEP" with the quantization step of its output. Weights and calibration
data are random. ONNX Runtime does what the file says, node by node: it takes nothing together.
"""

import logging
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

logging.disable(logging.WARNING)
RANDOM = np.random.default_rng(5)
node = helper.make_node


def weights(*shape):
    depth = np.prod(shape[1:]) if len(shape) == 4 else shape[0]
    return (RANDOM.standard_normal(shape) / np.sqrt(depth)).astype(np.float32)


def network():
    """A strided convolution, a depthwise one, a residual of two more, a classifier."""
    held = {"w1": weights(16, 3, 3, 3), "w2": weights(16, 1, 3, 3), "w3": weights(24, 16, 1, 1), "w4": weights(24, 24, 3, 3)}
    held |= {f"b{k}": RANDOM.standard_normal(n).astype(np.float32) for k, n in ((1, 16), (2, 16), (3, 24), (4, 24), (5, 10))}
    held["w5"] = weights(24, 10).T.copy()
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Relu", ["c1"], ["r1"]),
        node("Conv", ["r1", "w2", "b2"], ["c2"], pads=[1, 1, 1, 1], group=16),
        node("Conv", ["c2", "w3", "b3"], ["c3"]),
        node("Conv", ["c3", "w4", "b4"], ["c4"], pads=[1, 1, 1, 1]),
        node("Add", ["c3", "c4"], ["a4"]),
        node("Relu", ["a4"], ["r4"]),
        node("GlobalAveragePool", ["r4"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "w5", "b5"], ["y"], transB=1),
    ]
    return nodes, held, [1, 3, 16, 16], [1, 10]


def layer(tokens=12, width=32, heads=2, wide=80):
    """A layer of a transformer: attention over all tokens, and two products with ReLU between."""
    held = {"split": np.array([1, tokens, heads, width // heads]), "join": np.array([1, tokens, width])}
    nodes = []

    def product(x, name, depth, columns):
        held.update({f"{name}_w": weights(depth, columns), f"{name}_b": RANDOM.standard_normal(columns).astype(np.float32)})
        nodes.extend([node("MatMul", [x, f"{name}_w"], [f"{name}_m"]), node("Add", [f"{name}_m", f"{name}_b"], [name])])
        return name

    def split(x, order):
        nodes.extend([node("Reshape", [x, "split"], [f"{x}_r"]), node("Transpose", [f"{x}_r"], [f"{x}_t"], perm=order)])
        return f"{x}_t"

    q, k, v = (split(product("x", name, width, width), order) for name, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])))
    nodes.extend(
        [
            node("MatMul", [q, k], ["scores"]),
            node("Softmax", ["scores"], ["shares"], axis=-1),
            node("MatMul", ["shares", v], ["mixed"]),
            node("Transpose", ["mixed"], ["turned"], perm=[0, 2, 1, 3]),
            node("Reshape", ["turned", "join"], ["joined"]),
        ]
    )
    nodes.append(node("Add", ["x", product("joined", "o", width, width)], ["h"]))
    nodes.append(node("Relu", [product("h", "u", width, wide)], ["g"]))
    nodes.append(node("Add", ["h", product("g", "d", wide, width)], ["y"]))
    return nodes, held, [1, tokens, width], [1, tokens, width]


class Samples(CalibrationDataReader):
    def __init__(self, shape):
        self.left = iter([{"x": RANDOM.standard_normal(shape).astype(np.float32)} for _ in range(6)])

    def get_next(self):
        return next(self.left, None)


def write(out, name, made, activations, per_channel):
    nodes, held, before, after = made
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in (("x", before), ("y", after))]
    graph = helper.make_graph(nodes, name, ports[:1], ports[1:], [numpy_helper.from_array(v, k) for k, v in held.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    plain, path = (os.path.join(out, f"{name}{end}") for end in (".f32.onnx", ".onnx"))
    onnx.save(model, plain)
    quantize_static(
        plain,
        path,
        Samples(before),
        quant_format=QuantFormat.QDQ,
        per_channel=per_channel,
        activation_type=activations,
        weight_type=QuantType.QInt8,
    )
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    x = RANDOM.standard_normal(before).astype(np.float32)
    np.save(os.path.join(out, f"{name}.x.npy"), x)
    y = session.run(None, {"x": x})[0]
    np.save(os.path.join(out, f"{name}.y.npy"), y)
    print(name, (y.max() - y.min()) / 255)


for kind, activations in (("u8", QuantType.QUInt8), ("s8", QuantType.QInt8)):
    write(sys.argv[1], f"network_{kind}", network(), activations, True)
    write(sys.argv[1], f"layer_{kind}", layer(), activations, False)
