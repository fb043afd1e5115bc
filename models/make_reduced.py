"""Writes models/reduced: small versions of the networks, for tests that have neither PyTorch nor minutes.

    python models/make_reduced.py [MODEL...]         needs scripts/requirements-models.txt

For every model NAME of export_transformers.py, exported with --reduced:
    models/reduced/NAME/static.onnx           fixed sizes, and dynamic.onnx with symbols for batch and sequence
    models/reduced/NAME/weights.data          the weights of both, each once
    models/reduced/NAME/static.caseK/         in.X.npy and out.Y.npy as export_transformers.py writes them; dynamic.caseK
What the exporter notes about each node (stack traces and the like), most of the file's bytes, is left out.
"""

import argparse
import pathlib
import shutil
import tempfile

import export_transformers
import onnx

FOLDER = pathlib.Path(__file__).parent / "reduced"
LARGE = 256  # bytes; the folding of shapes reads smaller ones
ALIGNMENT = 64


class Weights:
    """One file of tensors; equal ones are stored once."""

    def __init__(self, path):
        self.path = path
        self.offsets = {}
        self.data = bytearray()

    def place(self, tensor):
        raw = tensor.raw_data
        if raw not in self.offsets:
            self.data.extend(bytes(-len(self.data) % ALIGNMENT))
            self.offsets[raw] = len(self.data)
            self.data.extend(raw)
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entries = {"location": self.path.name, "offset": self.offsets[raw], "length": len(raw)}
        for key, value in entries.items():
            tensor.external_data.add(key=key, value=str(value))

    def write(self):
        self.path.write_bytes(self.data)


def without_notes(model):
    """Clears metadata and documentation, of nested messages too."""

    def clear(message):
        for field, value in message.ListFields():
            if field.name in ("metadata_props", "doc_string"):
                message.ClearField(field.name)
            elif field.message_type is not None:
                for part in value if hasattr(value, "__len__") else [value]:
                    clear(part)

    clear(model)
    return model


def reduce(name):
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    weights = Weights(folder / "weights.data")
    for kind in ("static", "dynamic"):
        with tempfile.TemporaryDirectory() as scratch:
            made = pathlib.Path(scratch)
            export_transformers.export(name, made, reduced=True, dynamic=kind == "dynamic")
            model = without_notes(onnx.load(made / name / "model.onnx"))
            for case in sorted((made / name).glob("case*")):
                shutil.copytree(case, folder / f"{kind}.{case.name}")
        for tensor in model.graph.initializer:
            if len(tensor.raw_data) >= LARGE:
                weights.place(tensor)
        onnx.save(model, folder / f"{kind}.onnx")
    weights.write()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all by default")
    options = parser.parse_args()
    for name in options.models or export_transformers.MODELS:
        reduce(name)


if __name__ == "__main__":
    main()
