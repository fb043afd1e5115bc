"""What the thirty kernels compute, in NumPy: whole rows, planes and matrices where the definition allows it.

Each function takes the arguments of the kernel of its name by name, and gives its results by name. They are written
from the mathematical definitions, not from the loops, so that a wrong loop shows. Order of sums differs.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

import numpy as np

Results = Dict[str, np.ndarray]


def k2mm(alpha: float, beta: float, A: Any, B: Any, C: Any, D: Any, **_: Any) -> Results:
    return {"D": alpha * (A @ B) @ C + beta * D}


def k3mm(A: Any, B: Any, C: Any, D: Any, **_: Any) -> Results:
    return {"G": (A @ B) @ (C @ D)}


def adi(u: Any, steps: int, **_: Any) -> Results:
    n = len(u)
    a = -(2.0 / steps) * n * n / 2.0
    d = -(1.0 / steps) * n * n / 2.0
    for _step in range(steps):
        # Implicit along the first axis, explicit along the second; then the other way round.
        v = np.ones((n, n))
        explicit = -d * u[1:-1, :-2] + (1.0 + 2.0 * d) * u[1:-1, 1:-1] - d * u[1:-1, 2:]
        v[1:-1, 1:-1] = _tridiagonal(a, explicit)
        explicit = -a * v[:-2, 1:-1] + (1.0 + 2.0 * a) * v[1:-1, 1:-1] - a * v[2:, 1:-1]
        u[1:-1, 1:-1] = _tridiagonal(d, explicit.T).T
        u[1:-1, 0] = 1.0
        u[1:-1, -1] = 1.0
    return {"u": u}


def _tridiagonal(side: float, right: Any) -> Any:
    """Solves side x[j-1] + (1 - 2 side) x[j] + side x[j+1] = right[j] down the columns, x being 1 at both ends."""
    n = len(right)
    p = np.zeros(n + 1)
    q = np.ones((n + 1, right.shape[1]))
    for j in range(n):
        pivot = side * p[j] + 1.0 - 2.0 * side
        p[j + 1] = -side / pivot
        q[j + 1] = (right[j] - side * q[j]) / pivot
    x = np.ones((n + 1, right.shape[1]))
    for j in range(n - 1, -1, -1):
        x[j] = p[j + 1] * x[j + 1] + q[j + 1]
    return x[:n]


def atax(A: Any, x: Any, **_: Any) -> Results:
    return {"y": A.T @ (A @ x)}


def bicg(A: Any, p: Any, r: Any, **_: Any) -> Results:
    return {"s": A.T @ r, "q": A @ p}


def cholesky(A: Any, **_: Any) -> Results:
    return {"A": np.tril(np.linalg.cholesky(A)) + np.triu(A, 1)}


def correlation(data: Any, **_: Any) -> Results:
    n = len(data)
    deviation = data.std(axis=0)
    scaled = (data - data.mean(axis=0)) / (np.sqrt(n) * np.where(deviation <= 0.1, 1.0, deviation))
    corr = scaled.T @ scaled
    np.fill_diagonal(corr, 1.0)
    return {"corr": corr}


def covariance(data: Any, **_: Any) -> Results:
    centred = data - data.mean(axis=0)
    return {"cov": centred.T @ centred / (len(data) - 1.0)}


def deriche(alpha: float, imgIn: Any, **_: Any) -> Results:
    return {"imgOut": _smooth(alpha, _smooth(alpha, imgIn.T).T.copy())}


def _smooth(alpha: float, image: Any) -> Any:
    """Both directions down the columns."""
    e = np.exp(-alpha)
    k = (1.0 - e) ** 2 / (1.0 + 2.0 * alpha * e - np.exp(2.0 * alpha))
    b1, b2 = 2.0**-alpha, -np.exp(-2.0 * alpha)
    down = _recur((k, k * e * (alpha - 1.0), 0.0), b1, b2, image)
    up = _recur((0.0, k * e * (alpha + 1.0), -k * np.exp(-2.0 * alpha)), b1, b2, image[::-1])[::-1]
    return down + up


def _recur(taps: Any, b1: float, b2: float, image: Any) -> Any:
    padded = np.vstack([np.zeros((2, image.shape[1])), image])
    y = np.zeros_like(padded)
    for t in range(2, len(padded)):
        y[t] = taps[0] * padded[t] + taps[1] * padded[t - 1] + taps[2] * padded[t - 2] + b1 * y[t - 1] + b2 * y[t - 2]
    return y[2:]


def doitgen(A: Any, C4: Any, **_: Any) -> Results:
    return {"A": A @ C4}


def durbin(r: Any, **_: Any) -> Results:
    y = np.zeros_like(r)
    y[0] = alpha = -r[0]
    beta = 1.0
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + r[:k][::-1] @ y[:k]) / beta
        y[:k] += alpha * y[:k][::-1]
        y[k] = alpha
    return {"y": y}


def fdtd_2d(ex: Any, ey: Any, hz: Any, fict: Any) -> Results:
    for driven in fict:
        ey[0] = driven
        ey[1:] -= 0.5 * np.diff(hz, axis=0)
        ex[:, 1:] -= 0.5 * np.diff(hz, axis=1)
        hz[:-1, :-1] -= 0.7 * (np.diff(ex, axis=1)[:-1] + np.diff(ey, axis=0)[:, :-1])
    return {"ex": ex, "ey": ey, "hz": hz}


def floyd_warshall(path: Any) -> Results:
    for k in range(len(path)):
        np.minimum(path, path[:, k : k + 1] + path[k], out=path)
    return {"path": path}


def gemm(alpha: float, beta: float, C: Any, A: Any, B: Any) -> Results:
    return {"C": alpha * (A @ B) + beta * C}


def gemver(alpha: float, beta: float, A: Any, u1: Any, v1: Any, u2: Any, v2: Any, w: Any, x: Any, y: Any, z: Any) -> Results:
    A = A + np.outer(u1, v1) + np.outer(u2, v2)
    x = x + beta * (A.T @ y) + z
    return {"A": A, "x": x, "w": w + alpha * (A @ x)}


def gesummv(alpha: float, beta: float, A: Any, B: Any, x: Any, **_: Any) -> Results:
    return {"y": alpha * (A @ x) + beta * (B @ x)}


def gramschmidt(A: Any, R: Any, Q: Any) -> Results:
    for k in range(A.shape[1]):
        R[k, k] = np.sqrt(A[:, k] @ A[:, k])
        Q[:, k] = A[:, k] / R[k, k]
        R[k, k + 1 :] = Q[:, k] @ A[:, k + 1 :]
        A[:, k + 1 :] -= np.outer(Q[:, k], R[k, k + 1 :])
    return {"R": R, "Q": Q}


def heat_3d(A: Any, B: Any, steps: int) -> Results:
    inner = (slice(1, -1),) * 3
    for _step in range(steps):
        for source, target in ((A, B), (B, A)):
            middle = source[inner]
            along = source[2:, 1:-1, 1:-1] + source[:-2, 1:-1, 1:-1] + source[1:-1, 2:, 1:-1]
            along = along + source[1:-1, :-2, 1:-1] + source[1:-1, 1:-1, 2:] + source[1:-1, 1:-1, :-2]
            target[inner] = middle + 0.125 * (along - 6.0 * middle)
    return {"A": A}


def jacobi_1d(A: Any, B: Any, steps: int) -> Results:
    for _step in range(steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
    return {"A": A}


def jacobi_2d(A: Any, B: Any, steps: int) -> Results:
    for _step in range(steps):
        for source, target in ((A, B), (B, A)):
            beside = source[1:-1, :-2] + source[1:-1, 2:] + source[:-2, 1:-1] + source[2:, 1:-1]
            target[1:-1, 1:-1] = 0.2 * (source[1:-1, 1:-1] + beside)
    return {"A": A}


def lu(A: Any) -> Results:
    for k in range(len(A)):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    return {"A": A}


def ludcmp(A: Any, b: Any, **_: Any) -> Results:
    return {"x": np.linalg.solve(A, b)}


def mvt(x1: Any, x2: Any, y1: Any, y2: Any, A: Any) -> Results:
    return {"x1": x1 + A @ y1, "x2": x2 + A.T @ y2}


def nussinov(seq: Any, table: Any) -> Results:
    n = len(seq)
    pairs = (seq[:, None] + seq[None, :] == 3).astype(float)
    for i in range(n - 2, -1, -1):
        for j in range(i + 1, n):
            ends = table[i + 1, j - 1] + (pairs[i, j] if j > i + 1 else 0.0)
            best = max(table[i, j], table[i, j - 1], table[i + 1, j], ends)
            if j > i + 1:
                best = max(best, np.max(table[i, i + 1 : j] + table[i + 2 : j + 1, j]))
            table[i, j] = best
    return {"table": table}


def seidel_2d(A: Any, steps: int) -> Results:
    n = len(A)
    for _step in range(steps):
        # In a row only the left neighbour is new: along it, a recurrence x[j] = (known[j] + x[j-1]) / 9.
        for i in range(1, n - 1):
            above, below = A[i - 1], A[i + 1]
            known = above[:-2] + above[1:-1] + above[2:] + below[:-2] + below[1:-1] + below[2:] + A[i, 1:-1] + A[i, 2:]
            A[i, 1:-1] = _ninth(A[i, 0], known)
    return {"A": A}


def _ninth(first: float, known: Any) -> Any:
    """x[j] = (known[j] + x[j-1]) / 9 as a sum of powers of 1/9: beyond the twentieth they are below rounding."""
    x = known / 9.0
    term = np.concatenate([[first], known / 9.0])
    for power in range(1, min(24, len(known) + 1)):
        x[power - 1 :] += term[: len(known) - power + 1] / 9.0**power
    return x


def symm(alpha: float, beta: float, C: Any, A: Any, B: Any) -> Results:
    return {"C": alpha * ((np.tril(A) + np.tril(A, -1).T) @ B) + beta * C}


def syr2k(alpha: float, beta: float, C: Any, A: Any, B: Any) -> Results:
    product = alpha * (A @ B.T)
    return {"C": np.tril(product + product.T + beta * C) + np.triu(C, 1)}


def syrk(alpha: float, beta: float, C: Any, A: Any) -> Results:
    return {"C": np.tril(alpha * (A @ A.T) + beta * C) + np.triu(C, 1)}


def trisolv(L: Any, b: Any, **_: Any) -> Results:
    return {"x": np.linalg.solve(np.tril(L), b)}


def trmm(alpha: float, A: Any, B: Any) -> Results:
    return {"B": alpha * ((np.tril(A, -1) + np.eye(len(A))).T @ B)}


_TIMED = ("adi", "heat_3d", "jacobi_1d", "jacobi_2d", "seidel_2d")


def reference(name: str, arguments: Dict[str, Any], sizes: Dict[str, int]) -> Results:
    """The results of a kernel; arrays of the arguments may be spent."""
    function: Callable[..., Results] = globals()["k" + name if name[0].isdigit() else name]
    timed = {"steps": sizes["TSTEPS"]} if name in _TIMED else {}
    return function(**arguments, **timed)
