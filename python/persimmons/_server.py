"""The compile server: one child process for all compilations of this process, started when first needed."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import tempfile
import threading
from typing import Any, Dict, IO, List, Optional, Tuple

from ._cli import find_cli
from ._errors import Diagnostic, error_of, fault


class Server:
    """A `persimmons serve` child. One request at a time; a child that died is replaced by the next request."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._child: Optional[subprocess.Popen] = None
        self._errors: Optional[IO[bytes]] = None
        self._owner = 0
        self._next = 0
        self.started = 0
        """How many children were started; handles of loaded bundles belong to one."""

    def ask(self, method: str, **params: Any) -> Dict[str, Any]:
        """The result of a request. Raises what the compiler reports."""
        return self.ask_with_remarks(method, **params)[0]

    def ask_with_remarks(self, method: str, **params: Any) -> Tuple[Dict[str, Any], List[Diagnostic]]:
        """The result, and diagnostics that are no errors."""
        with self._lock:
            child = self._running()
            self._next += 1
            request = {"id": self._next, "method": method, "params": _given(params)}
            try:
                assert child.stdin is not None and child.stdout is not None
                child.stdin.write(json.dumps(request).encode() + b"\n")
                child.stdin.flush()
                answer = self._answer(child, self._next)
            except BaseException:
                # Interrupted or broken in the middle: whatever comes later answers nobody.
                self._stop(kill=True)
                raise
        if not answer["ok"]:
            raise error_of(answer["diagnostics"], answer.get("exitCode", 70))
        return answer.get("result", {}), answer["diagnostics"]

    def _answer(self, child: subprocess.Popen, number: int) -> Dict[str, Any]:
        while True:
            assert child.stdout is not None
            line = child.stdout.readline()
            if not line:
                raise fault("PS6013", "the compile server ended: %s" % (self._last_words() or child.wait()), 70)
            answer = json.loads(line)
            if answer.get("id") == number and "ok" in answer:
                return answer

    def _running(self) -> subprocess.Popen:
        # A forked child must not talk into its parent's pipe.
        if self._child is not None and self._owner == os.getpid() and self._child.poll() is None:
            return self._child
        if self._owner == os.getpid():
            self._stop(kill=True)
        self._errors = tempfile.TemporaryFile()
        self._child = subprocess.Popen(
            [*find_cli(), "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        self._owner = os.getpid()
        self.started += 1
        return self._child

    def _last_words(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip()[-2000:]

    def close(self) -> None:
        """Ends the child when it has nothing left to do."""
        with self._lock:
            if self._owner == os.getpid():
                self._stop(kill=False)

    def _stop(self, kill: bool) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if kill:
            child.kill()
        for stream in (child.stdin, child.stdout):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if self._errors is not None:
            self._errors.close()
            self._errors = None


def _given(params: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


SERVER = Server()
atexit.register(SERVER.close)
