"""y = A^T (A x)."""

import persimmons
from persimmons import f64

M, N = persimmons.sizes("M N")


@persimmons.loops
def atax(A: f64[M, N], x: f64[N], y: f64[N], tmp: f64[M]):
    for i in range(N):
        y[i] = 0.0
    for i in range(M):
        tmp[i] = 0.0
        for j in range(N):
            tmp[i] += A[i, j] * x[j]
        for j in range(N):
            y[j] += A[i, j] * tmp[i]
