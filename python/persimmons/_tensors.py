"""Calls of a native program on PyTorch's tensors, straight from and into their memory."""

from __future__ import annotations

import ctypes
from typing import Any, List, Sequence, Tuple

import torch

from ._dtypes import DTYPES
from ._library import NativeModel, Tensor

_TORCH = {name: getattr(torch, dtype.torch) for name, dtype in DTYPES.items() if dtype.torch and hasattr(torch, dtype.torch)}


class TensorCalls:
    """One entry of a model. Arguments are dense or strided tensors on the CPU, and integers for inputs without dimensions."""

    def __init__(self, model: NativeModel, entry: int = 0):
        described = model.description["entries"][entry]
        self._model = model
        self._entry = entry
        self._dtypes = [_TORCH[port["dtype"]] for port in described["outputs"]]
        self._by_run = [port["allocatedByRun"] for port in described["outputs"]]
        ports = described["inputs"]
        # Filled anew by each call, under the model's lock.
        self._records = (Tensor * len(ports))()
        self._dims = [(ctypes.c_int64 * max(1, len(port["shape"])))() for port in ports]
        self._numbers = [ctypes.c_int64() for _ in ports]
        self._planned = (Tensor * len(self._dtypes))()
        for record, port, dims in zip(self._records, ports, self._dims):
            record.dims = ctypes.addressof(dims)
            record.dtype = DTYPES[port["dtype"]].code
        # Sizes are planned once where the program has one size of each.
        self._shapes: List[Tuple[int, ...]] = []
        self._is_static = not model.description["symbols"]

    def __call__(self, args: Sequence[Any]) -> List[torch.Tensor]:
        with self._model.session() as call:
            keep = [self._bind(k, value) for k, value in enumerate(args)]
            if not (self._is_static and self._shapes):
                call.plan(self._entry, self._records, len(keep), self._planned, len(self._dtypes))
                self._shapes = [record.shape() for record in self._planned]
            outputs = [None if by_run or -1 in shape else torch.empty(shape, dtype=dtype)
                       for by_run, shape, dtype in zip(self._by_run, self._shapes, self._dtypes)]
            records = (Tensor * len(outputs))()
            for record, output in zip(records, outputs):
                if output is not None:
                    record.data = output.data_ptr()
                    record.bytes = output.nbytes
            call.run(self._entry, self._records, len(keep), records, len(outputs))
            return [self._copied(call, records[k], k) if output is None else output for k, output in enumerate(outputs)]

    def _bind(self, k: int, value: Any) -> Any:
        """Points record k to the value; gives what must live until the call is over."""
        record = self._records[k]
        if not isinstance(value, torch.Tensor):
            number = self._numbers[k]
            number.value = int(value)
            record.data, record.bytes, record.rank = ctypes.addressof(number), 8, 0
            return number
        if not value.is_contiguous() or value.is_conj() or value.is_neg():
            value = value.resolve_conj().resolve_neg().contiguous()
        self._dims[k][: value.dim()] = value.shape
        record.data, record.bytes, record.rank = value.data_ptr(), value.nbytes, value.dim()
        return value

    def _copied(self, call: Any, record: Tensor, k: int) -> torch.Tensor:
        """An output that the run has allocated."""
        output = torch.empty(record.shape(), dtype=self._dtypes[k])
        ctypes.memmove(output.data_ptr(), record.data, output.nbytes)
        call.release(record)
        return output
