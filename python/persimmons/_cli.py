"""Finds the command line: PERSIMMONS_CLI, the checkout above this package, the one inside the wheel, PATH, in that order."""

from __future__ import annotations

import os
import shlex
import shutil
from typing import Iterator, List, Tuple

from ._errors import fault

_HERE = os.path.dirname(os.path.abspath(__file__))


def find_cli() -> List[str]:
    """The command and its first arguments. Raises naming the places that were looked at."""
    tried = []
    for place, command in _candidates():
        if command:
            return command
        tried.append(place)
    fix = "in a checkout: npm ci && npm run build; elsewhere: npm install -g persimmons, or set PERSIMMONS_CLI"
    raise fault("PS6012", "the persimmons command line was not found (%s)" % "; ".join(tried), 4, fix)


def _candidates() -> Iterator[Tuple[str, List[str]]]:
    named = os.environ.get("PERSIMMONS_CLI", "")
    if named:
        command = _script(named) if os.path.exists(named) else shlex.split(named)
        if not command or not (os.path.exists(command[0]) or shutil.which(command[0])):
            raise fault("PS6012", "PERSIMMONS_CLI names '%s', which is not there" % named, 2)
        yield "PERSIMMONS_CLI", command
    for root in _checkouts():
        script = os.path.join(root, "dist", "cli", "main.js")
        if os.path.exists(os.path.join(root, "package.json")):
            yield "%s is not built" % root, _script(script) if os.path.exists(script) else []
    inside = os.path.join(_HERE, "_npm", "dist", "cli", "main.js")
    yield "none inside the package", _script(inside) if os.path.exists(inside) else []
    found = shutil.which("persimmons")
    yield "none on the PATH", [found] if found else []


def _checkouts() -> Iterator[str]:
    yield os.path.dirname(os.path.dirname(_HERE))
    try:
        # Written when the package was installed from a checkout.
        with open(os.path.join(_HERE, "_checkout.txt"), encoding="utf-8") as note:
            yield note.read().strip()
    except OSError:
        return


def _script(path: str) -> List[str]:
    """The command for a file: Node for JavaScript, the file itself for a program."""
    if not path.endswith((".js", ".mjs")):
        return [os.path.abspath(path)]
    node = os.environ.get("PERSIMMONS_NODE") or shutil.which("node")
    if not node:
        raise fault("PS6012", "Node was not found", 4, "install Node 20 or newer, or set PERSIMMONS_NODE")
    return [node, os.path.abspath(path)]
