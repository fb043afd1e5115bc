"""A = L L^T in the lower triangle; the upper one stays."""

import math

import persimmons
from persimmons import f64

N = persimmons.sizes("N")


@persimmons.loops
def cholesky(A: f64[N, N]):
    for i in range(N):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[j, k]
            A[i, j] /= A[j, j]
        for k in range(i):
            A[i, i] -= A[i, k] * A[i, k]
        A[i, i] = math.sqrt(A[i, i])
