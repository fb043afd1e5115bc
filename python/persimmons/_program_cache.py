"""Programs compiled before, by this process or another: bundles in the user's cache, named by all they were made from."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import platform
import shutil
import tempfile
import zipfile
from typing import Any, Callable, Mapping

from ._cli import find_cli
from ._errors import fault
from ._trust import cache_folder, is_private

# Of a graph's node, what a program does not depend on: lines of the user's source.
_METADATA = "metadata"


def key_of(archive: bytes, options: Mapping[str, Any]) -> str:
    """The name of the program that an archive and options give, on this machine, by this compiler."""
    digest = hashlib.sha256()
    for part in (_compiler(), _machine(), json.dumps(options, sort_keys=True, default=str)):
        digest.update(b"%d:%s" % (len(part), part.encode()))
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        for name in sorted(files.namelist()):
            content = files.read(name)
            if name.endswith("/models/model.json"):
                content = json.dumps(_without_metadata(json.loads(content)), sort_keys=True).encode()
            digest.update(b"%d:%s%d:" % (len(name), name.encode(), len(content)) + content)
    return digest.hexdigest()


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_metadata(item) for key, item in value.items() if key != _METADATA}
    return [_without_metadata(item) for item in value] if isinstance(value, list) else value


@functools.lru_cache(maxsize=None)
def _compiler() -> str:
    """The command line, and when it was built."""
    command = find_cli()
    stamps = [(part, os.stat(part).st_mtime_ns, os.stat(part).st_size) for part in command if os.path.isfile(part)]
    from . import __version__

    return json.dumps([__version__, command, stamps])


@functools.lru_cache(maxsize=None)
def _machine() -> str:
    """The processor: code for one may not run on another."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:
        flags = platform.processor()
    return "%s %s" % (platform.machine(), flags)


def program_folder(key: str, compile_into: Callable[[str], None]) -> str:
    """The folder of a program; ``compile_into`` makes it where there is none. Whole or not at all, whoever else makes it."""
    programs = os.path.join(cache_folder(), "programs")
    parent = os.path.join(programs, key[:2])
    folder = os.path.join(parent, key)
    os.makedirs(parent, mode=0o700, exist_ok=True)
    # What is found here is run.
    for place in (cache_folder(), programs, parent):
        if not is_private(place):
            fix = "chown it to yourself and run chmod go-w %s, or set PERSIMMONS_CACHE to a folder of your own" % place
            raise fault("PS5017", "others can write to %s, so programs in it are not run" % place, 2, fix)
    if os.path.isdir(folder):
        return folder
    made = tempfile.mkdtemp(prefix=".new-", dir=parent)
    try:
        compile_into(made)
        try:
            os.rename(made, folder)
        except OSError:
            if not os.path.isdir(folder):
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder
