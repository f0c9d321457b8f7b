// The innermost loop of convolutions and matrix products: a few rows of a result, a few vectors wide, held in registers
// while a sum runs over them:
//     y[place, j] = sum over segment, step of  x[segment, place, step] * w[segment, step, j]
// where x and w are read with strides, so nothing is copied first. Each step loads the vectors of w once and uses them
// for every place; each x is one broadcast. With AVX-512, 28 of the 32 registers hold sums: 7 places by 4 vectors, or
// 14 by 2, or 28 by 1. The multiply-adds, not the loads, are the limit, but for the last, where they are even. How many
// there are does not enter a sum: each runs by itself, in one order.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/simd/lanes.h"

namespace gibbs::kernels::direct {

/// Registers that hold sums, and vectors of a block at most; the others, of 32, 32 and 16, hold factors.
#if defined(__AVX512F__)
inline constexpr int kSumRegisters = 28, kMostVectors = 4;
#elif defined(__aarch64__)
inline constexpr int kSumRegisters = 24, kMostVectors = 4;  // x is in a register, too
#else
inline constexpr int kSumRegisters = 12, kMostVectors = 2;
#endif

template <class T>
inline constexpr std::int64_t kLanes = kWidth<T>;

/// Lengths and strides (in elements) of one sum.
struct Sum {
  std::int64_t segments, steps;
  std::int64_t x_segment, x_place, x_step;
  std::int64_t w_segment, w_step;
  std::int64_t y_place;
  bool accumulate;                          // add to what y holds
  std::int64_t w_vector = 0, y_vector = 0;  // for vectors that lie apart: from one to the next
};

/// `places` rows of y, `wide` <= kMostVectors vectors wide.
template <class T>
void block_rows(int wide, const Sum& sum, std::int64_t places, const T* x, const T* w, T* y);

/// `places` rows of y, two vectors wide that lie apart.
template <class T>
void block_pairs(const Sum& sum, std::int64_t places, const T* x, const T* w, T* y);

}  // namespace gibbs::kernels::direct
