/* The same loops as ../kernels/gramschmidt.py. */

#include "harness.h"

#ifndef M
#define M 1000
#define N 1200
#endif

ARRAY A[M][N], R[N][N], Q[M][N];

static void init(void) {
  FILL2(A, M, N, (i * j + 3 * i + j) % 101 / 101.0 + (i == j) * REAL(N));
  CLEAR(R);
  CLEAR(Q);
}

KERNEL(void) {
  for (int k = 0; k < N; k++) {
    double nrm = 0.0;
    for (int i = 0; i < M; i++) nrm += A[i][k] * A[i][k];
    R[k][k] = sqrt(nrm);
    for (int i = 0; i < M; i++) Q[i][k] = A[i][k] / R[k][k];
    for (int j = k + 1; j < N; j++) {
      R[k][j] = 0.0;
      for (int i = 0; i < M; i++) R[k][j] += Q[i][k] * A[i][j];
      for (int i = 0; i < M; i++) A[i][j] = A[i][j] - Q[i][k] * R[k][j];
    }
  }
}

MAIN(kernel(), RESULT(R), RESULT(Q))
