/* The same loops as ../kernels/syr2k.py. */

#include "harness.h"

#ifndef M
#define M 1000
#define N 1200
#endif

ARRAY C[N][N], A[N][M], B[N][M];

static void init(void) {
  FILL2(C, N, N, (i * j + 3) % N / REAL(M));
  FILL2(A, N, M, (i * j + 1) % N / REAL(N));
  FILL2(B, N, M, (i * j + 2) % M / REAL(M));
}

KERNEL(double alpha, double beta) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j <= i; j++) C[i][j] *= beta;
    for (int k = 0; k < M; k++)
      for (int j = 0; j <= i; j++) C[i][j] += A[j][k] * alpha * B[i][k] + B[j][k] * alpha * A[i][k];
  }
}

MAIN(kernel(scalar(1.5), scalar(1.2)), RESULT(C))
