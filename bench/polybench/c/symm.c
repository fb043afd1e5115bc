/* The same loops as ../kernels/symm.py. */

#include "harness.h"

#ifndef M
#define M 1000
#define N 1200
#endif

ARRAY C[M][N], A[M][M], B[M][N];

static void init(void) {
  FILL2(C, M, N, (i + j) % 100 / REAL(M));
  FILL2(A, M, M, (i + j) % 100 / REAL(M));
  FILL2(B, M, N, (N + i - j) % 100 / REAL(M));
}

KERNEL(double alpha, double beta) {
  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) {
      double temp = 0.0;
      for (int k = 0; k < i; k++) {
        C[k][j] += alpha * B[i][j] * A[i][k];
        temp += B[k][j] * A[i][k];
      }
      C[i][j] = beta * C[i][j] + alpha * B[i][j] * A[i][i] + alpha * temp;
    }
}

MAIN(kernel(scalar(1.5), scalar(1.2)), RESULT(C))
