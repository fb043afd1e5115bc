"""C = alpha A B + beta C for a symmetric A, of which the lower triangle is read."""

import persimmons
from persimmons import f64

M, N = persimmons.sizes("M N")


@persimmons.loops
def symm(alpha: f64, beta: f64, C: f64[M, N], A: f64[M, M], B: f64[M, N]):
    for i in range(M):
        for j in range(N):
            temp = 0.0
            for k in range(i):
                C[k, j] += alpha * B[i, j] * A[i, k]
                temp += B[k, j] * A[i, k]
            C[i, j] = beta * C[i, j] + alpha * B[i, j] * A[i, i] + alpha * temp
