// Latencies: 64 buckets to each power of two, so an error of at most 1.6 %.

#include <string.h>
#include "load.h"

static uint64_t histogram[64 * 64], recorded, slowest;

void forget_times(void) {
  memset(histogram, 0, sizeof histogram);
  recorded = slowest = 0;
}

void record(uint64_t ns) {
  recorded++;
  if (ns > slowest) slowest = ns;
  int shift = ns < 64 ? 0 : 63 - __builtin_clzll(ns) - 6;
  histogram[(size_t)shift * 64 + (ns >> shift)]++;
}

double percentile_us(double part) {
  uint64_t want = (uint64_t)(part * (double)recorded), seen = 0;
  for (size_t i = 0; i < sizeof histogram / sizeof *histogram; i++) {
    seen += histogram[i];
    if (seen <= want) continue;
    if (i < 128) return (double)i / 1e3;
    size_t shift = i / 64 - 1;
    return ((double)(i - shift * 64) + 0.5) * (double)(1ull << shift) / 1e3;
  }
  return (double)slowest / 1e3;
}

double slowest_us(void) { return (double)slowest / 1e3; }
