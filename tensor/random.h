// Random numbers without state: element i of a stream is a pure function of (key, i), computed by Philox4x32-10 (Salmon
// et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; Random123's implementation).
//
// So a draw can start anywhere, in any order, on any number of threads, and give the same bits. `RandomKey` names a
// stream; `Rng` hands out fresh streams one after the other for code that just wants the next random tensor.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gibbs/tensor/tensor.h"

namespace gibbs {

/// Names a stream of random numbers. Derived keys are independent of each other and of their parent.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;

  RandomKey derive(std::uint64_t number) const;
  RandomKey derive(std::string_view name) const;
  bool operator==(const RandomKey&) const = default;
};

/// 64 random bits: the `index`-th of the stream. For scalar decisions (which picture, which angle).
std::uint64_t random_bits(const RandomKey& key, std::uint64_t index);
/// Fills `words` with 32 random bits each: words first, first + 1, ... of the stream. For kernels that draw as they go;
/// word i is what element i of a float32 tensor is made from.
void random_words(const RandomKey& key, std::uint64_t first, std::span<std::uint32_t> words);
/// Uniform in [0, 1), with 53 random bits: the `index`-th of the stream.
double random_uniform(const RandomKey& key, std::uint64_t index);

namespace kernels {

// Element i of the result is number `first + i` of the stream; the dtype is float32 or float64. The two draw different
// numbers from one key: who needs the same in both draws in one dtype and casts.
/// Uniform in [low, high), both finite, however far apart; 24 random bits in float32, 53 in float64.
Tensor uniform(const RandomKey& key, const Shape& shape, double low = 0, double high = 1, DType dtype = DType::float32,
               std::uint64_t first = 0);
/// Normal with the given mean and standard deviation (Box-Muller).
Tensor normal(const RandomKey& key, const Shape& shape, double mean = 0, double deviation = 1,
              DType dtype = DType::float32, std::uint64_t first = 0);
/// `value` with probability p, else 0; p counts in steps of 2^-24 in float32 and of 2^-53 in float64, and in both where
/// p or 1 - p is below 2^-16.
Tensor bernoulli(const RandomKey& key, const Shape& shape, double p, double value = 1, DType dtype = DType::float32,
                 std::uint64_t first = 0);
/// Integers [low, high), uniformly; int64.
Tensor random_integers(const RandomKey& key, const Shape& shape, std::int64_t low, std::int64_t high,
                       std::uint64_t first = 0);
/// The numbers 0 .. n-1 in random order (Fisher-Yates); int64 [n].
Tensor permutation(const RandomKey& key, std::int64_t n);

}  // namespace kernels

/// A sequence of fresh streams from one seed: rng.next() never returns the same key twice.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : key_{.seed = seed} {}

  RandomKey next() { return key_.derive(count_++); }
  Tensor uniform(const Shape& shape, double low = 0, double high = 1, DType dtype = DType::float32) {
    return kernels::uniform(next(), shape, low, high, dtype);
  }
  Tensor normal(const Shape& shape, double mean = 0, double deviation = 1, DType dtype = DType::float32) {
    return kernels::normal(next(), shape, mean, deviation, dtype);
  }

 private:
  RandomKey key_;
  std::uint64_t count_ = 0;
};

}  // namespace gibbs
