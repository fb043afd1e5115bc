"""A = Q R by modified Gram-Schmidt; A is spent."""

import math

import persimmons
from persimmons import f64

M, N = persimmons.sizes("M N")


@persimmons.loops
def gramschmidt(A: f64[M, N], R: f64[N, N], Q: f64[M, N]):
    for k in range(N):
        nrm = 0.0
        for i in range(M):
            nrm += A[i, k] * A[i, k]
        R[k, k] = math.sqrt(nrm)
        for i in range(M):
            Q[i, k] = A[i, k] / R[k, k]
        for j in range(k + 1, N):
            R[k, j] = 0.0
            for i in range(M):
                R[k, j] += Q[i, k] * A[i, j]
            for i in range(M):
                A[i, j] = A[i, j] - Q[i, k] * R[k, j]
