// sgemm-loop M K N [SECONDS]: the median time of cblas_sgemm on C[m*n] = A[m*k]*B[k*n] in a plain C loop, as OpenBLAS's own
// environment variables set kernel and threads. Prints: microseconds,GFLOP/s,calls,kernel,threads
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

#include "sgemm_loop.h"

static int ascending(const void *x, const void *y) {
  double a = *(const double *)x, b = *(const double *)y;
  return (a > b) - (a < b);
}

static float *random_matrix(size_t count) {
  // On a cache line's boundary, as `gemmcast calibrate` has its operands: kernels run up to a quarter slower off it.
  float *x = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
  if (x == NULL) {
    fprintf(stderr, "sgemm-loop: no memory for %zu floats\n", count);
    exit(71);
  }
  for (size_t i = 0; i < count; i++) x[i] = (float)rand() / (float)RAND_MAX * 2 - 1;
  return x;
}

int main(int argc, char **argv) {
  int m = argc > 3 ? atoi(argv[1]) : 0, k = argc > 3 ? atoi(argv[2]) : 0, n = argc > 3 ? atoi(argv[3]) : 0;
  double budget = argc > 4 ? atof(argv[4]) : 2;
  if (m < 1 || k < 1 || n < 1 || !(budget > 0)) {
    fprintf(stderr, "usage: sgemm-loop M K N [SECONDS], all above 0\n");
    return 64;
  }
  float *a = random_matrix((size_t)m * k), *b = random_matrix((size_t)k * n), *c = random_matrix((size_t)m * n);

  enum { most = 100000 };
  static double times[most];
  double spent = 0;
  while (spent < budget / 4) spent += sgemm_loop(m, k, n, a, b, c, 1);  // warm up
  int count = 0;
  for (spent = 0; count < most && (spent < budget || count < 3); count++) {
    times[count] = sgemm_loop(m, k, n, a, b, c, 1);
    spent += times[count];
  }
  qsort(times, (size_t)count, sizeof(double), ascending);
  double median = times[count / 2];
  printf("%.3f,%.2f,%d,%s,%d\n", median * 1e6, 2.0 * m * k * n / median * 1e-9, count, openblas_get_corename(),
         openblas_get_num_threads());
  free(a);
  free(b);
  free(c);
  return 0;
}
