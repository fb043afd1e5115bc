"""A += u1 v1^T + u2 v2^T; x += beta A^T y + z; w += alpha A x."""

import persimmons
from persimmons import f64

N = persimmons.sizes("N")


@persimmons.loops
def gemver(
    alpha: f64,
    beta: f64,
    A: f64[N, N],
    u1: f64[N],
    v1: f64[N],
    u2: f64[N],
    v2: f64[N],
    w: f64[N],
    x: f64[N],
    y: f64[N],
    z: f64[N],
):
    for i in range(N):
        for j in range(N):
            A[i, j] = A[i, j] + u1[i] * v1[j] + u2[i] * v2[j]
    for i in range(N):
        for j in range(N):
            x[i] = x[i] + beta * A[j, i] * y[j]
    for i in range(N):
        x[i] = x[i] + z[i]
    for i in range(N):
        for j in range(N):
            w[i] = w[i] + alpha * A[i, j] * x[j]
