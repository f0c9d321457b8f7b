#include "gibbs/tensor/kernels/gemm/blas.h"

#include <algorithm>
#include <array>

#include "gibbs/tensor/error.h"

#ifdef GIBBS_HAS_OPENBLAS
#include <cblas.h>
#include <sys/resource.h>

#include <cstdlib>
#include <limits>
#include <type_traits>

#include "gibbs/tensor/kernels/detail/blas_memory.h"

// Of OpenBLAS, in no header; weak, since not every build of it has them.
#ifdef __APPLE__  // whose linker wants to see even these: there OpenBLAS keeps its threads and its choice
constexpr int (*blas_thread_shutdown_)() = nullptr;
constexpr void (*gotoblas_dynamic_init)() = nullptr;
constexpr void (*gotoblas_dynamic_quit)() = nullptr;
#else
extern "C" {
int blas_thread_shutdown_() __attribute__((weak));   // where it has threads
void gotoblas_dynamic_init() __attribute__((weak));  // where it has kernels for several CPUs
void gotoblas_dynamic_quit() __attribute__((weak));
}
#endif
#endif

namespace gibbs::kernels::blas {
namespace {

struct Core {
  std::string_view name;
  int vector_bytes;
};

/// In builds of OpenBLAS 0.3 for several CPUs, x86-64 and arm64.
constexpr std::array kCores = {
    Core{"Katmai", 16},       Core{"Coppermine", 16},     Core{"Northwood", 16},  Core{"Prescott", 16},
    Core{"Banias", 16},       Core{"Atom", 16},           Core{"Core2", 16},      Core{"Penryn", 16},
    Core{"Dunnington", 16},   Core{"Nehalem", 16},        Core{"Athlon", 16},     Core{"Opteron", 16},
    Core{"Opteron_SSE3", 16}, Core{"Barcelona", 16},      Core{"Bobcat", 16},     Core{"Nano", 16},
    Core{"Sandybridge", 32},  Core{"Bulldozer", 32},      Core{"Piledriver", 32}, Core{"Steamroller", 32},
    Core{"Excavator", 32},    Core{"Haswell", 32},        Core{"Zen", 32},        Core{"SkylakeX", 64},
    Core{"Cooperlake", 64},   Core{"SapphireRapids", 64}, Core{"armv8", 16},      Core{"cortexa53", 16},
    Core{"cortexa57", 16},    Core{"cortexa72", 16},      Core{"cortexa73", 16},  Core{"neoversen1", 16}};

}  // namespace

int vector_bytes(std::string_view core) {
  const auto* found = std::ranges::find_if(kCores, [core](const Core& c) { return c.name == core; });
  return found == kCores.end() ? 0 : found->vector_bytes;
}

CpuFeatures CpuFeatures::of_this_cpu() {
#if defined(__x86_64__)
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return {.fma_avx2 = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2"),
          .avx512 = avx512,
          .avx512_bf16 = avx512 && __builtin_cpu_supports("avx512bf16")};
#else
  return {};
#endif
}

std::string_view better_core(std::string_view core, const CpuFeatures& cpu) {
  const std::string_view best = cpu.avx512_bf16 ? "Cooperlake"
                                : cpu.avx512    ? "SkylakeX"
                                : cpu.fma_avx2  ? "Haswell"
                                                : "";
  const int bytes = vector_bytes(core);
  return bytes > 0 && bytes < vector_bytes(best) ? best : "";
}

#ifdef GIBBS_HAS_OPENBLAS

namespace {

constexpr const char* kCoreVariable = "OPENBLAS_CORETYPE";

bool address_space_is_limited() {
  rlimit limit{};
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

/// OpenBLAS looks at the CPU when it is loaded, before anybody can tell it better. It can be made to look again; the
/// variable is only for that moment, so that programs started from this one do not inherit it.
void choose_core() {
  if (std::getenv(kCoreVariable) != nullptr || gotoblas_dynamic_init == nullptr || gotoblas_dynamic_quit == nullptr) {
    return;
  }
  const std::string_view better = better_core(openblas_get_corename(), CpuFeatures::of_this_cpu());
  if (better.empty() || setenv(kCoreVariable, std::string(better).c_str(), /*overwrite=*/0) != 0) {
    return;
  }
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(kCoreVariable);
}

/// Everything is parallel outside OpenBLAS, so inside it has one thread. Those that it started when it was loaded would
/// spin for a while, on the processors that ours need: it stops them as it does before a fork. Not where memory is
/// limited: it would wait for them, and they may be waiting for memory. Done once, before the first call: static
/// initialization has no race.
void make_ready() {
  static const bool once = [] {
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_ != nullptr && !address_space_is_limited()) {
      blas_thread_shutdown_();
    }
    choose_core();
    return true;
  }();
  static_cast<void>(once);
}

blasint to_blas(std::int64_t size) {
  check(size <= std::numeric_limits<blasint>::max(), "gemm: a size of ", size, " is beyond OpenBLAS' integers");
  return static_cast<blasint>(size);
}

CBLAS_TRANSPOSE flag(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

template <class T, class Gemm, class Gemv>
void call(Gemm gemm, Gemv gemv, Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
          std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
  make_ready();
  const BlasCall counted;
  if (m == 1) {  // b is read once, whatever is done: as a matrix times a vector that is a seventh faster
    gemv(CblasRowMajor, flag(!transposed.b), to_blas(transposed.b ? n : k), to_blas(transposed.b ? k : n), T{1}, b,
         to_blas(ldb), a, to_blas(transposed.a ? lda : 1), beta, c, 1);
    return;
  }
  gemm(CblasRowMajor, flag(transposed.a), flag(transposed.b), to_blas(m), to_blas(n), to_blas(k), T{1}, a, to_blas(lda),
       b, to_blas(ldb), beta, c, to_blas(ldc));
}

}  // namespace

bool is_there() { return true; }

std::string core_name() {
  make_ready();
  return openblas_get_corename();
}

template <class T>
void gemm(Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda,
          const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
  if constexpr (std::is_same_v<T, float>) {
    call(cblas_sgemm, cblas_sgemv, transposed, m, n, k, a, lda, b, ldb, beta, c, ldc);
  } else {
    call(cblas_dgemm, cblas_dgemv, transposed, m, n, k, a, lda, b, ldb, beta, c, ldc);
  }
}

#else

bool is_there() { return false; }
std::string core_name() { return {}; }

template <class T>
void gemm(Transposed, std::int64_t, std::int64_t, std::int64_t, const T*, std::int64_t, const T*, std::int64_t, T, T*,
          std::int64_t) {
  fail("gemm: this library was built without OpenBLAS");
}
#endif

template void gemm(Transposed, std::int64_t, std::int64_t, std::int64_t, const float*, std::int64_t, const float*,
                   std::int64_t, float, float*, std::int64_t);
template void gemm(Transposed, std::int64_t, std::int64_t, std::int64_t, const double*, std::int64_t, const double*,
                   std::int64_t, double, double*, std::int64_t);

}  // namespace gibbs::kernels::blas
