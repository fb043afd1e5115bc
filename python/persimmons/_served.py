"""A bundle in the sandbox of the command line's server: for machines without a compiler, and bundles from strangers.

Arrays travel as .npy files. Types that NumPy lacks carry a tag, a record of one field with the type's name."""

from __future__ import annotations

import os
import tempfile
import threading
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ._dtypes import DTYPES, Dtype
from ._errors import Diagnostic, fault
from ._server import SERVER


class ServedModel:
    def __init__(self, path: str, engine: Optional[str], target: Optional[str], threads: Optional[int], trust: bool):
        result, remarks = SERVER.ask_with_remarks(
            "load", bundle=os.path.abspath(path), engine=engine, target=target, threads=threads, trust=trust or None
        )
        self.remarks: List[Diagnostic] = remarks
        self.engine: str = result["engine"]
        self.description: Dict[str, Any] = result["description"]
        self._handle = result["handle"]
        self._child = SERVER.started
        self._lock = threading.Lock()

    def run(self, entry: int, inputs: Sequence[np.ndarray]) -> List[np.ndarray]:
        described = self.description["entries"][entry]
        with self._lock, tempfile.TemporaryDirectory(prefix="persimmons-") as folder:
            files = []
            for k, (array, port) in enumerate(zip(inputs, described["inputs"])):
                files.append(os.path.join(folder, "in-%d.npy" % k))
                write_npy(files[-1], array, DTYPES[port["dtype"]])
            out = os.path.join(folder, "out")
            result = self._ask("run", entry=described["name"], inputs=files, out=out)
            outputs = zip(result["outputs"], described["outputs"])
            return [read_npy(output["file"], DTYPES[port["dtype"]]) for output, port in outputs]

    def state(self, index: int) -> np.ndarray:
        raise fault("PS6014", "states of a bundle in the sandbox cannot be read from Python", 4, "use native code")

    def reset(self, index: int = -1) -> None:
        self._ask("reset", state=None if index < 0 else self.description["states"][index]["name"])

    def counters(self) -> List[Dict[str, Any]]:
        return self._ask("counters")["counters"]

    def cancel(self) -> None:
        raise fault("PS6014", "a run in the sandbox cannot be cancelled from Python", 4, "use native code")

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None and SERVER.started == self._child:
            SERVER.ask("unload", handle=handle)

    def _ask(self, method: str, **params: Any) -> Dict[str, Any]:
        if self._handle is None:
            raise fault("PS5250", "the model is closed", 2, "load it again")
        if SERVER.started != self._child:
            raise fault("PS6013", "the compile server that had the bundle loaded has ended", 70, "load it again")
        return SERVER.ask(method, handle=self._handle, **params)


def write_npy(path: str, raw: np.ndarray, dtype: Dtype) -> None:
    tagged = raw if dtype.is_numpys_own else np.ascontiguousarray(raw).view([(dtype.name, dtype.raw)])
    np.save(path, tagged.reshape(raw.shape), allow_pickle=False)


def read_npy(path: str, dtype: Dtype) -> np.ndarray:
    array = np.load(path, allow_pickle=False)
    return array if dtype.is_numpys_own else array[dtype.name]
