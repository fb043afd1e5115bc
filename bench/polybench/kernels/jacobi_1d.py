"""Averages of three neighbours, from A to B and back."""

import persimmons
from persimmons import f64

TSTEPS, N = persimmons.sizes("TSTEPS N")


@persimmons.loops
def jacobi_1d(A: f64[N], B: f64[N]):
    for t in range(TSTEPS):
        for i in range(1, N - 1):
            B[i] = 0.33333 * (A[i - 1] + A[i] + A[i + 1])
        for i in range(1, N - 1):
            A[i] = 0.33333 * (B[i - 1] + B[i] + B[i + 1])
