"""Judges programs with jaxlib: reads a JSON list of cases, writes a JSON list of verdicts.

A case has `texts` (modules that must parse, verify and mean the same) and, if it is to be run, `inputs` and `referee`:
"xla" compiles the first text for the CPU, "refined" does so after making its shapes static, "interpreter" runs it in
StableHLO's reference interpreter.
"""

import base64
import json
import os
import sys

os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import ml_dtypes
import numpy as np
from jax._src.interpreters import mlir as jax_mlir
from jax._src.lib import xla_client
from jaxlib import _jax
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo
from jaxlib.mlir.passmanager import PassManager

DTYPES = {
    "i1": np.bool_,
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
    "bf16": ml_dtypes.bfloat16,
    "f8E4M3FN": ml_dtypes.float8_e4m3fn,
    "f8E5M2": ml_dtypes.float8_e5m2,
    "f8E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "f8E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
    "f8E4M3B11FNUZ": ml_dtypes.float8_e4m3b11fnuz,
    "f8E4M3": ml_dtypes.float8_e4m3,
    "f8E3M4": ml_dtypes.float8_e3m4,
    "i2": ml_dtypes.int2,
    "i4": ml_dtypes.int4,
    "ui2": ml_dtypes.uint2,
    "ui4": ml_dtypes.uint4,
    "complex<f32>": np.complex64,
    "complex<f64>": np.complex128,
}
for bits in (8, 16, 32, 64):
    DTYPES[f"i{bits}"] = np.dtype(f"int{bits}")
    DTYPES[f"ui{bits}"] = np.dtype(f"uint{bits}")
NAMES = {np.dtype(d): name for name, d in DTYPES.items()}


def to_numpy(array):
    raw = base64.b64decode(array["bytes"])
    return np.frombuffer(raw, DTYPES[array["element"]]).reshape(array["shape"])


def from_numpy(array):
    data = base64.b64encode(array.tobytes()).decode()
    return {"element": NAMES[array.dtype], "shape": list(array.shape), "bytes": data}


def parse(text):
    module = ir.Module.parse(text)
    module.operation.verify()
    return module


def judge_texts(texts):
    """What is wrong with each text."""
    printed, problems = None, []
    for text in texts:
        # In one context the resources of a second text would be renamed.
        with jax_mlir.make_ir_context() as context, ir.Location.unknown(context):
            try:
                again = str(parse(text))
                same = printed is None or again == printed
                problems.append(None if same else "means something else than the first text:\n" + again)
                printed = printed or again
            except Exception as error:  # the verdict is the caller's
                problems.append(str(error)[:2000])
    return problems


def run_xla(module, inputs):
    client = jax.devices()[0].client
    devices = _jax.DeviceList(tuple(client.local_devices()[:1]))
    program = client.compile_and_load(module, devices, xla_client.CompileOptions())
    buffers = [jax.device_put(x) for x in inputs]
    outs = program.execute_sharded(buffers).disassemble_into_single_device_arrays()
    return [np.asarray(out[0]) for out in outs]


def run_refined(module, inputs):
    """For operations that neither of the others takes: constant shape operands are made static, old forms new ones."""
    stablehlo.register_stablehlo_passes()
    passes = "func.func(stablehlo-canonicalize-dynamism),func.func(stablehlo-legalize-deprecated-ops)"
    PassManager.parse(f"builtin.module({passes})").run(module.operation)
    return run_xla(module, inputs)


def run_interpreter(module, inputs):
    attrs = [ir.DenseElementsAttr.get(x) for x in inputs]
    outs = stablehlo.eval_module(module, attrs)
    return [np.array(ir.DenseElementsAttr(out)) for out in outs]


def judge(case):
    verdict = {"problems": judge_texts(case["texts"])}
    runs = "inputs" in case and case["referee"] != "none"
    if not runs or verdict["problems"][0] is not None:
        return verdict
    inputs = [to_numpy(x) for x in case["inputs"]]
    run = {"xla": run_xla, "refined": run_refined, "interpreter": run_interpreter}[case["referee"]]
    with jax_mlir.make_ir_context() as context, ir.Location.unknown(context):
        try:
            verdict["results"] = [from_numpy(x) for x in run(parse(case["texts"][0]), inputs)]
        except Exception as error:
            verdict["error"] = str(error)[:2000]
    return verdict


json.dump([judge(case) for case in json.load(sys.stdin)], sys.stdout)
