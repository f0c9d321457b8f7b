// The innermost loop of convolutions and matrix products: a few rows of a result, a few vectors wide, held in registers
// while a sum runs over them:
//     y[place, j] = sum over segment, step of  x[segment, place, step] * w[segment, step, j]
// where x and w are read with strides, so nothing is copied first. Each step loads the vectors of w once and uses them
// for every place; each x is one broadcast. With AVX-512, 28 of the 32 registers hold sums: 7 places by 4 vectors, or
// 14 by 2, or 28 by 1. The multiply-adds, not the loads, are the limit, but for the last, where they are even. How many
// there are does not enter a sum: each runs by itself, in one order.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

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
constexpr int most_places(int vectors) { return kSumRegisters / vectors; }

/// Places that share a pointer, from which each is at a distance that a register holds: as many distances and pointers
/// as there are address registers.
inline constexpr int kNeighbours = 7;

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

/// Vectors lie side by side, or `apart`.
template <class T, int vectors, int places, bool apart>
void block(const Sum& sum, const T* x, const T* w, T* y) {
  using Vector = Lanes<T, kVectorBytes / sizeof(T)>;
  const std::int64_t x_place = sum.x_place, x_step = sum.x_step, w_step = sum.w_step, steps = sum.steps;
  const std::int64_t w_vector = apart ? sum.w_vector : kLanes<T>, y_vector = apart ? sum.y_vector : kLanes<T>;
  const auto at = [&](int place, int j) -> Vector& {
    return *reinterpret_cast<Vector*>(y + place * sum.y_place + j * y_vector);
  };
  Vector held[places][vectors];
#pragma GCC unroll 28
  for (int place = 0; place < places; ++place) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) {
      held[place][j] = sum.accumulate ? at(place, j) : Vector{};
    }
  }
  for (std::int64_t segment = 0; segment < sum.segments; ++segment, x += sum.x_segment, w += sum.w_segment) {
    const T* x_now[(places + kNeighbours - 1) / kNeighbours];
#pragma GCC unroll 4
    for (int i = 0; i * kNeighbours < places; ++i) {
      x_now[i] = x + i * kNeighbours * x_place;
    }
    const T* w_now = w;
    for (std::int64_t step = 0; step < steps; ++step, w_now += w_step) {
      Vector factors[vectors];
#pragma GCC unroll 4
      for (int j = 0; j < vectors; ++j) {
        factors[j] = *reinterpret_cast<const Vector*>(w_now + j * w_vector);
      }
#pragma GCC unroll 28
      for (int place = 0; place < places; ++place) {
        const Vector value = x_now[place / kNeighbours][place % kNeighbours * x_place] - Vector{};
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) {
          held[place][j] = fma(value, factors[j], held[place][j]);
        }
      }
#pragma GCC unroll 4
      for (const T*& pointer : x_now) {
        pointer += x_step;
      }
    }
  }
#pragma GCC unroll 28
  for (int place = 0; place < places; ++place) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) {
      at(place, j) = held[place][j];
    }
  }
}

template <class T>
using Block = void (*)(const Sum&, const T*, const T*, T*);

template <class T, int vectors, bool apart, int... places>
constexpr std::array<Block<T>, sizeof...(places)> blocks_of(std::integer_sequence<int, places...>) {
  return {block<T, vectors, places + 1, apart>...};
}

/// `places` rows of y in blocks of nearly equal height.
template <class T, int vectors, bool apart>
void run_blocks(const Sum& sum, std::int64_t places, const T* x, const T* w, T* y) {
  constexpr int most = most_places(vectors);
  static constexpr auto blocks = blocks_of<T, vectors, apart>(std::make_integer_sequence<int, most>());
  const std::int64_t count = (places + most - 1) / most;
  for (std::int64_t i = 0, first = 0; i < count; ++i) {
    const std::int64_t last = places * (i + 1) / count;
    blocks[static_cast<std::size_t>(last - first - 1)](sum, x + first * sum.x_place, w, y + first * sum.y_place);
    first = last;
  }
}

/// `places` rows of y, `vectors` <= kMostVectors vectors wide.
template <class T, int vectors = kMostVectors>
void block_rows(int wide, const Sum& sum, std::int64_t places, const T* x, const T* w, T* y) {
  if constexpr (vectors > 1) {
    if (wide < vectors) {
      block_rows<T, vectors - 1>(wide, sum, places, x, w, y);
      return;
    }
  }
  run_blocks<T, vectors, false>(sum, places, x, w, y);
}

/// `places` rows of y, two vectors wide that lie apart.
template <class T>
void block_pairs(const Sum& sum, std::int64_t places, const T* x, const T* w, T* y) {
  run_blocks<T, 2, true>(sum, places, x, w, y);
}

}  // namespace gibbs::kernels::direct
