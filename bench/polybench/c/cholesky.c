/* The same loops as ../kernels/cholesky.py. */

#include "harness.h"

#ifndef N
#define N 2000
#endif

ARRAY A[N][N];

static void init(void) {
  FILL2(A, N, N, (i * j + i + j) % 17 / 17.0 + (i == j) * REAL(N));
}

KERNEL(void) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < i; j++) {
      for (int k = 0; k < j; k++) A[i][j] -= A[i][k] * A[j][k];
      A[i][j] /= A[j][j];
    }
    for (int k = 0; k < i; k++) A[i][i] -= A[i][k] * A[i][k];
    A[i][i] = sqrt(A[i][i]);
  }
}

MAIN(kernel(), RESULT(A))
