"""x1 += A y1 and x2 += A^T y2."""

import persimmons
from persimmons import f64

N = persimmons.sizes("N")


@persimmons.loops
def mvt(x1: f64[N], x2: f64[N], y1: f64[N], y2: f64[N], A: f64[N, N]):
    for i in range(N):
        for j in range(N):
            x1[i] = x1[i] + A[i, j] * y1[j]
    for i in range(N):
        for j in range(N):
            x2[i] = x2[i] + A[j, i] * y2[j]
