#include "gibbs/tensor/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/simd/lanes.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs {
namespace {

constexpr std::int64_t kGrain = 1 << 14;  // elements of a piece; a multiple of the words in a block

__extension__ using Wide = unsigned __int128;

using Words = std::array<std::uint32_t, 4>;

/// Block `index` of a stream: 128 random bits.
Words block(const RandomKey& key, std::uint64_t index) {
  using Philox = r123::Philox4x32;
  const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  const auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
  const Philox::ctr_type counter = {{low(index), high(index), low(key.stream), high(key.stream)}};
  const Philox::key_type philox_key = {{low(key.seed), high(key.seed)}};
  const auto words = Philox{}(counter, philox_key);
  return {words[0], words[1], words[2], words[3]};
}

constexpr std::size_t kTogether = 8;

/// Blocks index ... index + 7 of a stream, one behind the other. The same arithmetic as in `block`, on vectors of
/// 64-bit numbers that hold 32-bit ones, so that a product keeps both its halves.
void eight_blocks(const RandomKey& key, std::uint64_t index, std::uint32_t* words) {
  using V = kernels::Lanes<std::uint64_t, kTogether>;
  constexpr std::uint64_t kLow = 0xFFFFFFFF;
  const V counter = index + V{0, 1, 2, 3, 4, 5, 6, 7};
  V x0 = counter & kLow, x1 = counter >> 32, x2 = V{} + (key.stream & kLow), x3 = V{} + (key.stream >> 32);
  std::uint64_t key0 = key.seed & kLow, key1 = key.seed >> 32;
  for (int round = 0; round < 10; ++round) {
    const V p0 = x0 * 0xD2511F53U, p1 = x2 * 0xCD9E8D57U;
    x0 = (p1 >> 32) ^ x1 ^ key0;
    x2 = (p0 >> 32) ^ x3 ^ key1;
    x1 = p1 & kLow;
    x3 = p0 & kLow;
    key0 = (key0 + 0x9E3779B9U) & kLow;
    key1 = (key1 + 0xBB67AE85U) & kLow;
  }
  const V first = x0 | x1 << 32, second = x2 | x3 << 32;
  const V lower = __builtin_shufflevector(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
  const V upper = __builtin_shufflevector(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
  std::memcpy(words, &lower, sizeof lower);
  std::memcpy(words + 2 * kTogether, &upper, sizeof upper);
}

std::uint64_t join(std::uint32_t low, std::uint32_t high) { return low | static_cast<std::uint64_t>(high) << 32; }

// Uniform in [0, 1) with as many bits as the type holds.
float unit(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24F; }
double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

/// Numbers per block and the k-th of them: four for float32, two for float64.
template <class T>
constexpr int kPerBlock = std::is_same_v<T, float> ? 4 : 2;
template <class T>
T unit_of(const Words& words, int k) {
  if constexpr (std::is_same_v<T, float>) {
    return unit(words[k]);
  } else {
    return unit(join(words[2 * k], words[2 * k + 1]));
  }
}

/// result[i] = number(words of i's block, i's place in it) for element `first + i` of the stream.
template <class T, class Number>
void fill_from_stream(const RandomKey& key, std::uint64_t first, std::span<T> result, Number number) {
  constexpr int per_block = kPerBlock<T>;
  parallel_for(0, static_cast<std::int64_t>(result.size()), kGrain, [&](std::int64_t begin, std::int64_t end) {
    std::uint64_t position = first + static_cast<std::uint64_t>(begin);
    for (std::int64_t i = begin; i < end;) {
      const Words words = block(key, position / per_block);
      for (int k = static_cast<int>(position % per_block); k < per_block && i < end; ++k, ++i, ++position) {
        result[static_cast<std::size_t>(i)] = number(words, k);
      }
    }
  });
}

template <class Number>
Tensor generate(const char* op, const RandomKey& key, const Shape& shape, DType dtype, std::uint64_t first,
                Number number) {
  Tensor result = Tensor::uninitialized(shape, dtype);
  dispatch_floating(dtype, op, [&](auto zero) {
    using T = decltype(zero);
    const std::span<T> elements(result.mutable_data<T>(), static_cast<std::size_t>(result.numel()));
    fill_from_stream<T>(key, first, elements, [&](const Words& words, int k) { return number(zero, words, k); });
  });
  return result;
}

}  // namespace

RandomKey RandomKey::derive(std::uint64_t number) const {
  const Words words = block({.seed = seed ^ 0x9E3779B97F4A7C15U, .stream = stream}, number);
  return {.seed = seed, .stream = join(words[0], words[1])};
}

RandomKey RandomKey::derive(std::string_view name) const {
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  for (char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return derive(hash);
}

std::uint64_t random_bits(const RandomKey& key, std::uint64_t index) {
  const Words words = block(key, index / 2);
  return index % 2 == 0 ? join(words[0], words[1]) : join(words[2], words[3]);
}

void random_words(const RandomKey& key, std::uint64_t first, std::span<std::uint32_t> words) {
  std::size_t done = 0;
  for (; done < words.size() && (first + done) % 4 != 0; ++done) {
    words[done] = block(key, (first + done) / 4)[(first + done) % 4];
  }
  const std::uint64_t first_block = (first + done) / 4;
  const std::size_t blocks = (words.size() - done) / 4;
  std::uint32_t* out = words.data() + done;
  std::size_t b = 0;
  for (; b + kTogether <= blocks; b += kTogether) {
    eight_blocks(key, first_block + b, out + 4 * b);
  }
  for (; b < blocks; ++b) {
    std::ranges::copy(block(key, first_block + b), out + 4 * b);
  }
  for (done += 4 * blocks; done < words.size(); ++done) {
    words[done] = block(key, (first + done) / 4)[(first + done) % 4];
  }
}

double random_uniform(const RandomKey& key, std::uint64_t index) { return unit(random_bits(key, index)); }

namespace kernels {
namespace {

void check_range(const char* op, const char* name, double number, DType dtype) {
  const bool fits = std::isfinite(dtype == DType::float32 ? static_cast<float>(number) : number);
  check(fits, op, ": ", name, " is ", number, "; it must be finite in ", dtype);
}

}  // namespace

Tensor uniform(const RandomKey& key, const Shape& shape, double low, double high, DType dtype, std::uint64_t first) {
  check(low <= high, "uniform: low ", low, " is above high ", high);
  check_range("uniform", "low", low, dtype);
  check_range("uniform", "high", high, dtype);
  const double half =
      dtype == DType::float32 ? std::numeric_limits<float>::max() / 2.0 : std::numeric_limits<double>::max() / 2;
  const double scale =
      high / 2 - low / 2 <= half ? 1 : .5;  // where high - low is too large, half of everything is drawn
  return generate("uniform", key, shape, dtype, first, [=](auto zero, const Words& words, int k) {
    using T = decltype(zero);
    const T start = static_cast<T>(low * scale), length = static_cast<T>(high * scale - low * scale);
    // One rounding, with or without a CPU's own fma: the same numbers everywhere.
    const T value = std::fma(length, unit_of<T>(words, k), start) / static_cast<T>(scale);
    return value < static_cast<T>(high) ? value : static_cast<T>(low);  // rounding may reach `high`
  });
}

Tensor normal(const RandomKey& key, const Shape& shape, double mean, double deviation, DType dtype,
              std::uint64_t first) {
  check(deviation >= 0, "normal: the standard deviation must not be negative, it is ", deviation);
  check_range("normal", "the mean", mean, dtype);
  check_range("normal", "the standard deviation", deviation, dtype);
  return generate("normal", key, shape, dtype, first, [=](auto zero, const Words& words, int k) {
    using T = decltype(zero);
    const int pair = k / 2 * 2;
    const double u = 1 - static_cast<double>(unit_of<T>(words, pair));  // in (0, 1]
    const double angle = 2 * std::numbers::pi * static_cast<double>(unit_of<T>(words, pair + 1));
    const double radius = std::sqrt(-2 * portable::log(u));
    return static_cast<T>(mean + deviation * radius * (k % 2 == 0 ? portable::cos(angle) : portable::sin(angle)));
  });
}

Tensor bernoulli(const RandomKey& key, const Shape& shape, double p, double value, DType dtype, std::uint64_t first) {
  check(p >= 0 && p <= 1, "bernoulli: p must be in [0, 1], it is ", p);
  constexpr double kRare = 0x1p-16;
  if (dtype == DType::float32 && ((p > 0 && p < kRare) || (p > 1 - kRare && p < 1))) {
    return cast(bernoulli(key, shape, p, value, DType::float64, first), dtype);  // 24 bits would be too few
  }
  return generate("bernoulli", key, shape, dtype, first, [=](auto zero, const Words& words, int k) {
    using T = decltype(zero);
    return unit_of<T>(words, k) < static_cast<T>(p) ? static_cast<T>(value) : T{0};
  });
}

Tensor random_integers(const RandomKey& key, const Shape& shape, std::int64_t low, std::int64_t high,
                       std::uint64_t first) {
  check(low < high, "random_integers: the range [", low, ", ", high, ") is empty");
  Tensor result = Tensor::uninitialized(shape, DType::int64);
  auto* elements = result.mutable_data<std::int64_t>();
  const auto range = static_cast<Wide>(static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low));
  parallel_for(0, result.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::uint64_t bits = random_bits(key, first + static_cast<std::uint64_t>(i));
      // Unsigned, since the distance from low may be more than an int64 holds.
      elements[i] =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + static_cast<std::uint64_t>(bits * range >> 64));
    }
  });
  return result;
}

Tensor permutation(const RandomKey& key, std::int64_t n) {
  check(n >= 0, "permutation: n must not be negative, it is ", n);
  Tensor result = Tensor::arange(0, static_cast<double>(n), 1, DType::int64);
  auto* elements = result.mutable_data<std::int64_t>();
  for (std::int64_t i = n - 1; i > 0; --i) {
    const auto bits = static_cast<Wide>(random_bits(key, static_cast<std::uint64_t>(i)));
    std::swap(elements[i], elements[static_cast<std::int64_t>(bits * static_cast<std::uint64_t>(i + 1) >> 64)]);
  }
  return result;
}

}  // namespace kernels
}  // namespace gibbs
