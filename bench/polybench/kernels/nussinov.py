"""Nussinov's table of the most base pairs that a folded sequence can have; bases 0 to 3 pair where they sum to 3."""

import persimmons
from persimmons import f64

N = persimmons.sizes("N")


@persimmons.loops
def nussinov(seq: f64[N], table: f64[N, N]):
    for i in range(N - 1, -1, -1):
        for j in range(i + 1, N):
            if j - 1 >= 0:
                table[i, j] = max(table[i, j], table[i, j - 1])
            if i + 1 < N:
                table[i, j] = max(table[i, j], table[i + 1, j])
            if j - 1 >= 0 and i + 1 < N:
                if i < j - 1:
                    table[i, j] = max(table[i, j], table[i + 1, j - 1] + (1.0 if seq[i] + seq[j] == 3.0 else 0.0))
                else:
                    table[i, j] = max(table[i, j], table[i + 1, j - 1])
            for k in range(i + 1, j):
                table[i, j] = max(table[i, j], table[i, k] + table[k + 1, j])
