"""Lengths of the shortest paths between all pairs of nodes."""

import persimmons
from persimmons import f64

N = persimmons.sizes("N")


@persimmons.loops
def floyd_warshall(path: f64[N, N]):
    for k in range(N):
        for i in range(N):
            for j in range(N):
                path[i, j] = min(path[i, j], path[i, k] + path[k, j])
