"""Writes a model whose weights are too large for any 32-bit number: 5 GB of external data, or any other size.

    python models/large_external.py --out build/large [--gigabytes 5] [--width 8192]

One embedding table takes at least half of the bytes (more than 2 GB in one tensor, at the default size), square
layers the rest, the last of them beyond 4 GB in the file:

    ids int64 [N, S] -> Gather(table) -> (MatMul, Relu) * layers -> MatMul -> activations float32 [N, S, width]

Only one row in 64 of every matrix (but 64 at least), and few rows of the table, are not zero. The data file is
sparse, so that it takes little of the disk where the file system knows holes, and it is written in seconds; the
expected output comes from the rows that are there, in float64. Every layer uses other rows, and the ids reach the
first and the last row of the table, so a wrong offset anywhere changes the result. Written: model.onnx,
model.onnx.data, case0/in.ids.npy, case0/out.activations.npy.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper

SEED = 11
STRIDE = 64  # one row in so many is not zero
LEAST_ROWS = 64
PAGE = 4096
TOKENS = (2, 16)  # N and S of the inputs written beside the model


class Writer:
    """Lays tensors of float32 rows out in one data file, each on a page of its own, and writes only the given rows."""

    def __init__(self, path):
        self.path, self.file, self.end = path, open(path, "wb"), 0

    def add(self, name, shape, rows, values):
        row_bytes = 4 * shape[1]
        offset, length = self.end, shape[0] * row_bytes
        for row, value in zip(rows, values):
            self.file.seek(offset + int(row) * row_bytes)
            self.file.write(value.astype("<f4").tobytes())
        self.end = -(-(offset + length) // PAGE) * PAGE
        self.file.truncate(self.end)
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", self.path.name), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        return tensor


def write_model(out, total_bytes, width):
    layers = total_bytes // 2 // (4 * width * width)
    table_rows = (total_bytes - layers * 4 * width * width) // (4 * width)
    if layers < 2 or table_rows < np.prod(TOKENS) or width < LEAST_ROWS:
        raise SystemExit("too small: take more --gigabytes or less --width (at least two layers of 64 or more)")
    out.mkdir(parents=True, exist_ok=True)
    stride = min(STRIDE, width // LEAST_ROWS)
    rng = np.random.default_rng(SEED)
    writer = Writer(out / "model.onnx.data")

    used = np.linspace(0, table_rows - 1, int(np.prod(TOKENS))).astype(np.int64)
    embeddings = rng.standard_normal((len(used), width)).astype(np.float32)
    initializers = [writer.add("table", (table_rows, width), used, embeddings)]
    order = rng.permutation(len(used))
    ids = used[order].reshape(TOKENS)
    expected = embeddings[order].astype(np.float64)

    nodes = [helper.make_node("Gather", ["table", "ids"], ["x0"], name="/embed/Gather", axis=0)]
    for layer in range(layers):
        rows = np.arange(layer % stride, width, stride)
        values = (rng.standard_normal((len(rows), width)) * np.sqrt(2 / len(rows))).astype(np.float32)
        initializers.append(writer.add(f"layer{layer}.weight", (width, width), rows, values))
        last = layer == layers - 1
        product = "activations" if last else f"y{layer}"
        nodes.append(
            helper.make_node("MatMul", [f"x{layer}", f"layer{layer}.weight"], [product], name=f"/layer{layer}/MatMul")
        )
        expected = expected[:, rows] @ values.astype(np.float64)
        if last:
            break
        nodes.append(helper.make_node("Relu", [product], [f"x{layer + 1}"], name=f"/layer{layer}/Relu"))
        expected = np.maximum(expected, 0)

    graph = helper.make_graph(
        nodes,
        "large_external",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["N", "S"])],
        [helper.make_tensor_value_info("activations", TensorProto.FLOAT, ["N", "S", width])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    (out / "model.onnx").write_bytes(model.SerializeToString())
    onnx.checker.check_model(str(out / "model.onnx"))
    case = out / "case0"
    case.mkdir(exist_ok=True)
    np.save(case / "in.ids.npy", ids)
    np.save(case / "out.activations.npy", expected.reshape(*TOKENS, width).astype(np.float32))
    return writer.end, layers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--gigabytes", type=float, default=5.0, help="size of the data file, in 10^9 bytes")
    parser.add_argument("--width", type=int, default=8192, help="columns of the table and of every layer")
    options = parser.parse_args()
    size, layers = write_model(options.out, int(options.gigabytes * 1e9), options.width)
    print(f"{options.out}/model.onnx: {layers} layers, {size / 1e9:.3f} GB of external data")


if __name__ == "__main__":
    main()
