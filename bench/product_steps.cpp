// The matrix product of docs/matrix_product.md, from three loops to the library's own: c = a b, all [n, n], in steps of
// which each mends what slows the one before. Every element of c is one chain of multiply-adds in the order of p,
// whichever loop is outside; so all steps give the same bits, and the program fails when they do not.
//
// n is a multiple of kDepth here; what the library does with the rest stands in tensor/kernels/gemm/own.cpp.
// Usage: build/release/bench/product_steps [THREADS [SMALL LARGE]]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include "bench/timing.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"

namespace {

using namespace gibbs;
using std::int64_t;

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64, kVectors = 4;  // 32 registers: 16 hold sums
#elif defined(__AVX__)
constexpr int kVectorBytes = 32, kVectors = 2;  // 16 registers: 8 hold sums
#else
constexpr int kVectorBytes = 16, kVectors = 2;
#endif
constexpr int kRows = 4, kWidth = kVectorBytes / 4;
constexpr int64_t kColumns = int64_t{kVectors} * kWidth;
constexpr int64_t kDepth = 256, kTile = 256;

using Vector __attribute__((vector_size(kVectorBytes), aligned(4), may_alias)) = float;

/// a b + c, rounded once where the CPU can: a compiler may take that apart again where it turns a loop into vectors.
float multiply_add(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__)
  return std::fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// 1: as the formula says it.
void naive(int64_t n, const float* a, const float* b, float* c) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (int64_t p = 0; p < n; ++p) {
        sum = multiply_add(a[i * n + p], b[p * n + j], sum);
      }
      c[i * n + j] = sum;
    }
  }
}

/// 2: the loops over j and p change places, so that b and c are read in rows.
void by_rows(int64_t n, const float* a, const float* b, float* __restrict c) {
  std::fill_n(c, n * n, 0.0F);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t j = 0; j < n; ++j) {
        c[i * n + j] = multiply_add(a[i * n + p], b[p * n + j], c[i * n + j]);
      }
    }
  }
}

/// kRows rows and kColumns columns of c, held in registers for `depth` steps of p; added to what c holds.
void block(int64_t n, int64_t depth, const float* a, const float* b, int64_t b_row, float* c) {
  Vector sums[kRows][kVectors];
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kVectors; ++j) {
      sums[i][j] = *reinterpret_cast<const Vector*>(c + i * n + j * kWidth);
    }
  }
  for (int64_t p = 0; p < depth; ++p) {
    for (int i = 0; i < kRows; ++i) {
      for (int j = 0; j < kVectors; ++j) {
        sums[i][j] += a[i * n + p] * *reinterpret_cast<const Vector*>(b + p * b_row + j * kWidth);
      }
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kVectors; ++j) {
      *reinterpret_cast<Vector*>(c + i * n + j * kWidth) = sums[i][j];
    }
  }
}

/// 3: a block of c stays in registers while p goes by.
void in_registers(int64_t n, const float* a, const float* b, float* c) {
  std::fill_n(c, n * n, 0.0F);
  for (int64_t j = 0; j < n; j += kColumns) {
    for (int64_t i = 0; i < n; i += kRows) {
      block(n, n, a + i * n, b + j, n, c + i * n + j);
    }
  }
}

/// kColumns columns of b, `depth` rows of them, one after the other.
void pack(int64_t n, int64_t depth, const float* b, float* panel) {
  for (int64_t p = 0; p < depth; ++p) {
    std::copy_n(b + p * n, kColumns, panel + p * kColumns);
  }
}

/// 4: the columns of b that a block needs are copied together first.
void packed(int64_t n, const float* a, const float* b, float* c) {
  std::fill_n(c, n * n, 0.0F);
  Tensor space =
      Tensor::uninitialized({n, kColumns}, DType::float32);  // begins on a cache line, as no std::vector need
  float* panel = space.mutable_data<float>();
  for (int64_t j = 0; j < n; j += kColumns) {
    pack(n, n, b + j, panel);
    for (int64_t i = 0; i < n; i += kRows) {
      block(n, n, a + i * n, panel, kColumns, c + i * n + j);
    }
  }
}

/// 5: c in tiles, and so many steps of p at a time that the panel and the tile's part of a stay in caches.
void in_caches(int64_t n, const float* a, const float* b, float* c) {
  std::fill_n(c, n * n, 0.0F);
  Tensor space = Tensor::uninitialized({kDepth, kColumns}, DType::float32);
  float* panel = space.mutable_data<float>();
  for (int64_t tile = 0; tile < n / kTile * (n / kTile); ++tile) {
    const int64_t top = tile / (n / kTile) * kTile, left = tile % (n / kTile) * kTile;
    for (int64_t p = 0; p < n; p += kDepth) {
      for (int64_t j = left; j < left + kTile; j += kColumns) {
        pack(n, kDepth, b + p * n + j, panel);
        for (int64_t i = top; i < top + kTile; i += kRows) {
          block(n, kDepth, a + i * n + p, panel, kColumns, c + i * n + j);
        }
      }
    }
  }
}

/// One size: prints a line for each step, and says whether all gave the same bits.
class Steps {
 public:
  explicit Steps(int64_t n) : n_(n) {
    fmt::print("\n{:<40} {:>10} {:>10}\n", fmt::format("n = {}", n), "ms", "GFLOP/s");
  }

  using Product = void (*)(int64_t n, const float* a, const float* b, float* c);
  void run(const char* name, Product product) {
    Tensor c = Tensor::zeros({n_, n_});
    measure(name, [&] { product(n_, a_.data<float>(), b_.data<float>(), c.mutable_data<float>()); });
    compare(c);
  }

  void run_library(const char* name, kernels::Gemm by, int threads) {
    kernels::set_gemm(by);
    set_num_threads(threads);
    Tensor c;
    measure(fmt::format("{}, {} thread{}", name, threads, threads == 1 ? "" : "s"),
            [&] { c = kernels::matmul(a_, b_); });
    if (by == kernels::Gemm::own) {
      compare(c);
    }
  }

  bool agree() const { return agree_; }

 private:
  void measure(const std::string& name, const std::function<void()>& work) const {
    const double ms = bench::median(bench::repeat(work, {.warmup = 1, .calls = 3, .seconds = .5}));
    fmt::print("{:<40} {:>10.1f} {:>10.1f}\n", name, ms, 2e-6 * static_cast<double>(n_ * n_ * n_) / ms);
    std::fflush(stdout);
  }

  void compare(const Tensor& c) {
    if (first_.defined()) {
      agree_ &= std::memcmp(first_.data<float>(), c.data<float>(), static_cast<std::size_t>(n_ * n_) * 4) == 0;
    } else {
      first_ = c;
    }
  }

  int64_t n_;
  Tensor a_ = kernels::uniform({.seed = 1}, {n_, n_}, -1, 1, DType::float32);
  Tensor b_ = kernels::uniform({.seed = 2}, {n_, n_}, -1, 1, DType::float32);
  Tensor first_;
  bool agree_ = true;
};

/// The first two are slow: they are left out where n is large.
bool run_steps(int64_t n, bool with_slow, int threads) {
  Steps steps(n);
  if (with_slow) {
    steps.run("1 naive: i, j, p", naive);
    steps.run("2 loops in another order: i, p, j", by_rows);
  }
  steps.run("3 a block in registers", in_registers);
  steps.run("4 b packed", packed);
  steps.run("5 blocks for caches", in_caches);
  steps.run_library("6 the library", kernels::Gemm::own, 1);
  steps.run_library("6 the library", kernels::Gemm::own, threads);
  if (!kernels::blas_core_name().empty()) {
    steps.run_library("OpenBLAS", kernels::Gemm::openblas, 1);
    steps.run_library("OpenBLAS", kernels::Gemm::openblas, threads);
  }
  return steps.agree();
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
  const int64_t small = argc > 3 ? std::atoll(argv[2]) : 1024, large = argc > 3 ? std::atoll(argv[3]) : 2048;
  if (threads < 1 || small < kDepth || small % kDepth != 0 || large < kDepth || large % kDepth != 0) {
    fmt::print(stderr, "product_steps [THREADS [SMALL LARGE]]: at least one thread, sizes that are multiples of {}\n",
               kDepth);
    return 2;
  }
  const bool small_agrees = run_steps(small, true, threads), large_agrees = run_steps(large, false, threads);
  const bool agree = small_agrees && large_agrees;
  fmt::print("\n{}\n", agree ? "All steps gave the same bits." : "FAILED: the steps did not give the same bits.");
  return agree ? 0 : 1;
}
