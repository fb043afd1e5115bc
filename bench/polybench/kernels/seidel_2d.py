"""Averages of nine neighbours in place: Gauss-Seidel."""

import persimmons
from persimmons import f64

TSTEPS, N = persimmons.sizes("TSTEPS N")


@persimmons.loops
def seidel_2d(A: f64[N, N]):
    for t in range(TSTEPS):
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                A[i, j] = (
                    A[i - 1, j - 1]
                    + A[i - 1, j]
                    + A[i - 1, j + 1]
                    + A[i, j - 1]
                    + A[i, j]
                    + A[i, j + 1]
                    + A[i + 1, j - 1]
                    + A[i + 1, j]
                    + A[i + 1, j + 1]
                ) / 9.0
