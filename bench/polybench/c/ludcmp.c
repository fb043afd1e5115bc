/* The same loops as ../kernels/ludcmp.py. */

#include "harness.h"

#ifndef N
#define N 2000
#endif

ARRAY A[N][N], b[N], x[N], y[N];

static void init(void) {
  FILL2(A, N, N, (i * j + 3 * i + j) % 17 / 17.0 + (i == j) * REAL(N));
  FILL1(b, N, (i + 1) / REAL(N) / 2.0 + 4.0);
  CLEAR(x);
  CLEAR(y);
}

KERNEL(void) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < i; j++) {
      double w = A[i][j];
      for (int k = 0; k < j; k++) w -= A[i][k] * A[k][j];
      A[i][j] = w / A[j][j];
    }
    for (int j = i; j < N; j++) {
      double w = A[i][j];
      for (int k = 0; k < i; k++) w -= A[i][k] * A[k][j];
      A[i][j] = w;
    }
  }
  for (int i = 0; i < N; i++) {
    double w = b[i];
    for (int j = 0; j < i; j++) w -= A[i][j] * y[j];
    y[i] = w;
  }
  for (int i = N - 1; i >= 0; i--) {
    double w = y[i];
    for (int j = i + 1; j < N; j++) w -= A[i][j] * x[j];
    x[i] = w / A[i][i];
  }
}

MAIN(kernel(), RESULT(x))
