/* The same loops as ../kernels/trisolv.py. */

#include "harness.h"

#ifndef N
#define N 2000
#endif

ARRAY L[N][N], x[N], b[N];

static void init(void) {
  FILL2(L, N, N, (i * j + i + 2) % 17 / 17.0 + (i == j) * REAL(N));
  CLEAR(x);
  FILL1(b, N, REAL(i));
}

KERNEL(void) {
  for (int i = 0; i < N; i++) {
    x[i] = b[i];
    for (int j = 0; j < i; j++) x[i] -= L[i][j] * x[j];
    x[i] = x[i] / L[i][i];
  }
}

MAIN(kernel(), RESULT(x))
