/* The same loops as ../kernels/jacobi_2d.py. */

#include "harness.h"

#ifndef TSTEPS
#define TSTEPS 500
#define N 1300
#endif

ARRAY A[N][N], B[N][N];

static void init(void) {
  FILL2(A, N, N, (i * (j + 2) + 2) / REAL(N));
  FILL2(B, N, N, (i * (j + 3) + 3) / REAL(N));
}

KERNEL(void) {
  for (int t = 0; t < TSTEPS; t++) {
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        B[i][j] = 0.2 * (A[i][j] + A[i][j - 1] + A[i][j + 1] + A[i + 1][j] + A[i - 1][j]);
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        A[i][j] = 0.2 * (B[i][j] + B[i][j - 1] + B[i][j + 1] + B[i + 1][j] + B[i - 1][j]);
  }
}

MAIN(kernel(), RESULT(A))
