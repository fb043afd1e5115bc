"""What can go wrong, with the command line's exit codes and its diagnostics."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

Diagnostic = Dict[str, Any]

# What a model may ask for that there is no translation of, apart from models that are malformed.
_UNSUPPORTED = {"PS2201", "PS2202", "PS2204", "PS2309", "PS2401", "PS2402", "PS2404"}


class CompileError(RuntimeError):
    """A model, a bundle, an input or a file is not what it must be.

    ``exit_code`` is the command line's: 1 a wrong result, 2 usage, 3 the model is malformed or not supported, 4 the target
    or a limit cannot be met, 5 a file cannot be read or a bundle is corrupt, 70 a fault of ours, 130 interrupted.
    ``diagnostics`` lists every problem: dictionaries with ``code``, ``severity``, ``message``, ``at``, ``notes`` and perhaps ``fix``.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], exit_code: int):
        super().__init__("\n".join(format_diagnostic(d) for d in diagnostics) or "exit code %d" % exit_code)
        self.diagnostics: List[Diagnostic] = list(diagnostics)
        self.exit_code = exit_code


class UnsupportedError(CompileError, NotImplementedError):
    """The model is sound, but asks for something that is not supported."""


def error_of(diagnostics: Sequence[Diagnostic], exit_code: int) -> CompileError:
    """The exception for a failure that the compiler reported."""
    codes = {d["code"] for d in diagnostics if d.get("severity") == "error"}
    unsupported = exit_code == 3 and codes and all(c in _UNSUPPORTED or c.startswith("PS3") for c in codes)
    return (UnsupportedError if unsupported else CompileError)(diagnostics, exit_code)


def fault(code: str, message: str, exit_code: int, fix: str | None = None) -> CompileError:
    """A failure with one problem, found on this side."""
    return error_of([problem(code, message, fix)], exit_code)


def problem(code: str, message: str, fix: str | None = None) -> Diagnostic:
    found: Diagnostic = {"code": code, "severity": "error", "message": message, "at": {"kind": "unknown"}, "notes": []}
    if fix is not None:
        found["fix"] = fix
    return found


def format_diagnostic(diagnostic: Diagnostic) -> str:
    place = format_place(diagnostic.get("at", {"kind": "unknown"}))
    lines = ["%s%s %s: %s" % (place, diagnostic["severity"], diagnostic["code"], diagnostic["message"])]
    for note in diagnostic.get("notes", []):
        lines.append("  %snote: %s" % (format_place(note["at"]), note["message"]))
    if "fix" in diagnostic:
        lines.append("  fix: %s" % diagnostic["fix"])
    return "\n".join(lines)


def format_place(at: Diagnostic) -> str:
    kind = at["kind"]
    if kind == "text":
        return "%s:%d:%d: " % (at["file"], at["line"], at["column"])
    if kind == "graph-node":
        source = " (%s)" % at["source"] if "source" in at else ""
        return "%s#%s%s: " % (at["file"], at["node"], source)
    if kind == "bytes":
        return "%s: " % at["file"] if at["offset"] == 0 else "%s@%d: " % (at["file"], at["offset"])
    if kind == "derived":
        inner = " + ".join(format_place(place).rstrip(": ") for place in at["from"])
        return "%s (via %s): " % (inner, at["pass"])
    return ""
