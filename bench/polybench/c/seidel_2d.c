/* The same loops as ../kernels/seidel_2d.py. */

#include "harness.h"

#ifndef TSTEPS
#define TSTEPS 500
#define N 2000
#endif

ARRAY A[N][N];

static void init(void) {
  FILL2(A, N, N, (i * (j + 2) + 2) / REAL(N));
}

KERNEL(void) {
  for (int t = 0; t < TSTEPS; t++)
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        A[i][j] = (A[i - 1][j - 1] + A[i - 1][j] + A[i - 1][j + 1] + A[i][j - 1] + A[i][j] + A[i][j + 1] +
                   A[i + 1][j - 1] + A[i + 1][j] + A[i + 1][j + 1]) /
                  9.0;
}

MAIN(kernel(), RESULT(A))
