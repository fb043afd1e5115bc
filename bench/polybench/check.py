"""Runs every kernel three ways on the same values: plain Python, C and NumPy; prints one line of JSON a kernel.

``check.py [CLASS [KERNEL ...]]``: the class is MINI unless told. The errors are the largest beside NumPy's results; the
exit status is 1 where one passes 1e-10.
"""

from __future__ import annotations

import json
import sys
import tempfile
from typing import List

from programs import build, run_program
from reference import reference
from suite import KERNELS, difference, plain_function

LIMIT = 1e-10


def main(words: List[str]) -> int:
    size = words[0] if words else "MINI"
    failed = False
    for name in words[1:] or KERNELS:
        kernel = KERNELS[name]
        wanted = kernel.compared(reference(name, kernel.arguments(size), kernel.sizes[size]), size)
        arguments = kernel.arguments(size)
        plain_function(kernel, size)(**arguments)
        errors = {"python": difference(kernel.compared(arguments, size), wanted)}
        with tempfile.TemporaryDirectory() as folder:
            program = build(kernel, size, folder, ["-O3", "-ffast-math"])
            _, results = run_program(kernel, size, program, 1, folder)
            errors["c"] = difference(kernel.compared(results, size), wanted)
        failed = failed or not max(errors.values()) <= LIMIT
        print(json.dumps({"kernel": name, "size": size, **errors}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
