"""L x = b by forward substitution."""

import persimmons
from persimmons import f64

N = persimmons.sizes("N")


@persimmons.loops
def trisolv(L: f64[N, N], x: f64[N], b: f64[N]):
    for i in range(N):
        x[i] = b[i]
        for j in range(i):
            x[i] -= L[i, j] * x[j]
        x[i] = x[i] / L[i, i]
