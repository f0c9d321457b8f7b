#include "examples/doctor/yardstick.h"

#include <algorithm>
#include <chrono>

#include "gibbs/tensor/parallel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace gibbs::examples {

double seconds(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// A multiply-add takes about four cycles, and two to four begin in each: as many chains as that, and as registers
/// hold.
#if defined(__x86_64__)
constexpr int kChains = 12;
#else
constexpr int kChains = 20;
#endif
constexpr float kFactor = 0.5F;

// Every chain is x = kFactor x + 1, which goes to 2 from a beginning of its own: what is equal, or stays, is computed
// once. The results are written, since what nobody reads need not be computed at all.
#if defined(__x86_64__)
__attribute__((target("avx512f"))) void chains_of_64_bytes(std::int64_t steps, float* results) {
  const __m512 factor = _mm512_set1_ps(kFactor), one = _mm512_set1_ps(1);
  __m512 chains[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) {
    chains[i] = _mm512_set1_ps(static_cast<float>(3 + i));
  }
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      chains[i] = _mm512_fmadd_ps(chains[i], factor, one);
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) {
    _mm512_storeu_ps(results, _mm512_add_ps(_mm512_loadu_ps(results), chains[i]));
  }
}

__attribute__((target("fma"))) void chains_of_32_bytes(std::int64_t steps, float* results) {
  const __m256 factor = _mm256_set1_ps(kFactor), one = _mm256_set1_ps(1);
  __m256 chains[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) {
    chains[i] = _mm256_set1_ps(static_cast<float>(3 + i));
  }
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      chains[i] = _mm256_fmadd_ps(chains[i], factor, one);
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) {
    _mm256_storeu_ps(results, _mm256_add_ps(_mm256_loadu_ps(results), chains[i]));
  }
}
#endif

using Vector __attribute__((vector_size(16), aligned(alignof(float)), may_alias)) = float;

Vector multiply_add(Vector a, Vector b, Vector c) {
#if defined(__aarch64__)
  return vfmaq_f32(c, a, b);
#else
  return a * b + c;  // two instructions, on CPUs that have no better
#endif
}

void chains_of_16_bytes(std::int64_t steps, float* results) {
  const Vector factor = Vector{} + kFactor, one = Vector{} + 1.0F;
  Vector chains[kChains];
#pragma GCC unroll 20
  for (int i = 0; i < kChains; ++i) {
    chains[i] = Vector{} + static_cast<float>(3 + i);
  }
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 20
    for (int i = 0; i < kChains; ++i) {
      chains[i] = multiply_add(chains[i], factor, one);
    }
  }
#pragma GCC unroll 20
  for (int i = 0; i < kChains; ++i) {
    *reinterpret_cast<Vector*>(results) += chains[i];
  }
}

struct Chains {
  int lanes;
  void (*run)(std::int64_t steps, float* results);
};

Chains widest_chains() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    return {16, chains_of_64_bytes};
  }
  if (__builtin_cpu_supports("fma")) {
    return {8, chains_of_32_bytes};
  }
#endif
  return {4, chains_of_16_bytes};
}

}  // namespace

double multiply_add_rate() {
  constexpr std::int64_t kSteps = 1 << 14;
  constexpr std::int64_t kPieces = 512;  // all threads have work, for about as long as a training step takes
  const Chains chains = widest_chains();
  const auto all = [&chains] {
    parallel_for(0, kPieces, 1, [&chains](std::int64_t first, std::int64_t last) {
      float results[16] = {};
      for (std::int64_t piece = first; piece < last; ++piece) {
        chains.run(kSteps, results);
      }
      [[maybe_unused]] const volatile float read = results[0];
    });
  };
  return 2e-9 * kChains * chains.lanes * static_cast<double>(kSteps * kPieces) / seconds(all);
}

double MemoryStream::rate() {
  auto* numbers = reinterpret_cast<Vector*>(numbers_.mutable_data<float>());
  const std::int64_t count = numbers_.numel() / 4;
  const auto add_one = [numbers, count] {
    parallel_for(0, count, 1 << 14, [numbers](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        numbers[i] += 1.0F;
      }
    });
  };
  return 2e-9 * sizeof(Vector) * static_cast<double>(count) / seconds(add_one);
}

/// Multiply-adds: each layer with weights takes as many for its result, for the gradient of its weights and for that of
/// its input, but the first layer's input is a picture, which needs none: 25.35 MFLOP for each picture.
///
/// Bytes: of every number between two ops, four; a layer with its ReLU and its pooling is one op. It is written once
/// and read by the next op, read once more on the way back, and its gradient is written and read: five times. Pixels
/// have no gradient: three times. Each weight is read by the pass forward and by the one back, its gradient is written,
/// and Adam reads all four, weight, gradient and two moments, and writes three: ten times.
Work article_step(std::int64_t images) {
  constexpr double kPixels = 32 * 32 * 3, kBetween = 2 * 15 * 15 * 32 + 2 * 6 * 6 * 64 + 256 + 10;
  constexpr double kWeights = (27 + 1) * 32 + (288 + 1) * 64 + (2304 + 1) * 256 + (256 + 1) * 10;
  const auto n = static_cast<double>(images);
  return {.flop = 25.35e6 * n, .bytes = 4 * (3 * kPixels * n + 5 * kBetween * n + 10 * kWeights)};
}

Judgement judge(const Work& work, int steps, const std::function<void()>& step) {
  constexpr int kRounds = 5;
  Judgement result;
  MemoryStream memory;
  std::vector<double> gflop_per_s, gb_per_s;
  memory.rate();  // the first touches its pages
  for (int round = 0; round < kRounds; ++round) {
    gflop_per_s.push_back(multiply_add_rate());
    gb_per_s.push_back(memory.rate());
    for (int i = steps * round / kRounds; i < steps * (round + 1) / kRounds; ++i) {
      result.times.push_back(1e3 * seconds(step));
    }
  }
  result.step_ms = median(result.times);
  result.gflop_per_s = median(gflop_per_s);
  result.gb_per_s = median(gb_per_s);
  result.arithmetic_ms = 1e-6 * work.flop / result.gflop_per_s;
  result.memory_ms = 1e-6 * work.bytes / result.gb_per_s;
  return result;
}

}  // namespace gibbs::examples
