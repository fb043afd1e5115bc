/* The same loops as ../kernels/lu.py. */

#include "harness.h"

#ifndef N
#define N 2000
#endif

ARRAY A[N][N];

static void init(void) {
  FILL2(A, N, N, (i * j + 3 * i + j) % 17 / 17.0 + (i == j) * REAL(N));
}

KERNEL(void) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < i; j++) {
      for (int k = 0; k < j; k++) A[i][j] -= A[i][k] * A[k][j];
      A[i][j] /= A[j][j];
    }
    for (int j = i; j < N; j++)
      for (int k = 0; k < i; k++) A[i][j] -= A[i][k] * A[k][j];
  }
}

MAIN(kernel(), RESULT(A))
