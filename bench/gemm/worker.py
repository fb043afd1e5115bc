"""One runtime in a process of its own: ``worker.py RUNTIME THREADS``, for run.py.

Takes a line of JSON a measurement, {"model": path, "m", "n", "k", "seconds"}, and answers with one: {"seconds": the
median of the repetitions} or {"error": text}. The runtime is ours, onnxruntime or numpy. The last product of matrices
is compared with NumPy's.
"""

from __future__ import annotations

import ctypes
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Tuple

RUNTIME, THREADS = sys.argv[1], int(sys.argv[2])
# Read when the libraries are loaded.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(THREADS)

import numpy as np  # noqa: E402

from shapes import matrices  # noqa: E402

Call = Callable[[], Any]


def of_numpy(request: Dict[str, Any], a: np.ndarray, b: np.ndarray) -> Tuple[Call, np.ndarray]:
    out = np.empty((len(a), b.shape[1]), np.float32)
    return lambda: np.matmul(a, b, out=out), out


def of_onnxruntime(request: Dict[str, Any], a: np.ndarray, b: np.ndarray) -> Tuple[Call, np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(request["model"] + ".onnx", options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    out = np.empty((len(a), b.shape[1]), np.float32)
    binding.bind_cpu_input("a", a)
    binding.bind_output("y", "cpu", 0, np.float32, out.shape, out.ctypes.data)
    return lambda: session.run_with_iobinding(binding), out


def of_ours(request: Dict[str, Any], a: np.ndarray, b: np.ndarray) -> Tuple[Call, np.ndarray]:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
    import persimmons
    from persimmons._library import Tensor, _tensors
    from persimmons._dtypes import DTYPES

    bundle = persimmons.load(request["model"] + ".psm", threads=THREADS)
    model: Any = bundle._model
    out = np.empty((len(a), b.shape[1]), np.float32)
    given = _tensors([(a, DTYPES["f32"])])
    records = (Tensor * 1)()

    def call() -> None:
        records[0].data, records[0].bytes = out.ctypes.data, out.nbytes
        records[0].dims = None
        with model.session() as session:
            session.run(0, given.records, 1, records, 1)

    call.bundle = bundle  # type: ignore[attr-defined]  # which stays loaded with it
    return call, out


def measure(request: Dict[str, Any]) -> Dict[str, Any]:
    a, b = matrices(request["m"], request["n"], request["k"])
    prepare = {"ours": of_ours, "onnxruntime": of_onnxruntime, "numpy": of_numpy}[RUNTIME]
    call, out = prepare(request, a, b)
    for _warm in range(2):
        call()
    times = []
    end = time.perf_counter() + request["seconds"]
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    error = float(np.max(np.abs(out - a @ b)))
    if not error <= 1e-6 * request["k"]:
        return {"error": "differs from NumPy's product by %.1e" % error}
    return {"seconds": statistics.median(times)}


def main() -> None:
    for line in sys.stdin:
        try:
            answer = measure(json.loads(line))
        except Exception as error:  # what a runtime cannot do is a row of the table
            answer = {"error": "%s: %s" % (type(error).__name__, str(error).splitlines()[0] if str(error) else "")}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
