/* The same loops as ../kernels/gesummv.py. */

#include "harness.h"

#ifndef N
#define N 1300
#endif

ARRAY A[N][N], B[N][N], tmp[N], x[N], y[N];

static void init(void) {
  FILL2(A, N, N, (i * j + 1) % N / REAL(N));
  FILL2(B, N, N, (i * j + 2) % N / REAL(N));
  CLEAR(tmp);
  FILL1(x, N, i % N / REAL(N));
  CLEAR(y);
}

KERNEL(double alpha, double beta) {
  for (int i = 0; i < N; i++) {
    tmp[i] = 0.0;
    y[i] = 0.0;
    for (int j = 0; j < N; j++) {
      tmp[i] = A[i][j] * x[j] + tmp[i];
      y[i] = B[i][j] * x[j] + y[i];
    }
    y[i] = alpha * tmp[i] + beta * y[i];
  }
}

MAIN(kernel(scalar(1.5), scalar(1.2)), RESULT(y))
