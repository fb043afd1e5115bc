/* The same loops as ../kernels/correlation.py. */

#include "harness.h"

#ifndef M
#define M 1200
#define N 1400
#endif

ARRAY data[N][M], corr[M][M], mean[M], stddev[M];

static void init(void) {
  FILL2(data, N, M, (i * (2 * j + 1) + j) % 101 / 10.0);
  CLEAR(corr);
  CLEAR(mean);
  CLEAR(stddev);
}

KERNEL(double float_n) {
  for (int j = 0; j < M; j++) {
    mean[j] = 0.0;
    for (int i = 0; i < N; i++) mean[j] += data[i][j];
    mean[j] /= float_n;
  }
  for (int j = 0; j < M; j++) {
    stddev[j] = 0.0;
    for (int i = 0; i < N; i++) stddev[j] += (data[i][j] - mean[j]) * (data[i][j] - mean[j]);
    stddev[j] /= float_n;
    stddev[j] = sqrt(stddev[j]);
    stddev[j] = stddev[j] <= 0.1 ? 1.0 : stddev[j];
  }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++) {
      data[i][j] -= mean[j];
      data[i][j] /= sqrt(float_n) * stddev[j];
    }
  for (int i = 0; i < M - 1; i++) {
    corr[i][i] = 1.0;
    for (int j = i + 1; j < M; j++) {
      corr[i][j] = 0.0;
      for (int k = 0; k < N; k++) corr[i][j] += data[k][i] * data[k][j];
      corr[j][i] = corr[i][j];
    }
  }
  corr[M - 1][M - 1] = 1.0;
}

MAIN(kernel(scalar(N)), RESULT(corr))
