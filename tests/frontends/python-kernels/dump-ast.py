"""Writes the syntax trees of files as JSON lines, in the form that the test compares: CPython's own reading."""

import ast
import json
import sys

SKIPPED = {"ctx", "type_comment", "type_ignores", "kind", "type_params"}


def literal(value):
    if value is None:
        return {"type": "None"}
    if value is Ellipsis:
        return {"type": "Ellipsis"}
    if isinstance(value, bool):
        return {"type": "bool", "value": value}
    if isinstance(value, int):
        return {"type": "int", "value": hex(value)}
    if isinstance(value, float):
        return {"type": "float", "value": value.hex()}
    if isinstance(value, complex):
        return {"type": "imaginary", "value": value.imag.hex()}
    if isinstance(value, bytes):
        return {"type": "bytes", "value": [b for b in value]}
    return {"type": "str", "value": [ord(c) for c in value]}


def plain(node, ascii_lines, formatted=False):
    if isinstance(node, list):
        return [plain(x, ascii_lines, formatted) for x in node]
    if not isinstance(node, ast.AST):
        return node
    kind = type(node).__name__
    made = {"kind": kind}
    # Places within formatted strings are not those of the source before Python 3.12.
    if hasattr(node, "lineno") and not formatted and kind != "JoinedStr":
        if node.lineno in ascii_lines and node.end_lineno in ascii_lines:
            made["at"] = [node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1]
    inside = formatted or kind == "JoinedStr"
    for name, value in ast.iter_fields(node):
        if name in SKIPPED or value is None and kind not in ("Constant", "MatchSingleton"):
            continue
        if kind in ("Constant", "MatchSingleton") and name == "value":
            made[name] = literal(value)
        elif name in ("op",):
            made[name] = type(value).__name__
        elif name == "ops":
            made[name] = [type(x).__name__ for x in value]
        elif name in ("simple", "is_async"):
            made[name] = bool(value)
        else:
            made[name] = plain(value, ascii_lines, inside)
    return made


def main():
    sys.setrecursionlimit(100000)
    for path in sys.stdin.read().splitlines():
        try:
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except UnicodeDecodeError:
            continue
        try:
            tree = ast.parse(text, path)
        except (SyntaxError, ValueError, RecursionError) as error:
            print(json.dumps({"path": path, "error": str(error), "line": getattr(error, "lineno", None)}))
            continue
        lines = {i + 1 for i, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")) if line.isascii()}
        print(json.dumps({"path": path, "tree": plain(tree, lines)}))


main()
