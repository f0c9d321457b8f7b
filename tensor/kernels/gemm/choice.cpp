#include "gibbs/tensor/kernels/gemm/choice.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "gibbs/tensor/error.h"
#include "gibbs/tensor/kernels/gemm/blas.h"
#include "gibbs/tensor/kernels/simd/lanes.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

/// Multiply-adds up to which a call of OpenBLAS costs more than it saves.
constexpr int64_t kSmallWork = 1 << 18;
/// Rows up to which OpenBLAS packs more than it multiplies.
constexpr int64_t kFewRows = 64;

Gemm from_environment() {
  const char* value = std::getenv("GIBBS_GEMM");
  const std::string_view text = value == nullptr ? "" : value;
  check(text.empty() || text == "openblas" || text == "own", "GIBBS_GEMM is '", printable(text),
        "'; it is openblas or own, or not set");
  return text.empty() ? Gemm::automatic : text == "own" ? Gemm::own : Gemm::openblas;
}

void check_is_there(Gemm asked, const char* who) {
  check(asked != Gemm::openblas || blas::is_there(), who,
        " asks for OpenBLAS, and this library was built without it; install it and build again, or take own");
}

/// Read once; what set_gemm says comes before the environment.
std::atomic<Gemm>& setting() {
  static std::atomic<Gemm> gemm = [] {
    const Gemm from = from_environment();
    check_is_there(from, "GIBBS_GEMM");
    return from;
  }();
  return gemm;
}

bool is_narrower(const GemmSituation& s) { return s.core_vector_bytes > 0 && s.core_vector_bytes < s.own_vector_bytes; }

}  // namespace

GemmSituation GemmSituation::now() {
  static const std::string core = blas::core_name();
  static const int core_bytes = blas::vector_bytes(core);
  const GemmSituation situation{.asked = setting(),
                                .bits = gibbs::bits(),
                                .has_openblas = blas::is_there(),
                                .core = core,
                                .core_vector_bytes = core_bytes,
                                .own_vector_bytes = kVectorBytes};
  check_gemm(situation);
  return situation;
}

void check_gemm(const GemmSituation& s) {
  check(s.bits == Bits::machine || s.asked != Gemm::openblas,
        "gemm: OpenBLAS is asked for (GIBBS_GEMM, set_gemm), and its bits are this machine's; portable bits "
        "(GIBBS_BITS, set_bits, --bits) take the library's own product: ask for one of the two");
}

Gemm gemm_in_use(const GemmSituation& s) {
  if (s.asked != Gemm::automatic) {
    return s.asked;
  }
  return !s.has_openblas || s.bits == Bits::portable || is_narrower(s) ? Gemm::own : Gemm::automatic;
}

Gemm choose_gemm(const GemmSituation& s, Transposed transposed, int64_t m, int64_t n, int64_t k) {
  if (const Gemm one = gemm_in_use(s); one != Gemm::automatic) {
    return one;
  }
  if (s.core_vector_bytes > s.own_vector_bytes) {
    return Gemm::openblas;
  }
  // What was measured (docs/matrix_product.md): ours is faster wherever its vectors are full, with AVX-512; with AVX2
  // on small products, and where few rows meet a b that lies in rows.
  constexpr int64_t kFullVector = 64 / sizeof(float);
  if (s.own_vector_bytes == 64) {
    return n < kFullVector ? Gemm::openblas : Gemm::own;
  }
  const bool is_small = m * n * k <= kSmallWork, has_few_rows = m <= kFewRows && !transposed.b;
  return is_small || has_few_rows ? Gemm::own : Gemm::openblas;
}

Gemm choose_gemm(Transposed transposed, int64_t m, int64_t n, int64_t k) {
  return choose_gemm(GemmSituation::now(), transposed, m, n, k);
}

std::string describe_gemm(const GemmSituation& s) {
  if (s.asked != Gemm::automatic) {
    return s.asked == Gemm::own ? "own, as asked" : fmt::format("OpenBLAS (kernels for {}), as asked", s.core);
  }
  if (s.bits == Bits::portable) {
    return "own: for portable bits";
  }
  if (!s.has_openblas) {
    return "own: built without OpenBLAS";
  }
  if (is_narrower(s)) {
    return fmt::format("own: OpenBLAS' kernels for {} use vectors of {} bytes, this library {}", s.core,
                       s.core_vector_bytes, s.own_vector_bytes);
  }
  return fmt::format("own where it is faster, else OpenBLAS (kernels for {})", s.core);
}

void set_gemm(Gemm gemm) {
  check_is_there(gemm, "set_gemm");
  setting() = gemm;
}

std::string gemm_description() { return describe_gemm(GemmSituation::now()); }

Gemm gemm_in_use() { return gemm_in_use(GemmSituation::now()); }

std::string blas_core_name() { return blas::core_name(); }

int blas_vector_bytes() { return blas::vector_bytes(blas::core_name()); }

}  // namespace gibbs::kernels
