// Every height and width of a block is a function of its own, whose loops the compiler unrolls into registers.
#include "gibbs/tensor/kernels/simd/register_block.h"

#include <array>
#include <utility>

namespace gibbs::kernels::direct {
namespace {

constexpr int most_places(int vectors) { return kSumRegisters / vectors; }

/// Places that share a pointer, from which each is at a distance that a register holds: as many distances and pointers
/// as there are address registers.
constexpr int kNeighbours = 7;

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

/// run_blocks of the width that is asked for, from `vectors` on downwards.
template <class T, int vectors = kMostVectors>
void run_wide(int wide, const Sum& sum, std::int64_t places, const T* x, const T* w, T* y) {
  if constexpr (vectors > 1) {
    if (wide < vectors) {
      run_wide<T, vectors - 1>(wide, sum, places, x, w, y);
      return;
    }
  }
  run_blocks<T, vectors, false>(sum, places, x, w, y);
}

}  // namespace

template <class T>
void block_rows(int wide, const Sum& sum, std::int64_t places, const T* x, const T* w, T* y) {
  run_wide(wide, sum, places, x, w, y);
}

template <class T>
void block_pairs(const Sum& sum, std::int64_t places, const T* x, const T* w, T* y) {
  run_blocks<T, 2, true>(sum, places, x, w, y);
}

#define GIBBS_INSTANTIATE(T)                                                       \
  template void block_rows(int, const Sum&, std::int64_t, const T*, const T*, T*); \
  template void block_pairs(const Sum&, std::int64_t, const T*, const T*, T*);
GIBBS_INSTANTIATE(float)
GIBBS_INSTANTIATE(double)
#undef GIBBS_INSTANTIATE

}  // namespace gibbs::kernels::direct
