"""A model on another runtime, driven over standard input and output by ``persimmons verify`` and ``persimmons bench``.

One JSON object a line each way. Runs alone, as ``python _peers.py``, and imports nothing of this package:

    {"do": "load", "peer": "ort" | "openvino" | "eager" | "inductor", "model": path, "threads": n,
     "inputs": [{"name", "file"}], "outputs": [name], "every": bool}
    {"do": "run", "count": n}      times of n runs, in milliseconds
    {"do": "outputs", "out": dir}  the last run's outputs as .npy files

``outputs`` names what a program of PyTorch gives, in order. ``every`` makes each intermediate value an output too (onnxruntime
only). Arrays travel as .npy files; types that NumPy
lacks carry a tag, a record of one field with the type's name: ``[('bf16', '<u2')]``.
"""

import json
import os
import sys
import time

import numpy as np

# ONNX's numbers of the types that NumPy lacks.
TAGGED = {
    "bf16": (16, "u2"),
    "f8E4M3FN": (17, "u1"),
    "f8E4M3FNUZ": (18, "u1"),
    "f8E5M2": (19, "u1"),
    "f8E5M2FNUZ": (20, "u1"),
    "ui4": (21, "u1"),
    "i4": (22, "i1"),
}


def read_array(path):
    """The array, and the tag of its type where it has one."""
    array = np.load(path, allow_pickle=False)
    tag = array.dtype.names[0] if array.dtype.names else None
    return (array[tag] if tag else array), tag


def write_array(path, array, tag=None):
    array = np.asarray(array)
    if tag is not None:
        array = np.ascontiguousarray(array).view(np.dtype([(tag, TAGGED[tag][1])]))
    np.save(path, array, allow_pickle=False)


class OnnxRuntime:
    def __init__(self, request):
        import onnxruntime as ort

        self.ort = ort
        ort.set_default_logger_severity(4)
        options = ort.SessionOptions()
        options.intra_op_num_threads = request["threads"]
        options.inter_op_num_threads = 1
        source = request["model"]
        if request.get("every"):
            # Values that optimisation would remove must stay.
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
            source = self.with_every_output(source)
        self.session = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        self.names = [output.name for output in self.session.get_outputs()]
        self.binding = self.session.io_binding()
        self.bind(request["inputs"])

    @staticmethod
    def with_every_output(path):
        import onnx

        model = onnx.load(path, load_external_data=False)
        known = {output.name for output in model.graph.output}
        for node in model.graph.node:
            for name in node.output:
                if name and name not in known:
                    known.add(name)
                    model.graph.output.append(onnx.ValueInfoProto(name=name))
        # Beside the model, so that its external data is found.
        import tempfile

        handle, changed = tempfile.mkstemp(suffix=".onnx", dir=os.path.dirname(os.path.abspath(path)))
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(model.SerializeToString())
            return changed
        finally:
            OnnxRuntime.leftover = changed

    leftover = None

    def bind(self, inputs):
        wanted = {value.name for value in self.session.get_inputs()}
        for entry in inputs:
            if entry["name"] not in wanted:
                continue
            array, tag = read_array(entry["file"])
            array = np.ascontiguousarray(array)
            if tag is None:
                value = self.ort.OrtValue.ortvalue_from_numpy(array)
            else:
                value = self.ort.OrtValue.ortvalue_from_numpy_with_onnx_type(array, TAGGED[tag][0])
            self.binding.bind_ortvalue_input(entry["name"], value)

    def run(self):
        # Outputs are allocated anew by every run, as ours are.
        for name in self.names:
            self.binding.bind_output(name, "cpu")
        self.session.run_with_iobinding(self.binding)

    def outputs(self):
        for name, value in zip(self.names, self.binding.get_outputs()):
            if not value.is_tensor() or "string" in value.data_type():
                continue
            kind = value.element_type() if hasattr(value, "element_type") else None
            tag = next((tag for tag, (number, _) in TAGGED.items() if number == kind), None)
            if tag is None:
                yield name, value.numpy(), None
            elif TAGGED[tag][1].endswith("2") or tag.startswith("f8"):
                import ctypes

                shape = value.shape()
                array = np.empty(shape, TAGGED[tag][1])
                ctypes.memmove(array.ctypes.data, value.data_ptr(), array.nbytes)
                yield name, array, tag


class OpenVino:
    def __init__(self, request):
        import openvino

        core = openvino.Core()
        # Left to itself it computes in bf16 where the CPU can.
        precise = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        core.set_property("CPU", {"INFERENCE_NUM_THREADS": request["threads"], **precise})
        self.model = core.compile_model(core.read_model(request["model"]), "CPU")
        self.request = self.model.create_infer_request()
        ports = {name: port for port in self.model.inputs for name in port.get_names()}
        for entry in request["inputs"]:
            array, tag = read_array(entry["file"])
            if tag is not None:
                raise ValueError("openvino is not fed " + tag)
            if entry["name"] in ports:
                self.request.set_tensor(ports[entry["name"]], openvino.Tensor(np.ascontiguousarray(array)))

    def run(self):
        self.request.infer()

    def outputs(self):
        for port in self.model.outputs:
            yield port.get_any_name(), np.array(self.request.get_tensor(port).data), None


class Torch:
    """A program that ``torch.export.save`` wrote, as PyTorch runs it."""

    def __init__(self, request):
        import torch

        torch.set_num_threads(request["threads"])
        self.torch = torch
        program = torch.export.load(request["model"])
        self.names = request["outputs"]
        self.args, self.kwargs = self.arguments(program, [self.tensor(x["file"]) for x in request["inputs"]])
        self.module = self.compiled(program.module())

    def compiled(self, module):
        return module

    def tensor(self, file):
        array, tag = read_array(file)
        array = np.ascontiguousarray(array)
        if tag is None:
            return self.torch.from_numpy(array)
        if tag == "bf16":
            return self.torch.from_numpy(array.view(np.int16)).view(self.torch.bfloat16)
        raise ValueError("PyTorch is not fed " + tag)

    def arguments(self, program, tensors):
        """Leaves that are no inputs are constants of the program; numbers came as tensors of one element."""
        from torch.utils import _pytree

        values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
        given = iter(tensors)

        def leaf(user_input):
            if not isinstance(user_input, str) or user_input not in values:
                return user_input
            value = next(given)
            return value if isinstance(values[user_input], self.torch.Tensor) else value.item()

        leaves = [leaf(x) for x in program.graph_signature.user_inputs]
        return _pytree.tree_unflatten(leaves, program.call_spec.in_spec)

    def run(self):
        with self.torch.no_grad():
            self.results = self.module(*self.args, **self.kwargs)

    def outputs(self):
        from torch.utils import _pytree

        leaves = [x for x in _pytree.tree_leaves(self.results) if isinstance(x, self.torch.Tensor)]
        for name, x in zip(self.names, leaves):
            if x.dtype == self.torch.bfloat16:
                yield name, x.contiguous().view(self.torch.int16).numpy().view(np.uint16), "bf16"
            else:
                yield name, x.numpy(), None


class Inductor(Torch):
    def compiled(self, module):
        return self.torch.compile(module, backend="inductor")


PEERS = {"ort": OnnxRuntime, "openvino": OpenVino, "eager": Torch, "inductor": Inductor}


def serve():
    peer = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "load":
                peer = PEERS[request["peer"]](request)
                answer = {}
            elif request["do"] == "run":
                times = []
                for _ in range(request["count"]):
                    start = time.perf_counter()
                    peer.run()
                    times.append((time.perf_counter() - start) * 1e3)
                answer = {"milliseconds": times}
            else:
                os.makedirs(request["out"], exist_ok=True)
                outputs = []
                for k, (name, array, tag) in enumerate(peer.outputs()):
                    file = os.path.join(request["out"], "%d.npy" % k)
                    write_array(file, array, tag)
                    outputs.append({"name": name, "file": file})
                answer = {"outputs": outputs}
        except Exception as error:  # whatever the other runtime throws is told to the caller
            answer = {"error": "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:2000])}
        finally:
            if OnnxRuntime.leftover is not None:
                os.unlink(OnnxRuntime.leftover)
                OnnxRuntime.leftover = None
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
