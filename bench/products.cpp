// Matrix products: the library's own kernel beside OpenBLAS, in turn within one run, through matmul and its threads.
// The last line is one row times a matrix, which waits for memory: beside the time that reading the matrix takes.
//
// Usage: build/release/bench/products [THREADS]; OPENBLAS_CORETYPE=Haswell takes other kernels of OpenBLAS.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include "bench/timing.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"

namespace {

using namespace gibbs;
using kernels::Gemm;
using kernels::Transposed;

struct Entry {
  Shape a, b;
  Transposed transposed = {};
  DType dtype = DType::float32;
};

const std::array kEntries = {
    Entry{{2048, 2048}, {2048, 2048}},
    Entry{{2048, 2048}, {2048, 2048}, {.a = true}},
    Entry{{2048, 2048}, {2048, 2048}, {.b = true}},
    Entry{{1024, 1024}, {1024, 1024}, {}, DType::float64},
    Entry{{250, 2304}, {2304, 256}},
    Entry{{250, 2304}, {250, 256}, {.a = true}},
    Entry{{250, 256}, {2304, 256}, {.b = true}},
    Entry{{1024, 1024}, {1024, 128}},
    Entry{{128, 1024}, {1024, 1024}},
    Entry{{64, 64}, {64, 256}},
    Entry{{250, 256}, {256, 10}},
    Entry{{8, 1024}, {1024, 1024}},
    Entry{{64, 64, 64}, {64, 64, 64}},
    Entry{{96, 128, 64}, {96, 128, 64}, {.b = true}},
    Entry{{96, 128, 128}, {96, 128, 64}},
};

Tensor numbers(const Shape& shape, DType dtype, std::uint64_t seed) {
  return kernels::uniform({.seed = seed}, shape, -1, 1, dtype);
}

/// Medians of both in milliseconds, measured in turn.
std::array<double, 2> in_turn(const std::function<void()>& work) {
  std::array<std::vector<double>, 2> medians;
  for (int round = 0; round < 5; ++round) {
    for (const std::size_t who : {0, 1}) {
      kernels::set_gemm(who == 0 ? Gemm::own : Gemm::openblas);
      medians[who].push_back(bench::median(bench::repeat(work, {.warmup = 2, .calls = 5, .seconds = .08})));
    }
  }
  return {bench::median(medians[0]), bench::median(medians[1])};
}

/// Reads all of x, and gives something that depends on it.
std::uint64_t read_all(const Tensor& x) {
  const auto* words = reinterpret_cast<const std::uint64_t*>(x.data<float>());
  return parallel_reduce<std::uint64_t>(
      0, x.numel() / 2, 1 << 16, 0,
      [words](std::int64_t first, std::int64_t last) {
        std::uint64_t mixed = 0;
        for (std::int64_t i = first; i < last; ++i) {
          mixed ^= words[i];
        }
        return mixed;
      },
      [](std::uint64_t a, std::uint64_t b) { return a ^ b; });
}

}  // namespace

int main(int argc, char** argv) {
  set_num_threads(argc > 1 ? std::atoi(argv[1]) : 2);
  fmt::print("{} threads; OpenBLAS: kernels for {}\n", num_threads(), kernels::blas_core_name());
  fmt::print("{:<40} {:>8} {:>10} {:>7}\n", "GFLOP/s", "own", "OpenBLAS", "ratio");
  for (const Entry& entry : kEntries) {
    const Tensor a = numbers(entry.a, entry.dtype, 1), b = numbers(entry.b, entry.dtype, 2);
    const auto [own, openblas] = in_turn([&] { kernels::matmul(a, b, entry.transposed); });
    const double inner = static_cast<double>(a.size(entry.transposed.a ? -2 : -1));
    const double flop = 2e-6 * inner * static_cast<double>(kernels::matmul(a, b, entry.transposed).numel());
    fmt::print("{:<40} {:>8.1f} {:>10.1f} {:>7.2f}\n",
               fmt::format("[{}]{} x [{}]{}{}", fmt::join(entry.a, ", "), entry.transposed.a ? "^T" : "",
                           fmt::join(entry.b, ", "), entry.transposed.b ? "^T" : "",
                           entry.dtype == DType::float64 ? " float64" : ""),
               flop / own, flop / openblas, openblas / own);
  }
  const Tensor row = numbers({1, 2304}, DType::float32, 1), w = numbers({2304, 256}, DType::float32, 2);
  const auto [own, openblas] = in_turn([&] { kernels::matmul(row, w); });
  std::uint64_t mixed = 0;
  const double reading = bench::median(bench::repeat([&] { mixed ^= read_all(w); }, {.warmup = 5, .seconds = .3}));
  fmt::print("{:<40} {:>6.1f} us {:>7.1f} us {:>7.2f}   {:.2f} of reading it ({:.1f} us)\n", "[1, 2304] x [2304, 256]",
             1e3 * own, 1e3 * openblas, openblas / own, reading / own,
             1e3 * reading + 1e-300 * static_cast<double>(mixed));
  return 0;
}
