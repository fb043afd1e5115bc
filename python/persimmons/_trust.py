"""Whether a bundle's own library may be loaded: the user's trust list, and the manifest's hashes.

Reads of the manifest (FlatBuffers, manifest.fbs) only what is needed: names, sizes and hashes of the files.
"""

from __future__ import annotations

import hashlib
import os
import struct
from typing import Dict, List, NamedTuple, Optional

from ._errors import CompileError, fault, problem


class ListedFile(NamedTuple):
    name: str
    size: int
    sha256: str


class Manifest(NamedTuple):
    digest: str
    """Hash of manifest.bin: the identity of the bundle."""
    model: str
    files: Dict[str, ListedFile]


def read_manifest(bundle: str) -> Manifest:
    """The manifest of the bundle in a directory. Raises (exit 5) where there is none, or it is damaged."""
    path = os.path.join(bundle, "manifest.bin")
    try:
        with open(path, "rb") as file:
            content = file.read((64 << 20) + 33)
    except OSError as error:
        raise fault("PS5002", "%s is not a bundle: %s" % (bundle, error.strerror), 5) from None
    body, seal = content[:-32], content[-32:]
    if len(body) < 8 or body[4:8] != b"PSMB" or hashlib.sha256(body).digest() != seal:
        raise fault("PS5003", "%s is damaged" % path, 5, "export the model again, or copy the bundle again")
    try:
        root = _Table(body, _u32(body, 0))
        if root.number(0, 4) != 1:
            raise fault("PS5007", "the bundle has format %d; this version reads format 1" % root.number(0, 4), 5)
        files = [ListedFile(f.text(0), f.number(1, 8), f.text(2)) for f in root.tables(5)]
        return Manifest(hashlib.sha256(content).hexdigest(), root.text(2), {f.name: f for f in files})
    except (struct.error, UnicodeDecodeError, IndexError):
        raise fault("PS5003", "%s is malformed" % path, 5) from None


def _u32(data: bytes, at: int) -> int:
    return struct.unpack_from("<I", data, at)[0]


class _Table:
    """A FlatBuffers table; reading outside of the bytes raises struct.error."""

    def __init__(self, data: bytes, at: int):
        self.data = data
        self.at = at
        self.fields = at - struct.unpack_from("<i", data, at)[0]

    def _field(self, index: int) -> Optional[int]:
        if self.fields < 0 or 4 + 2 * index + 2 > struct.unpack_from("<H", self.data, self.fields)[0]:
            return None
        offset = struct.unpack_from("<H", self.data, self.fields + 4 + 2 * index)[0]
        return self.at + offset if offset else None

    def number(self, index: int, size: int) -> int:
        at = self._field(index)
        return 0 if at is None else struct.unpack_from("<I" if size == 4 else "<Q", self.data, at)[0]

    def text(self, index: int) -> str:
        at = self._field(index)
        if at is None:
            return ""
        at += _u32(self.data, at)
        length = _u32(self.data, at)
        return struct.unpack_from("%ds" % length, self.data, at + 4)[0].decode()

    def tables(self, index: int) -> List["_Table"]:
        at = self._field(index)
        if at is None:
            return []
        at += _u32(self.data, at)
        count = _u32(self.data, at)
        if count > len(self.data) // 4:
            raise struct.error("a vector longer than the file")
        places = range(at + 4, at + 4 + 4 * count, 4)
        return [_Table(self.data, place + _u32(self.data, place)) for place in places]


def bundled_library(manifest: Manifest) -> Optional[str]:
    """The name of the library in the bundle, if it has one."""
    names = ("lib%s.so" % manifest.model, "lib%s.dylib" % manifest.model)
    return next((name for name in names if name in manifest.files), None)


def cache_folder() -> str:
    """The user's cache."""
    return os.environ.get("PERSIMMONS_CACHE") or os.path.join(os.path.expanduser("~"), ".cache", "persimmons")


def require_trust(bundle: str, manifest: Manifest) -> None:
    """Raises unless this user's export wrote the bundle."""
    cache = cache_folder()
    listed = os.path.join(cache, "trusted", manifest.digest)
    if os.path.exists(listed) and all(is_private(place) for place in (cache, os.path.dirname(listed))):
        return
    message = "%s was not exported by this user, so its native code is not run" % bundle
    raise fault("PS5017", message, 2, "pass trust=True if you trust where it came from")


def is_private(path: str) -> bool:
    """Whether nobody but this user can write there."""
    if not hasattr(os, "getuid"):
        return True
    stat = os.lstat(path)
    return stat.st_uid == os.getuid() and not stat.st_mode & 0o022


def check_files(bundle: str, manifest: Manifest, library: str) -> None:
    """Checks that all files are there with the right sizes, and the library's hash. The library itself checks the weights."""
    problems = []
    for file in manifest.files.values():
        path = os.path.join(bundle, file.name)
        try:
            size = os.lstat(path).st_size
        except OSError:
            problems.append(problem("PS5008", "'%s' is missing" % file.name))
            continue
        if size != file.size:
            message = "'%s' has %d bytes; the manifest says %d" % (file.name, size, file.size)
            problems.append(problem("PS5010", message))
        elif file.name == library:
            with open(path, "rb") as content:
                if hashlib.sha256(content.read()).hexdigest() != file.sha256:
                    message = "'%s' is not what the manifest lists: its SHA-256 differs" % file.name
                    problems.append(problem("PS5011", message))
    if problems:
        raise CompileError(problems, 5)
