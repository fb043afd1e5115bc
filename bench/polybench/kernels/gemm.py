"""C = alpha A B + beta C."""

import persimmons
from persimmons import f64

NI, NJ, NK = persimmons.sizes("NI NJ NK")


@persimmons.loops
def gemm(alpha: f64, beta: f64, C: f64[NI, NJ], A: f64[NI, NK], B: f64[NK, NJ]):
    for i in range(NI):
        for j in range(NJ):
            C[i, j] *= beta
        for k in range(NK):
            for j in range(NJ):
                C[i, j] += alpha * A[i, k] * B[k, j]
