/* The same loops as ../kernels/syrk.py. */

#include "harness.h"

#ifndef M
#define M 1000
#define N 1200
#endif

ARRAY C[N][N], A[N][M];

static void init(void) {
  FILL2(C, N, N, (i * j + 2) % M / REAL(M));
  FILL2(A, N, M, (i * j + 1) % N / REAL(N));
}

KERNEL(double alpha, double beta) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j <= i; j++) C[i][j] *= beta;
    for (int k = 0; k < M; k++)
      for (int j = 0; j <= i; j++) C[i][j] += alpha * A[i][k] * A[j][k];
  }
}

MAIN(kernel(scalar(1.5), scalar(1.2)), RESULT(C))
