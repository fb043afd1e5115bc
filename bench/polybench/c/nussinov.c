/* The same loops as ../kernels/nussinov.py. */

#include "harness.h"

#ifndef N
#define N 2500
#endif

ARRAY seq[N], table[N][N];

static void init(void) {
  FILL1(seq, N, (i * i % 7 + i) % 4);
  CLEAR(table);
}

static inline double larger(double a, double b) { return a >= b ? a : b; }

KERNEL(void) {
  for (int i = N - 1; i >= 0; i--)
    for (int j = i + 1; j < N; j++) {
      if (j - 1 >= 0) table[i][j] = larger(table[i][j], table[i][j - 1]);
      if (i + 1 < N) table[i][j] = larger(table[i][j], table[i + 1][j]);
      if (j - 1 >= 0 && i + 1 < N) {
        if (i < j - 1)
          table[i][j] = larger(table[i][j], table[i + 1][j - 1] + (seq[i] + seq[j] == 3.0 ? 1.0 : 0.0));
        else
          table[i][j] = larger(table[i][j], table[i + 1][j - 1]);
      }
      for (int k = i + 1; k < j; k++) table[i][j] = larger(table[i][j], table[i][k] + table[k + 1][j]);
    }
}

MAIN(kernel(), RESULT(table))
