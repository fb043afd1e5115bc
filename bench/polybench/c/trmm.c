/* The same loops as ../kernels/trmm.py. */

#include "harness.h"

#ifndef M
#define M 1000
#define N 1200
#endif

ARRAY A[M][M], B[M][N];

static void init(void) {
  FILL2(A, M, M, i == j ? 1.0 : (i + j) % M / REAL(M));
  FILL2(B, M, N, (N + i - j) % N / REAL(N));
}

KERNEL(double alpha) {
  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) {
      for (int k = i + 1; k < M; k++) B[i][j] += A[k][i] * B[k][j];
      B[i][j] = alpha * B[i][j];
    }
}

MAIN(kernel(scalar(1.5)), RESULT(B))
