"""Averages of five neighbours, from A to B and back."""

import persimmons
from persimmons import f64

TSTEPS, N = persimmons.sizes("TSTEPS N")


@persimmons.loops
def jacobi_2d(A: f64[N, N], B: f64[N, N]):
    for t in range(TSTEPS):
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                B[i, j] = 0.2 * (A[i, j] + A[i, j - 1] + A[i, j + 1] + A[i + 1, j] + A[i - 1, j])
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                A[i, j] = 0.2 * (B[i, j] + B[i, j - 1] + B[i, j + 1] + B[i + 1, j] + B[i - 1, j])
