"""A[r, q, :] = A[r, q, :] C4, one vector at a time by way of sum."""

import persimmons
from persimmons import f64

NQ, NR, NP = persimmons.sizes("NQ NR NP")


@persimmons.loops
def doitgen(A: f64[NR, NQ, NP], C4: f64[NP, NP], sum: f64[NP]):
    for r in range(NR):
        for q in range(NQ):
            for p in range(NP):
                sum[p] = 0.0
                for s in range(NP):
                    sum[p] += A[r, q, s] * C4[s, p]
            for p in range(NP):
                A[r, q, p] = sum[p]
