// Times sgemm as a user's own program would: C[m*n] = A[m*k] B[k*n], called again and again, operands where the calls leave them.
//
//   cc -O2 scripts/plain_loop.c -lopenblas -o plain_loop && OPENBLAS_NUM_THREADS=1 ./plain_loop 1024 1024 1024
//
// Prints the median and the least time of a call in microseconds, over blocks of calls of 10 ms and more each that take 1.5 s
// in all. Beside neighbours on the core the least is what the median would be without them.
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_BLOCKS = 1000 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static float *random_matrix(size_t count) {
  float *matrix = malloc(count * sizeof *matrix);
  if (!matrix) {
    fprintf(stderr, "plain_loop: there is no memory for %zu numbers\n", count);
    exit(71);
  }
  for (size_t i = 0; i < count; i++) matrix[i] = (float)rand() / (float)RAND_MAX * 2 - 1;
  return matrix;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  int m = count == 4 ? atoi(arguments[1]) : 0, k = count == 4 ? atoi(arguments[2]) : 0;
  int n = count == 4 ? atoi(arguments[3]) : 0;
  if (m < 1 || k < 1 || n < 1) {
    fprintf(stderr, "usage: plain_loop M K N, each at least 1\n");
    return 64;
  }
  float *a = random_matrix((size_t)m * k), *b = random_matrix((size_t)k * n), *c = random_matrix((size_t)m * n);
  // Long enough for the clocks to settle.
  double begin = now();
  long calls = 0;
  do {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c, n);
    calls++;
  } while (now() - begin < 0.3);
  long block = (long)(0.01 / ((now() - begin) / (double)calls)) + 1;
  double times[MOST_BLOCKS];
  int blocks = 0;
  begin = now();
  while (blocks < MOST_BLOCKS && (blocks < 5 || now() - begin < 1.5)) {
    double start = now();
    for (long i = 0; i < block; i++)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c, n);
    times[blocks++] = (now() - start) / (double)block;
  }
  qsort(times, blocks, sizeof *times, ascending);
  printf("%.3f %.3f\n", times[blocks / 2] * 1e6, times[0] * 1e6);
  return 0;
}
