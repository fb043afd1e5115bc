"""D = alpha A B C + beta D, by way of tmp = alpha A B."""

import persimmons
from persimmons import f64

NI, NJ, NK, NL = persimmons.sizes("NI NJ NK NL")


@persimmons.loops
def k2mm(alpha: f64, beta: f64, tmp: f64[NI, NJ], A: f64[NI, NK], B: f64[NK, NJ], C: f64[NJ, NL], D: f64[NI, NL]):
    for i in range(NI):
        for j in range(NJ):
            tmp[i, j] = 0.0
            for k in range(NK):
                tmp[i, j] += alpha * A[i, k] * B[k, j]
    for i in range(NI):
        for j in range(NL):
            D[i, j] *= beta
            for k in range(NJ):
                D[i, j] += tmp[i, k] * C[k, j]
