"""s = A^T r and q = A p, in one pass over A: the core of BiCGSTAB."""

import persimmons
from persimmons import f64

M, N = persimmons.sizes("M N")


@persimmons.loops
def bicg(A: f64[N, M], s: f64[M], q: f64[N], p: f64[M], r: f64[N]):
    for i in range(M):
        s[i] = 0.0
    for i in range(N):
        q[i] = 0.0
        for j in range(M):
            s[j] += r[i] * A[i, j]
            q[i] += A[i, j] * p[j]
