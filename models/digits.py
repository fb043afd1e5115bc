"""Trains a small convolutional network on scikit-learn's handwritten digits and writes it as ONNX.

    python models/digits.py [--out models]

`digits.onnx` takes `image`, float32 [N, 1, 8, 8] with grey levels in 0..1, and gives `probabilities`, float32 [N,
10]; N is symbolic. The nodes are those a PyTorch export has: Conv, Relu, MaxPool, Conv, Relu, MaxPool, Flatten, Gemm,
Softmax. Beside it go twenty images that took no part in the training: `digits-samples.npy` as `image` wants them, and
`digits-samples.json` with their labels. The network is a few lines of NumPy with a fixed seed, so that the training
needs no framework; the result is checked with ONNX Runtime before anything is written over.
"""

import argparse
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

SEED = 7
EPOCHS = 30
BATCH = 64
HELD_OUT = 360
SAMPLES = 20
REQUIRED_ACCURACY = 0.96


def patches(x):
    """[N, C, H, W] to [N, H, W, C*9]: the 3x3 neighbourhood of every pixel, zeros outside."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    n, c, h, w = x.shape
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)


class Conv:
    """A 3x3 convolution with padding 1, a ReLU and a 2x2 maximum pool."""

    def __init__(self, rng, inputs, outputs):
        self.weight = rng.normal(0, np.sqrt(2 / (inputs * 9)), (outputs, inputs * 9))
        self.bias = np.zeros(outputs)

    def forward(self, x):
        self.columns = patches(x)
        y = np.maximum(self.columns @ self.weight.T + self.bias, 0)
        n, h, w, c = y.shape
        quads = y.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 5, 2, 4).reshape(n, h // 2, w // 2, c, 4)
        self.winner = quads.argmax(-1)
        self.pooled = quads.max(-1)
        return self.pooled.transpose(0, 3, 1, 2)

    def backward(self, grad):
        """Gradient of the pooled output in, gradient of the input out; keeps those of weight and bias."""
        grad = grad.transpose(0, 2, 3, 1) * (self.pooled > 0)
        n, h, w, c = grad.shape
        quads = np.where(np.arange(4) == self.winner[..., None], grad[..., None], 0)
        full = quads.reshape(n, h, w, c, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(n, 2 * h, 2 * w, c)
        flat = full.reshape(-1, c)
        self.gradients = [flat.T @ self.columns.reshape(flat.shape[0], -1), flat.sum(0)]
        inputs = self.weight.shape[1] // 9
        flipped = self.weight.reshape(c, inputs, 9)[:, :, ::-1].transpose(1, 0, 2).reshape(inputs, c * 9)
        return (patches(full.transpose(0, 3, 1, 2)) @ flipped.T).transpose(0, 3, 1, 2)


class Linear:
    def __init__(self, rng, inputs, outputs):
        self.weight = rng.normal(0, np.sqrt(1 / inputs), (outputs, inputs))
        self.bias = np.zeros(outputs)

    def forward(self, x):
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.weight.T + self.bias

    def backward(self, grad):
        self.gradients = [grad.T @ self.x, grad.sum(0)]
        return (grad @ self.weight).reshape(self.shape)


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def train(images, labels):
    """Adam on the cross entropy, with a learning rate that falls to zero."""
    rng = np.random.default_rng(SEED)
    layers = [Conv(rng, 1, 16), Conv(rng, 16, 32), Linear(rng, 32 * 2 * 2, 10)]
    moments = [[np.zeros_like(p) for p in (layer.weight, layer.bias) for _ in range(2)] for layer in layers]
    step = 0
    for epoch in range(EPOCHS):
        rate = 3e-3 * (1 - epoch / EPOCHS)
        for batch in np.array_split(rng.permutation(len(images)), len(images) // BATCH):
            step += 1
            x = images[batch]
            for layer in layers:
                x = layer.forward(x)
            grad = (softmax(x) - np.eye(10)[labels[batch]]) / len(batch)
            for layer in reversed(layers):
                grad = layer.backward(grad)
            for layer, moment in zip(layers, moments):
                for i, (p, g) in enumerate(zip((layer.weight, layer.bias), layer.gradients)):
                    m, v = moment[2 * i], moment[2 * i + 1]
                    m += 0.1 * (g - m)
                    v += 0.001 * (g * g - v)
                    p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return layers


def to_onnx(layers):
    first, second, last = layers
    weights = {
        "conv1.weight": first.weight.reshape(16, 1, 3, 3),
        "conv1.bias": first.bias,
        "conv2.weight": second.weight.reshape(32, 16, 3, 3),
        "conv2.bias": second.bias,
        "fc.weight": last.weight,
        "fc.bias": last.bias,
    }

    def conv(name, x):
        geometry = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1], "dilations": [1, 1], "group": 1}
        pool = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0], "ceil_mode": 0}
        parameters = [f"{name}.weight", f"{name}.bias"]
        return [
            helper.make_node("Conv", [x, *parameters], [f"{name}.y"], name=f"/{name}/Conv", **geometry),
            helper.make_node("Relu", [f"{name}.y"], [f"{name}.relu"], name=f"/{name}/Relu"),
            helper.make_node("MaxPool", [f"{name}.relu"], [f"{name}.pool"], name=f"/{name}/MaxPool", **pool),
        ]

    nodes = [
        *conv("conv1", "image"),
        *conv("conv2", "conv1.pool"),
        helper.make_node("Flatten", ["conv2.pool"], ["flat"], name="/Flatten", axis=1),
        helper.make_node("Gemm", ["flat", "fc.weight", "fc.bias"], ["logits"], name="/fc/Gemm", transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], name="/Softmax", axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()],
    )
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="persimmons models/digits.py")
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    out = parser.parse_args().out

    digits = load_digits()
    images = (digits.images / 16).reshape(-1, 1, 8, 8)
    order = np.random.default_rng(SEED).permutation(len(images))
    held_out, training = order[:HELD_OUT], order[HELD_OUT:]
    model = to_onnx(train(images[training], digits.target[training]))

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(None, {"image": images[held_out].astype(np.float32)})
    accuracy = float((probabilities.argmax(1) == digits.target[held_out]).mean())
    print(f"accuracy on {HELD_OUT} held-out images: {accuracy:.4f}")
    if accuracy < REQUIRED_ACCURACY:
        raise SystemExit(f"below the required {REQUIRED_ACCURACY}: nothing written")

    out.mkdir(parents=True, exist_ok=True)
    samples = held_out[:SAMPLES]
    onnx.save(model, out / "digits.onnx")
    np.save(out / "digits-samples.npy", images[samples].astype(np.float32))
    facts = {"labels": digits.target[samples].tolist(), "heldOut": HELD_OUT, "accuracy": round(accuracy, 4)}
    (out / "digits-samples.json").write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
