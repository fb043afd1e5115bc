/* The same loops as ../kernels/atax.py. */

#include "harness.h"

#ifndef M
#define M 1900
#define N 2100
#endif

ARRAY A[M][N], x[N], y[N], tmp[M];

static void init(void) {
  FILL2(A, M, N, (i + j) % N / REAL(5 * M));
  FILL1(x, N, 1.0 + i / REAL(N));
  CLEAR(y);
  CLEAR(tmp);
}

KERNEL(void) {
  for (int i = 0; i < N; i++) y[i] = 0.0;
  for (int i = 0; i < M; i++) {
    tmp[i] = 0.0;
    for (int j = 0; j < N; j++) tmp[i] += A[i][j] * x[j];
    for (int j = 0; j < N; j++) y[j] += A[i][j] * tmp[i];
  }
}

MAIN(kernel(), RESULT(y))
