/* The same loops as ../kernels/durbin.py. */

#include "harness.h"

#ifndef N
#define N 2000
#endif

ARRAY r[N], y[N], z[N];

static void init(void) {
  FILL1(r, N, 0.25 / ((i + 2.0) * (i + 2.0)));
  CLEAR(y);
  CLEAR(z);
}

KERNEL(void) {
  y[0] = -r[0];
  double beta = 1.0, alpha = -r[0];
  for (int k = 1; k < N; k++) {
    beta = (1.0 - alpha * alpha) * beta;
    double sum = 0.0;
    for (int i = 0; i < k; i++) sum += r[k - i - 1] * y[i];
    alpha = -(r[k] + sum) / beta;
    for (int i = 0; i < k; i++) z[i] = y[i] + alpha * y[k - i - 1];
    for (int i = 0; i < k; i++) y[i] = z[i];
    y[k] = alpha;
  }
}

MAIN(kernel(), RESULT(y))
