"""A = L U in place, without pivots; L has ones on its diagonal."""

import persimmons
from persimmons import f64

N = persimmons.sizes("N")


@persimmons.loops
def lu(A: f64[N, N]):
    for i in range(N):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[k, j]
            A[i, j] /= A[j, j]
        for j in range(i, N):
            for k in range(i):
                A[i, j] -= A[i, k] * A[k, j]
