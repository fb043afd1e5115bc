"""Durbin's recursion for the Yule-Walker equations T y = -r."""

import persimmons
from persimmons import f64

N = persimmons.sizes("N")


@persimmons.loops
def durbin(r: f64[N], y: f64[N], z: f64[N]):
    y[0] = -r[0]
    beta = 1.0
    alpha = -r[0]
    for k in range(1, N):
        beta = (1.0 - alpha * alpha) * beta
        sum = 0.0
        for i in range(k):
            sum += r[k - i - 1] * y[i]
        alpha = -(r[k] + sum) / beta
        for i in range(k):
            z[i] = y[i] + alpha * y[k - i - 1]
        for i in range(k):
            y[i] = z[i]
        y[k] = alpha
