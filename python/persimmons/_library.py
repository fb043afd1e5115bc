"""A model's shared library through C ABI v1 (psm_abi.h), by ctypes: needs neither Node nor a compiler."""

from __future__ import annotations

import ctypes
import json
import re
import threading
import weakref
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ._arrays import aligned_empty
from ._dtypes import DTYPES, Dtype
from ._errors import error_of, fault, problem

_ABI = 1


class Tensor(ctypes.Structure):
    """psm_tensor."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dims", ctypes.c_void_p),
        ("bytes", ctypes.c_uint64),
        ("rank", ctypes.c_int32),
        ("dtype", ctypes.c_int32),
    ]

    def shape(self) -> Tuple[int, ...]:
        return () if self.rank == 0 else tuple((ctypes.c_int64 * self.rank).from_address(self.dims))


class _Options(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_uint32),
        ("threads", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("error_bytes", ctypes.c_uint32),
        ("memory_limit", ctypes.c_uint64),
        ("weights_bytes", ctypes.c_uint64),
        ("weights_path", ctypes.c_char_p),
        ("weights_data", ctypes.c_void_p),
        ("share_weights", ctypes.c_void_p),
        ("allocator", ctypes.c_void_p),
        ("thread_pool", ctypes.c_void_p),
        ("collectives", ctypes.c_void_p),
        ("error", ctypes.c_char_p),
    ]


_SIGNATURES: Dict[str, Tuple[Any, Sequence[Any]]] = {
    "abi_version": (ctypes.c_uint32, []),
    "describe": (ctypes.c_char_p, []),
    "create": (ctypes.c_int32, [ctypes.c_void_p, ctypes.c_void_p]),
    "plan": (ctypes.c_int32, [ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32]),
    "run": (ctypes.c_int32, [ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32]),
    "release": (None, [ctypes.c_void_p, ctypes.c_void_p]),
    "state_get": (ctypes.c_int32, [ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p]),
    "state_reset": (ctypes.c_int32, [ctypes.c_void_p, ctypes.c_int32]),
    "counters": (ctypes.c_int32, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32]),
    "last_error": (ctypes.c_char_p, [ctypes.c_void_p]),
    "cancel": (None, [ctypes.c_void_p]),
    "destroy": (None, [ctypes.c_void_p]),
}

_CODES = {2: "PS5208", 4: "PS5241", 5: "PS5230", 130: "PS6009"}


class NativeModel:
    """An instance of a library: its own states and memory, one call at a time (calls from threads wait for one another)."""

    engine = "native"

    def __init__(self, path: str, model: str, weights: Optional[str] = None, threads: Optional[int] = None):
        self.path = path
        try:
            self._library = ctypes.CDLL(path)
            self._functions = {name: self._bind(model, name) for name in _SIGNATURES}
        except (OSError, AttributeError) as error:
            raise fault("PS5230", "%s is not the library of '%s': %s" % (path, model, error), 5) from None
        version = self._functions["abi_version"]()
        if version != _ABI:
            raise fault("PS5007", "%s speaks ABI %d; this version speaks %d" % (path, version, _ABI), 5)
        self.description: Dict[str, Any] = json.loads(self._functions["describe"]())
        self._lock = threading.Lock()
        self._handle = self._create(weights, threads)
        self._finalizer = weakref.finalize(self, _destroy, self._functions["destroy"], self._handle, self._library._handle)

    def _bind(self, model: str, name: str) -> Any:
        function = getattr(self._library, "%s_%s" % (model, name))
        function.restype, function.argtypes = _SIGNATURES[name]
        return function

    def _create(self, weights: Optional[str], threads: Optional[int]) -> int:
        error = ctypes.create_string_buffer(4096)
        options = _Options(size=ctypes.sizeof(_Options), threads=threads or 0, error_bytes=len(error))
        options.error = ctypes.cast(error, ctypes.c_char_p)
        if weights is not None:
            options.weights_path = weights.encode()
        handle = ctypes.c_void_p()
        status = self._functions["create"](ctypes.byref(options), ctypes.byref(handle))
        if status != 0:
            raise _status_error(status, error.value.decode(errors="replace"))
        assert handle.value is not None
        return handle.value

    def run(self, entry: int, inputs: Sequence[np.ndarray]) -> List[np.ndarray]:
        """Runs an entry on raw, dense arrays; gives raw arrays. Raises listing everything wrong with the inputs."""
        described = self.description["entries"][entry]
        dtypes = [DTYPES[port["dtype"]] for port in described["outputs"]]
        given = _tensors([(array, DTYPES[p["dtype"]]) for array, p in zip(inputs, described["inputs"])])
        counts = len(inputs), len(dtypes)
        with self.session() as call:
            planned = (Tensor * len(dtypes))()
            call.plan(entry, given.records, counts[0], planned, counts[1])
            shapes = [record.shape() for record in planned]
            outputs = [_room(port, shape, dtype) for port, shape, dtype in zip(described["outputs"], shapes, dtypes)]
            records = _output_records(outputs, shapes)
            call.run(entry, given.records, counts[0], records, counts[1])
            return [_result(call, records[k], outputs[k], dtype) for k, dtype in enumerate(dtypes)]

    def session(self) -> "_Session":
        """Calls of the C ABI, one thread at a time."""
        return _Session(self)

    def state(self, index: int) -> np.ndarray:
        """A copy of a state, raw."""
        record = Tensor()
        with self._lock:
            self._live()
            self._check(self._functions["state_get"](self._handle, index, ctypes.byref(record)))
            array = np.empty(record.shape(), DTYPES[self.description["states"][index]["dtype"]].raw)
            ctypes.memmove(array.ctypes.data, record.data, array.nbytes)
        return array

    def reset(self, index: int = -1) -> None:
        with self._lock:
            self._live()
            self._check(self._functions["state_reset"](self._handle, index))

    def counters(self) -> List[Dict[str, Any]]:
        with self._lock:
            self._live()
            count = self._functions["counters"](self._handle, None, 0)
            numbers = (ctypes.c_uint64 * count)()
            self._functions["counters"](self._handle, numbers, count)
        kernels = self.description["kernels"] if count else []
        return [
            {"kernel": kernel, "calls": numbers[2 * k], "nanoseconds": numbers[2 * k + 1]}
            for k, kernel in enumerate(kernels)
        ]

    def cancel(self) -> None:
        """Ends the run in progress in another thread, or else the next."""
        self._live()
        self._functions["cancel"](self._handle)

    def close(self) -> None:
        with self._lock:
            self._finalizer()

    def _live(self) -> None:
        if not self._finalizer.alive:
            raise fault("PS5250", "the model is closed", 2, "load it again")

    def _check(self, status: int) -> None:
        if status != 0:
            raise _status_error(status, (self._functions["last_error"](self._handle) or b"").decode(errors="replace"))


class _Session:
    """The model while one thread calls it."""

    def __init__(self, model: NativeModel):
        self._model = model

    def __enter__(self) -> "_Session":
        self._model._lock.acquire()
        try:
            self._model._live()
        except BaseException:
            self._model._lock.release()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self._model._lock.release()

    def plan(self, *arguments: Any) -> None:
        """Checks inputs and fills in the outputs' sizes. Raises listing everything wrong."""
        self._model._check(self._model._functions["plan"](self._model._handle, *arguments))

    def run(self, *arguments: Any) -> None:
        self._model._check(self._model._functions["run"](self._model._handle, *arguments))

    def release(self, record: Tensor) -> None:
        """Frees an output that the run has allocated."""
        self._model._functions["release"](self._model._handle, ctypes.byref(record))


def _result(call: _Session, record: Tensor, own: Optional[np.ndarray], dtype: Dtype) -> np.ndarray:
    if own is not None:
        return own
    array = np.empty(record.shape(), dtype.raw)
    if array.nbytes:
        ctypes.memmove(array.ctypes.data, record.data, array.nbytes)
    call.release(record)
    return array


def _destroy(destroy: Any, handle: int, library: int) -> None:
    destroy(handle)
    try:
        import _ctypes

        _ctypes.dlclose(library)
    except (ImportError, AttributeError, OSError):
        pass  # it stays loaded, which does no harm


def _status_error(status: int, text: str) -> Exception:
    lines = [line for line in text.split("\n") if line] or ["the compiled model failed with status %d" % status]
    return error_of([problem(_CODES.get(status, "PS6070"), line) for line in lines], status)


class _Given:
    """Records of inputs; keeps what they point to alive."""

    def __init__(self, records: Any, keep: Any):
        self.records = records
        self.keep = keep


def _tensors(arrays: Sequence[Tuple[np.ndarray, Dtype]]) -> _Given:
    records = (Tensor * len(arrays))()
    keep = []
    for record, (array, dtype) in zip(records, arrays):
        unit = min(8, array.itemsize)
        if array.ctypes.data % unit or not array.flags.c_contiguous:
            array = array.copy()
        dims = (ctypes.c_int64 * max(1, array.ndim))(*array.shape)
        keep.append((array, dims))
        record.data = array.ctypes.data
        record.dims = ctypes.addressof(dims)
        record.bytes = array.nbytes
        record.rank = array.ndim
        record.dtype = dtype.code
    return _Given(records, keep)


def _room(port: Dict[str, Any], shape: Tuple[int, ...], dtype: Dtype) -> Optional[np.ndarray]:
    """Where an output goes; None where the run allocates it."""
    return None if port.get("allocatedByRun") or -1 in shape else aligned_empty(shape, dtype.raw)


def _output_records(outputs: Sequence[Optional[np.ndarray]], shapes: Sequence[Tuple[int, ...]]) -> Any:
    records = (Tensor * len(outputs))()
    for record, array in zip(records, outputs):
        if array is not None and array.nbytes:
            record.data = array.ctypes.data
            record.bytes = array.nbytes
    return records


def model_of_library(path: str) -> str:
    """The model's name, from the library's: libNAME.so."""
    match = re.search(r"lib([A-Za-z_]\w*)\.(so|dylib)$", path)
    if match is None:
        raise fault("PS5230", "%s is not named libNAME.so" % path, 2)
    return match.group(1)
