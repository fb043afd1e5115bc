"""C = alpha A A^T + beta C in the lower triangle."""

import persimmons
from persimmons import f64

M, N = persimmons.sizes("M N")


@persimmons.loops
def syrk(alpha: f64, beta: f64, C: f64[N, N], A: f64[N, M]):
    for i in range(N):
        for j in range(i + 1):
            C[i, j] *= beta
        for k in range(M):
            for j in range(i + 1):
                C[i, j] += alpha * A[i, k] * A[j, k]
