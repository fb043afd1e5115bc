"""Writes single-node models beyond those of ONNX's backend suite, as dump_cases.py does, with what ONNX Runtime computes for them.

    python dump_peer_cases.py OUT [--match REGEX] [--symbolic]

With --symbolic the sizes of inputs become symbols, and outputs have no declared shape.
"""

import argparse
import itertools
import json
import os
import re

import numpy as np
import onnxruntime
from dump_cases import Blob, datum, make_symbolic
from onnx import helper, numpy_helper

CASES = []
ML = "ai.onnx.ml"


def case(name, op, inputs, outputs=1, opset=22, domain="", constants=(), rtol=1e-4, atol=1e-5, **attributes):
    """One node; `inputs` may hold None for those left out, `constants` are the numbers of those that become initializers."""
    attributes = {k: v for k, v in attributes.items() if v is not None}
    CASES.append((name, op, inputs, outputs, opset, domain, constants, rtol, atol, attributes))


def floats(*shape, seed=0, low=-1.0, high=1.0, dtype=np.float32):
    return np.random.default_rng(seed + sum(shape)).uniform(low, high, shape).astype(dtype)


def integers(*shape, low, high, dtype, seed=0):
    return np.random.default_rng(seed + sum(shape)).integers(low, high, shape).astype(dtype)


def i64(*values):
    return np.array(values, np.int64)


def f32(*values):
    return np.array(values, np.float32)


def scalar(value, dtype):
    return np.array(value, dtype)


def build(op, inputs, outputs, opset, domain, constants, attributes):
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    flags = [True] * outputs if isinstance(outputs, int) else outputs
    results = [f"y{i}" if wanted else "" for i, wanted in enumerate(flags)]
    node = helper.make_node(op, names, results, domain=domain, **attributes)
    fed = [i for i, x in enumerate(inputs) if x is not None and i not in constants]
    infos = [
        helper.make_tensor_value_info(names[i], helper.np_dtype_to_tensor_dtype(inputs[i].dtype), inputs[i].shape) for i in fed
    ]
    weights = [numpy_helper.from_array(inputs[i], names[i]) for i in constants]
    shown = [helper.make_empty_tensor_value_info(r) for r in results if r]
    graph = helper.make_graph([node], "peer", infos, shown, weights)
    opsets = [helper.make_opsetid("", opset if domain == "" else 22)]
    if domain:
        opsets.append(helper.make_opsetid(domain, opset))
    return helper.make_model(graph, opset_imports=opsets, ir_version=8), {names[i]: inputs[i] for i in fed}


def convolutions():
    x, w, b = floats(2, 4, 9, 10), floats(6, 4, 3, 2, seed=1), floats(6, seed=2)
    for pad, stride, dilation in itertools.product(["SAME_UPPER", "SAME_LOWER", "VALID"], [1, 2], [1, 2]):
        if dilation == 2 and pad != "VALID":
            continue  # which ONNX Runtime does not support
        case(f"Conv_{pad}_{stride}_{dilation}", "Conv", [x, w, b], constants=(1, 2), auto_pad=pad, strides=[stride] * 2,
             dilations=[dilation] * 2)
    case("Conv_groups", "Conv", [x, floats(6, 2, 3, 3), b], constants=(1, 2), group=2, pads=[1, 0, 2, 1], strides=[2, 1])
    case("Conv_1d", "Conv", [floats(1, 3, 12), floats(4, 3, 5), None], constants=(1,), pads=[4, 2], dilations=[2])
    case("Conv_3d", "Conv", [floats(1, 2, 5, 6, 7), floats(3, 2, 2, 3, 2)], constants=(1,), pads=[1, 0, 1, 0, 1, 0])
    t = floats(4, 3, 3, 3, seed=3)
    for pad in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        case(f"ConvTranspose_{pad}", "ConvTranspose", [x, t], constants=(1,), auto_pad=pad, strides=[2, 3])
    case("ConvTranspose_groups", "ConvTranspose", [x, floats(4, 2, 3, 2), b[:4]], constants=(1, 2), group=2, strides=[2, 2],
         output_padding=[1, 0], pads=[1, 1, 0, 1])
    case("ConvTranspose_dilated", "ConvTranspose", [x, t], constants=(1,), dilations=[2, 2], strides=[2, 1], pads=[1, 0, 1, 0])
    case("ConvTranspose_shape", "ConvTranspose", [x, t], constants=(1,), strides=[2, 2], output_shape=[18, 20])
    case("ConvTranspose_1d", "ConvTranspose", [floats(1, 3, 5), floats(3, 2, 4)], constants=(1,), strides=[3])
    q, k = integers(1, 4, 6, 6, low=0, high=255, dtype=np.uint8), integers(6, 4, 3, 3, low=0, high=255, dtype=np.uint8)
    case("ConvInteger", "ConvInteger", [q, k, scalar(12, np.uint8), scalar(7, np.uint8)], constants=(1, 2, 3), pads=[1, 1, 1, 1])
    offsets = floats(1, 18 * 2, 5, 5, low=-2, high=2)
    case("DeformConv", "DeformConv", [floats(1, 4, 7, 7), floats(6, 4, 3, 3), offsets, floats(6), floats(1, 18, 5, 5)],
         constants=(1, 3), offset_group=2)
    case("DeformConv_groups", "DeformConv", [floats(1, 4, 7, 7), floats(6, 2, 3, 3), offsets[:, :18]], constants=(1,), group=2)


def pools():
    x = floats(2, 3, 11, 9)
    for ceil, stride, dilation in itertools.product([0, 1], [1, 2, 3], [1, 2]):
        common = dict(kernel_shape=[3, 2], strides=[stride, stride], dilations=[dilation, dilation], ceil_mode=ceil)
        case(f"MaxPool_{ceil}_{stride}_{dilation}", "MaxPool", [x], 2, pads=[1, 0, 1, 1], storage_order=stride % 2, **common)
        for counted in (0, 1):
            case(f"AveragePool_{ceil}_{stride}_{dilation}_{counted}", "AveragePool", [x], pads=[1, 1, 1, 1] if dilation == 1 else None,
                 count_include_pad=counted, **common)
        case(f"LpPool_{ceil}_{stride}_{dilation}", "LpPool", [x], p=3, **common)
    for pad in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        for op in ("MaxPool", "AveragePool", "LpPool"):
            case(f"{op}_{pad}", op, [x], auto_pad=pad, kernel_shape=[3, 4], strides=[2, 2])
    for dtype in (np.int8, np.uint8):
        case(f"MaxPool_{dtype.__name__}", "MaxPool", [integers(1, 2, 5, 6, low=0, high=100, dtype=dtype)], kernel_shape=[2, 2],
             pads=[1, 1, 0, 0])
    for op in ("GlobalMaxPool", "GlobalAveragePool"):
        case(op, op, [x])
        case(f"{op}_3d", op, [floats(2, 3, 4, 5, 6)])
    case("GlobalLpPool", "GlobalLpPool", [x], opset=2, p=3)
    rois = f32([0, 0, 0, 6, 5], [1, 2, 3, 8, 8], [0, 4, 4, 4, 4])
    case("MaxRoiPool", "MaxRoiPool", [floats(2, 3, 9, 9), rois], opset=1, pooled_shape=[3, 2])
    case("MaxRoiPool_scaled", "MaxRoiPool", [floats(2, 3, 9, 9), rois], opset=1, pooled_shape=[2, 2], spatial_scale=0.6)


def norms():
    x = floats(2, 3, 4, 5)
    parts = [floats(3, seed=1), floats(3, seed=2), floats(3, seed=3), floats(3, seed=4, low=0.1)]
    for opset in (7, 9, 15):
        case(f"BatchNormalization_{opset}", "BatchNormalization", [x, *parts], opset=opset, constants=(1, 2, 3, 4), epsilon=1e-2)
    case("BatchNormalization_2d", "BatchNormalization", [floats(4, 3), *parts])
    case("BatchNormalization_f64", "BatchNormalization", [a.astype(np.float64) for a in [x, *parts]])
    for size in (1, 3, 5):
        case(f"LRN_{size}", "LRN", [floats(1, 7, 3, 3)], size=size, alpha=0.2, beta=0.6, bias=1.5)


def resizes():
    x = floats(1, 2, 5, 6)
    modes = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]
    for mode, transform in itertools.product(["nearest", "linear", "cubic"], modes):
        for name, sizes in (("up", [1, 2, 9, 12]), ("down", [1, 2, 3, 4]), ("twice", [1, 2, 10, 12])):
            case(f"Resize_{mode}_{transform}_{name}", "Resize", [x, None, None, i64(*sizes)], opset=19, constants=(3,), mode=mode,
                 coordinate_transformation_mode=transform)
    for near, transform in itertools.product(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"], modes):
        for name, scale in (("2", 2.0), ("3", 3.0), ("half", 0.5), ("odd", 0.7)):
            if scale < 1 and transform == "align_corners":
                continue  # ONNX Runtime takes the rounded size where ONNX takes the one before rounding
            case(f"Resize_{near}_{transform}_{name}", "Resize", [x, None, f32(1, 1, scale, scale)], opset=19, constants=(2,),
                 nearest_mode=near, coordinate_transformation_mode=transform)
    for dtype in (np.uint8, np.int8):
        data = integers(1, 1, 4, 4, low=0, high=100, dtype=dtype)
        case(f"Resize_{dtype.__name__}", "Resize", [data, None, f32(1, 1, 2, 2)], opset=19, constants=(2,), mode="nearest")
    for mode in ("linear", "cubic"):
        case(f"Resize_{mode}_antialias", "Resize", [floats(1, 1, 8, 8), None, None, i64(1, 1, 4, 4)], opset=19, constants=(3,),
             mode=mode, antialias=1, exclude_outside=1)
    case("Resize_outside", "Resize", [x, None, None, i64(1, 2, 9, 9)], opset=19, constants=(3,), mode="cubic", exclude_outside=1)
    roi = f32(0, 0, 0.1, 0.2, 1, 1, 0.9, 0.7)
    case("Resize_crop", "Resize", [x, roi, None, i64(1, 2, 4, 4)], opset=19, constants=(1, 3), mode="linear",
         coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=3.0)
    for scale in (2.0, 0.6):
        case(f"Resize_10_{scale}", "Resize", [x, f32(1, 1, scale, scale)], opset=10, constants=(1,))
        case(f"Resize_10_linear_{scale}", "Resize", [x, f32(1, 1, scale, scale)], opset=10, constants=(1,), mode="linear")
    case("Resize_11", "Resize", [x, f32(), f32(), i64(1, 2, 7, 7)], opset=11, constants=(1, 2, 3), mode="linear")
    for opset, more in ((7, {"scales": [1.0, 1.0, 2.0, 3.0]}), (9, {})):
        inputs = [x] if opset == 7 else [x, f32(1, 1, 2, 3)]
        for mode in ("nearest", "linear"):
            case(f"Upsample_{opset}_{mode}", "Upsample", inputs, opset=opset, constants=(1,)[: len(inputs) - 1], mode=mode, **more)


def sampling():
    x, grid = floats(2, 3, 5, 6), floats(2, 4, 7, 2, low=-1.7, high=1.7)
    for mode, padding, align in itertools.product(["linear", "nearest", "cubic"], ["zeros", "border", "reflection"], [0, 1]):
        case(f"GridSample_{mode}_{padding}_{align}", "GridSample", [x, grid], opset=20, mode=mode, padding_mode=padding,
             align_corners=align)
    cube, points = floats(1, 2, 3, 4, 5), floats(1, 2, 3, 4, 3, low=-1.3, high=1.3)
    for padding in ("zeros", "border", "reflection"):
        case(f"GridSample_3d_{padding}", "GridSample", [cube, points], opset=20, mode="linear", padding_mode=padding)
    case("AffineGrid", "AffineGrid", [floats(2, 2, 3), i64(2, 1, 4, 5)], opset=20, constants=(1,))
    case("AffineGrid_3d", "AffineGrid", [floats(2, 3, 4), i64(2, 1, 3, 4, 5)], opset=20, constants=(1,), align_corners=1)
    image, rois = floats(2, 3, 10, 12), f32([0, 0, 9, 9], [2, 3, 8, 5.5], [-3, -2, 20, 14], [4, 4, 4.2, 4.1])
    for ratio, opset, mode in itertools.product([0, 2], [10, 16], ["avg", "max"]):
        case(f"RoiAlign_{ratio}_{opset}_{mode}", "RoiAlign", [image, rois, i64(0, 1, 1, 0)], opset=opset, mode=mode, output_height=3,
             output_width=2, sampling_ratio=ratio, spatial_scale=0.9)


def suppression():
    corners = floats(2, 30, 4, low=0, high=8)
    scores = floats(2, 3, 30, low=0)
    limits = [i64(5), i64(100)]
    for limit, center in itertools.product(limits, [0, 1]):
        inputs = [corners, scores, limit, f32(0.3), f32(0.4)]
        case(f"NonMaxSuppression_{limit[0]}_{center}", "NonMaxSuppression", inputs, opset=11, center_point_box=center)
        case(f"NonMaxSuppression_{limit[0]}_{center}_constants", "NonMaxSuppression", inputs, opset=11, constants=(2, 3, 4),
             center_point_box=center)
    case("NonMaxSuppression_plain", "NonMaxSuppression", [corners, scores, i64(4)], opset=11)
    case("NonMaxSuppression_none", "NonMaxSuppression", [corners, scores], opset=11)


def quantization():
    x, w = integers(1, 3, 6, 6, low=0, high=255, dtype=np.uint8), integers(4, 3, 3, 3, low=-127, high=127, dtype=np.int8)
    scales = floats(4, low=0.01, high=0.05)
    bias = integers(4, low=-500, high=500, dtype=np.int32)
    case("QLinearConv_channels", "QLinearConv", [x, scalar(0.02, np.float32), scalar(120, np.uint8), w, scales, np.zeros(4, np.int8),
         scalar(0.1, np.float32), scalar(100, np.uint8), bias], constants=tuple(range(1, 9)), pads=[1, 1, 1, 1], atol=1.01)
    a, b = integers(2, 4, 5, low=0, high=255, dtype=np.uint8), integers(5, 3, low=-127, high=127, dtype=np.int8)
    case("MatMulInteger_mixed", "MatMulInteger", [a, b, scalar(9, np.uint8), scalar(3, np.int8)], constants=(1, 2, 3))
    case("MatMulInteger_columns", "MatMulInteger", [a, b, scalar(9, np.uint8), np.array([1, -2, 3], np.int8)], constants=(1, 2, 3))
    case("QLinearMatMul_columns", "QLinearMatMul", [a, scalar(0.02, np.float32), scalar(9, np.uint8), b, floats(3, low=0.01), np.zeros(3,
         np.int8), scalar(0.5, np.float32), scalar(100, np.uint8)], opset=21, constants=tuple(range(1, 8)), atol=1.01)
    data = floats(3, 5, low=-4, high=4)
    for dtype in (np.uint8, np.int8, np.uint16, np.int16):
        zero = np.array([3, 1, 2], dtype)
        case(f"QuantizeLinear_{dtype.__name__}", "QuantizeLinear", [data, floats(3, low=0.01), zero], opset=21, axis=0)
        case(f"DequantizeLinear_{dtype.__name__}", "DequantizeLinear", [integers(3, 5, low=0, high=120, dtype=dtype), floats(3), zero],
             opset=21, axis=0)
    case("QuantizeLinear_blocks", "QuantizeLinear", [data, floats(3, 3, low=0.01), np.ones((3, 3), np.int8)], opset=21, axis=1,
         block_size=2)
    case("DequantizeLinear_i32", "DequantizeLinear", [integers(3, 5, low=-9999, high=9999, dtype=np.int32), floats(5)], opset=21)
    case("DynamicQuantizeLinear", "DynamicQuantizeLinear", [data], 3, opset=11, atol=1e-7)


def signals():
    for length, inverse in itertools.product([None, 6, 15], [0, 1]):
        x = floats(2, 10, 2)
        case(f"DFT_{length}_{inverse}", "DFT", [x, length and scalar(length, np.int64)], opset=17, constants=(1,) if length else (),
             inverse=inverse, axis=1)
    for length in (None, 7, 16):
        case(f"DFT_onesided_{length}", "DFT", [floats(2, 11, 1), length and scalar(length, np.int64)], opset=17,
             constants=(1,) if length else (), onesided=1)
    case("STFT_complex", "STFT", [floats(2, 40, 2), scalar(4, np.int64), floats(9)], opset=17, constants=(1,), onesided=0)
    case("STFT_length", "STFT", [floats(2, 40, 1), scalar(5, np.int64), None, scalar(8, np.int64)], opset=17, constants=(1, 3))
    for op, periodic in itertools.product(["HannWindow", "HammingWindow", "BlackmanWindow"], [0, 1]):
        case(f"{op}_{periodic}", op, [scalar(12, np.int64)], opset=17, periodic=periodic, atol=2e-5)
    case("MelWeightMatrix", "MelWeightMatrix", [scalar(10, np.int64), scalar(64, np.int64), scalar(8000, np.int64), scalar(50, np.float32),
         scalar(3900, np.float32)], opset=17, constants=(0, 1, 2, 3, 4))
    for size in (1, 2, 3, 5, 8):
        case(f"Det_{size}", "Det", [floats(3, size, size)], rtol=1e-3)
    case("Det_swaps", "Det", [f32([[0, 2, 1], [1, 0, 0], [0, 0, 3]])])


def recurrent():
    steps, batch, size, hidden = 5, 3, 4, 6
    for op, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        for direction, count in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
            x = floats(steps, batch, size, seed=1)
            w = floats(count, gates * hidden, size, seed=2)
            r = floats(count, gates * hidden, hidden, seed=3)
            b = floats(count, 2 * gates * hidden, seed=4)
            h = floats(count, batch, hidden, seed=5)
            lengths = np.array([5, 2, 3], np.int32)
            states = [h, floats(count, batch, hidden, seed=6)] if op == "LSTM" else [h]
            results = 3 if op == "LSTM" else 2
            common = dict(hidden_size=hidden, direction=direction)
            case(f"{op}_{direction}_lengths", op, [x, w, r, b, lengths, *states], results, constants=(1, 2, 3), **common)
            case(f"{op}_{direction}_clip", op, [x, w, r, b, None, *states], results, clip=0.4, **common)
            case(f"{op}_{direction}_plain", op, [x, w, r], results, **common)
            case(f"{op}_{direction}_last", op, [x, w, r], [False, True], **common)
            if op == "GRU":
                case(f"GRU_{direction}_linear", op, [x, w, r, b, lengths, h], 2, linear_before_reset=1, **common)
            if op == "LSTM":
                peepholes = floats(count, 3 * hidden, seed=7)
                case(f"LSTM_{direction}_peepholes", op, [x, w, r, b, lengths, *states, peepholes], 3, **common)
                case(f"LSTM_{direction}_coupled", op, [x, w, r, b, None, *states, peepholes], 3, input_forget=1, **common)
    names = ["LeakyRelu", "Elu", "HardSigmoid", "Softsign", "Softplus", "ScaledTanh", "Affine", "ThresholdedRelu", "Relu"]
    x, w, r = floats(steps, batch, size, seed=1), floats(1, hidden, size, seed=2), floats(1, hidden, hidden, seed=3)
    for name in names:
        # ONNX Runtime takes 0 for numbers that are left out here, and not what ONNX defines or asks for.
        if name not in ("ScaledTanh", "Affine", "ThresholdedRelu"):
            case(f"RNN_{name}", "RNN", [x, w, r], 2, hidden_size=hidden, activations=[name])
        case(f"RNN_{name}_given", "RNN", [x, w, r], 2, hidden_size=hidden, activations=[name], activation_alpha=[0.3],
             activation_beta=[0.6])
    w, r = floats(1, 3 * hidden, size, seed=2), floats(1, 3 * hidden, hidden, seed=3)
    case("GRU_mixed", "GRU", [x, w, r], 2, hidden_size=hidden, activations=["HardSigmoid", "ScaledTanh"], activation_alpha=[0.3, 0.7],
         activation_beta=[0.4, 0.9])


def random_trees(trees, depth, features, targets, seed, low=-1.0):
    """Attributes of TreeEnsembleRegressor: full trees with all comparisons."""
    random = np.random.default_rng(seed)
    modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"]
    nodes = {k: [] for k in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
                             "missing_value_tracks_true")}
    votes = {k: [] for k in ("treeids", "nodeids", "ids", "weights")}
    for tree in range(trees):
        count = 2 ** (depth + 1) - 1
        for node in range(count):
            leaf = node >= 2**depth - 1
            row = [tree, node, int(random.integers(features)), float(np.float32(random.uniform(-1, 1))),
                   "LEAF" if leaf else modes[random.integers(4)], 0 if leaf else 2 * node + 1, 0 if leaf else 2 * node + 2,
                   int(random.integers(2))]
            for values, value in zip(nodes.values(), row):
                values.append(value)
            for target in random.choice(targets, size=1 + int(random.integers(targets)), replace=False) if leaf else []:
                for values, value in zip(votes.values(), [tree, node, int(target), float(np.float32(random.uniform(low, 1)))]):
                    values.append(value)
    return {f"nodes_{k}": v for k, v in nodes.items()}, votes


def machine_learning():
    x = floats(5, 4)
    case("Scaler", "Scaler", [x], opset=1, domain=ML, offset=[0.1, 0.2, 0.3, 0.4], scale=[1.0, 2.0, 3.0, 4.0])
    case("Scaler_one", "Scaler", [integers(5, 4, low=0, high=9, dtype=np.int64)], opset=1, domain=ML, offset=[2.0], scale=[0.5])
    for norm in ("MAX", "L1", "L2"):
        case(f"Normalizer_{norm}", "Normalizer", [floats(5, 4, low=0.1)], opset=1, domain=ML, norm=norm)
    case("Imputer", "Imputer", [f32([1, np.nan, 3], [np.nan, 2, 1])], opset=1, domain=ML, imputed_value_floats=[7.0, 8.0, 9.0],
         replaced_value_float=float("nan"))
    case("Imputer_i64", "Imputer", [np.array([[1, -1, 3], [-1, 2, 1]])], opset=1, domain=ML, imputed_value_int64s=[5],
         replaced_value_int64=-1)
    case("OneHotEncoder", "OneHotEncoder", [np.array([[1, 5], [7, 2]])], opset=1, domain=ML, cats_int64s=[5, 7, 1])
    case("FeatureVectorizer", "FeatureVectorizer", [x, floats(5, 2)], opset=1, domain=ML, inputdimensions=[4, 2])
    case("Binarizer", "Binarizer", [x], opset=1, domain=ML, threshold=0.25)
    case("ArrayFeatureExtractor", "ArrayFeatureExtractor", [x, i64(3, 0, 0)], opset=1, domain=ML)
    case("LabelEncoder_i64", "LabelEncoder", [np.array([[1, 5], [7, 2]])], opset=2, domain=ML, keys_int64s=[5, 7], values_floats=[0.5, 1.5],
         default_float=9.0)
    case("LabelEncoder_f32", "LabelEncoder", [f32(1, np.nan, 2, 3)], opset=4, domain=ML, keys_floats=[2.0, float("nan")],
         values_int64s=[10, 20])
    weights = [float(v) for v in floats(12, seed=5)]
    for transform in ("NONE", "LOGISTIC", "SOFTMAX"):
        case(f"LinearRegressor_{transform}", "LinearRegressor", [x], opset=1, domain=ML, coefficients=weights, targets=3,
             intercepts=[0.1, 0.2, 0.3], post_transform=transform)
        case(f"LinearClassifier_{transform}", "LinearClassifier", [x], 2, opset=1, domain=ML, coefficients=weights, multi_class=1,
             intercepts=[0.1, 0.2, 0.3], classlabels_ints=[7, 3, 5], post_transform=transform)
    vectors = [float(v) for v in floats(24, seed=6)]
    for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID"):
        case(f"SVMRegressor_{kernel}", "SVMRegressor", [x], opset=1, domain=ML, kernel_type=kernel, n_supports=6, support_vectors=vectors,
             coefficients=weights[:6], rho=[0.3], kernel_params=[0.4, 0.2, 3.0])
    inputs = floats(20, 3, seed=9)
    inputs[3, 1] = np.nan
    for aggregate in ("SUM", "AVERAGE", "MIN", "MAX"):
        nodes, votes = random_trees(4, 3, 3, 2, seed=11)
        targets = {f"target_{k}": v for k, v in votes.items()}
        case(f"TreeEnsembleRegressor_{aggregate}", "TreeEnsembleRegressor", [inputs], opset=1, domain=ML, n_targets=2,
             aggregate_function=aggregate, base_values=[0.5, -0.25], **nodes, **targets)
    for transform in ("NONE", "SOFTMAX", "LOGISTIC"):
        nodes, votes = random_trees(3, 4, 3, 4, seed=12, low=0.1)
        classes = {f"class_{k}": v for k, v in votes.items()}
        case(f"TreeEnsembleClassifier_{transform}", "TreeEnsembleClassifier", [inputs], 2, opset=1, domain=ML,
             classlabels_int64s=[4, 2, 9, 1], post_transform=transform, **nodes, **classes)
    grams = dict(ngram_counts=[0, 2], ngram_indexes=[3, 0, 2, 1], pool_int64s=[2, 3, 5, 4, 2, 3], min_gram_length=1, max_gram_length=2)
    tokens = np.array([[2, 3, 5, 4, 2, 3], [5, 5, 4, 2, 1, 3]])
    for mode, skips in itertools.product(["TF", "IDF", "TFIDF"], [0, 2]):
        case(f"TfIdfVectorizer_{mode}_{skips}", "TfIdfVectorizer", [tokens], opset=9, mode=mode, max_skip_count=skips,
             weights=[0.5, 2.0, 3.0, 4.0], **grams)


FAMILIES = (convolutions, pools, norms, resizes, sampling, suppression, quantization, signals, recurrent, machine_learning)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--match", default="")
    parser.add_argument("--symbolic", action="store_true")
    options = parser.parse_args()
    for family in FAMILIES:
        family()
    os.makedirs(options.out, exist_ok=True)
    index = []
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    settings.intra_op_num_threads = 1
    blob = Blob(os.path.join(options.out, "cases.bin"))
    for name, op, inputs, outputs, opset, domain, constants, rtol, atol, attributes in CASES:
        if not re.search(options.match, name):
            continue
        model, feeds = build(op, inputs, outputs, opset, domain, constants, attributes)
        try:
            session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
            results = session.run(None, feeds)
        except Exception as error:
            raise SystemExit(f"{name}: {error}")
        if options.symbolic and not make_symbolic(model):
            continue
        sets = [{"inputs": [datum(x, blob) for x in feeds.values()], "outputs": [datum(y, blob) for y in results]}]
        data = model.SerializeToString()
        index.append({
            "model": {"offset": blob.add(data), "length": len(data)}, "name": f"peer/{name}", "rtol": rtol, "atol": atol,
            "operators": [op], "sets": sets,
        })
    blob.file.close()
    with open(os.path.join(options.out, "index.json"), "w") as f:
        json.dump(index, f)


if __name__ == "__main__":
    main()
