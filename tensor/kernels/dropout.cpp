#include "gibbs/tensor/kernels/dropout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

constexpr std::int64_t kChunk = 1024;         // words drawn at a time, on the stack
constexpr std::int64_t kGrain = 16 * kChunk;  // elements of a parallel piece

template <class T>
void drop(const T* x, T* y, std::int64_t n, T scale, std::uint64_t smallest_kept, const RandomKey& key,
          std::uint64_t first) {
  std::array<std::uint32_t, kChunk> words;
  for (std::int64_t begin = 0; begin < n; begin += kChunk) {
    const std::int64_t count = std::min(kChunk, n - begin);
    random_words(key, first + static_cast<std::uint64_t>(begin),
                 std::span(words).first(static_cast<std::size_t>(count)));
    for (std::int64_t i = 0; i < count; ++i) {
      y[begin + i] = words[static_cast<std::size_t>(i)] >= smallest_kept ? x[begin + i] * scale : T{0};
    }
  }
}

}  // namespace

Tensor dropout(const Tensor& x, double rate, const RandomKey& key, std::uint64_t first) {
  check(rate >= 0 && rate < 1, "dropout: the rate must be in [0, 1), it is ", rate);
  // A word is dropped when it is below rate 2^32.
  const auto smallest_kept = static_cast<std::uint64_t>(std::llround(std::ldexp(rate, 32)));
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch_floating(x.dtype(), "dropout", [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    parallel_for(0, x.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      drop(from + begin, to + begin, end - begin, static_cast<T>(1 / (1 - rate)), smallest_kept, key,
           first + static_cast<std::uint64_t>(begin));
    });
  });
  return y;
}

}  // namespace gibbs::kernels
