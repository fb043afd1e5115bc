"""One runtime with one model in a process of its own: ``worker.py RUNTIME STEM THREADS [BUNDLE]``, for run.py.

First a line of JSON: {"ready": seconds, "error": largest error beside PyTorch's output, relative}, or {"failed": why}.
Then a time in seconds for each line read.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Callable, List

Run = Callable[[], Any]


def of_onnxruntime(model: str, threads: int, x: Any) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"x": x})[0]


def of_openvino(model: str, threads: int, x: Any) -> Run:
    import openvino

    core = openvino.Core()
    wanted = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(core.read_model(model), "CPU", wanted).create_infer_request()
    return lambda: request.infer({0: x}, share_inputs=True, share_outputs=True)[0]


def of_ours(bundle: str, threads: int, x: Any) -> Run:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
    import persimmons

    loaded = persimmons.load(bundle, threads=threads)
    return lambda: loaded.run({"x": x})["y"]


def main(words: List[str]) -> int:
    runtime, stem, threads = words[0], words[1], int(words[2])
    # Read when the libraries are loaded.
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import numpy as np

    x, wanted = np.load(stem + ".input.npy"), np.load(stem + ".output.npy")
    start = time.perf_counter()
    try:
        if runtime == "ours":
            run = of_ours(words[3], threads, x)
        else:
            run = {"onnxruntime": of_onnxruntime, "openvino": of_openvino}[runtime](stem + ".onnx", threads, x)
        result = np.asarray(run())
    except Exception as reason:  # noqa: BLE001  # Whatever it is, the race goes on without this runtime.
        print(json.dumps({"failed": "%s: %s" % (type(reason).__name__, reason)}), flush=True)
        return 1
    error = float(np.abs(result - wanted).max() / np.abs(wanted).max())
    print(json.dumps({"ready": time.perf_counter() - start, "error": error}), flush=True)
    for _line in sys.stdin:
        start = time.perf_counter()
        run()
        print(time.perf_counter() - start, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
