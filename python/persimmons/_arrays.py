"""Arrays of every kind as raw NumPy arrays, and back: NumPy, PyTorch, and whatever speaks DLPack. What came in, comes out.

A raw array holds the bits of its elements: bf16 in uint16, 8-bit floats in uint8. Nothing is converted or rounded.
"""

from __future__ import annotations

import math
import sys
from typing import Any, Callable, Iterable, Optional, Tuple

import numpy as np

from ._dtypes import BY_TORCH, Dtype, dtype_of, extended, numpy_dtype
from ._errors import CompileError, Diagnostic, fault, problem

Make = Callable[[np.ndarray, Dtype], Any]


LINE = 64
"""Bytes of a cache line, and of the widest vector: an array that begins at a multiple of them has no vector across two."""


def aligned_empty(shape: Tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of undefined elements that begins at a cache line; NumPy's own begin 16 bytes past one."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    room = np.empty(size + LINE - 1, np.uint8)
    first = -room.ctypes.data % LINE
    return room[first : first + size].view(dtype).reshape(shape)


def to_numpy(raw: np.ndarray, dtype: Dtype) -> np.ndarray:
    return raw if dtype.is_numpys_own else raw.view(numpy_dtype(dtype))


def to_torch(raw: np.ndarray, dtype: Dtype) -> Any:
    import torch

    if dtype.torch is None or not hasattr(torch, dtype.torch):
        raise fault("PS6011", "this PyTorch has no type for %s elements" % dtype.name, 2)
    if dtype.is_numpys_own and dtype.name not in ("ui16", "ui32", "ui64"):
        return torch.from_numpy(raw)
    size = {1: "u1", 2: "i2", 4: "i4", 8: "i8"}[raw.itemsize]
    return torch.from_numpy(raw.view(size)).view(getattr(torch, dtype.torch))


def _from_torch(tensor: Any) -> Tuple[np.ndarray, Optional[Dtype]]:
    import torch

    if tensor.device.type != "cpu":
        raise TypeError("the tensor is on %s; move it to the CPU" % tensor.device)
    if tensor.layout != torch.strided:
        raise TypeError("the tensor is %s, not dense" % tensor.layout)
    dtype = BY_TORCH.get(str(tensor.dtype).replace("torch.", ""))
    if dtype is None:
        return np.empty(tuple(tensor.shape), "V1"), None
    plain = tensor.detach().resolve_conj().resolve_neg().contiguous()
    if dtype.is_numpys_own and dtype.name not in ("ui16", "ui32", "ui64"):
        return plain.numpy(), dtype
    bits = plain.view({1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[plain.element_size()])
    return bits.numpy().view(dtype.raw), dtype


def _from_numpy(array: np.ndarray) -> Tuple[np.ndarray, Optional[Dtype]]:
    dtype = dtype_of(array)
    if dtype is None:
        return array, None
    if dtype.is_numpys_own and array.flags.carray and array.dtype.isnative:
        return array, dtype
    # Also to the byte order of this machine.
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)
    return (plain if dtype.is_numpys_own else plain.view(dtype.raw)), dtype


def is_torch(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array(value: Any) -> bool:
    """Whether the value is an array of some kind, not a number, a list or None."""
    return is_torch(value) or isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "__dlpack__")


def overwrite(target: Any, value: Any) -> None:
    """Gives an array that was passed in the elements that the model has left in it."""
    if is_torch(target):
        target.detach().copy_(value)
    elif isinstance(target, np.ndarray) and target.flags.writeable:
        np.copyto(target, value)


def raw_of(value: Any, wanted: Dtype) -> Tuple[np.ndarray, Optional[Dtype]]:
    """The raw array of a value, and its type; plain Python numbers and lists take the type wanted.

    Raises TypeError for what is no array."""
    if is_torch(value):
        raw, dtype = _from_torch(value)
    elif isinstance(value, (np.ndarray, np.generic)):
        raw, dtype = _from_numpy(np.asarray(value))
    elif hasattr(value, "__dlpack__") or hasattr(value, "__array__"):
        raw, dtype = _from_numpy(_foreign(value))
    elif isinstance(value, (bool, int, float, complex, list, tuple)):
        raw, dtype = _from_numpy(np.asarray(value, numpy_dtype(wanted)))
    else:
        raise TypeError("a %s is no array" % type(value).__name__)
    return (raw if dtype is None else extended(raw, dtype)), dtype


def _foreign(value: Any) -> np.ndarray:
    if hasattr(value, "__dlpack__"):
        try:
            return np.from_dlpack(value)
        except (BufferError, RuntimeError, TypeError):
            if not hasattr(value, "__array__"):
                raise TypeError("the %s is not on the CPU, or of a type NumPy lacks" % type(value).__name__) from None
    return np.asarray(value)


def maker_for(values: Iterable[Any], otherwise: Make = to_numpy) -> Make:
    """What makes the outputs of a call with these inputs: the kind of the first that is not NumPy's; ``otherwise`` where
    there are no arrays among them."""
    found = otherwise
    for value in values:
        if is_torch(value):
            return to_torch
        if isinstance(value, (np.ndarray, np.generic)):
            found = to_numpy
            continue
        namespace = getattr(value, "__array_namespace__", None)
        if namespace is not None:
            return _maker_of(namespace())
    return found


def _maker_of(namespace: Any) -> Make:
    def make(raw: np.ndarray, dtype: Dtype) -> Any:
        array = to_numpy(raw, dtype)
        if dtype.is_numpys_own and hasattr(namespace, "from_dlpack"):
            try:
                return namespace.from_dlpack(array)
            except (BufferError, RuntimeError, TypeError, ValueError):
                pass  # a type or an alignment that it does not share; a copy does
        return namespace.asarray(array)

    return make


def bind(entry: Diagnostic, values: Iterable[Any], dtypes: Iterable[Dtype]) -> list:
    """Raw arrays for an entry's inputs, in order. Raises listing every input that is no array of the right type."""
    problems = []
    bound = []
    for port, value, wanted in zip(entry["inputs"], values, dtypes):
        try:
            raw, dtype = raw_of(value, wanted)
        except (TypeError, ValueError) as error:
            problems.append(problem("PS5204", "input '%s': %s" % (port["name"], error)))
            continue
        if dtype is not wanted:
            given = dtype.name if dtype is not None else str(getattr(value, "dtype", type(value).__name__))
            message = "input '%s': its elements are %s, the model takes %s" % (port["name"], given, wanted.name)
            problems.append(problem("PS5204", message, "convert it to %s" % wanted.numpy))
        bound.append(raw)
    if problems:
        raise CompileError(problems, 2)
    return bound
