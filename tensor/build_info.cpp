// The levels are those of the x86-64 ABI; compilers tell what they were allowed to use by one macro per feature.
#include "gibbs/tensor/build_info.h"

#include "gibbs/tensor/kernels/simd/lanes.h"

namespace gibbs {
namespace {

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__)
constexpr const char* kInstructionSet = "x86-64-v4";
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__) && defined(__BMI__) && defined(__BMI2__) && \
    defined(__LZCNT__) && defined(__MOVBE__)
constexpr const char* kInstructionSet = "x86-64-v3";
#elif defined(__SSE4_2__) && defined(__POPCNT__)
constexpr const char* kInstructionSet = "x86-64-v2";
#elif defined(__aarch64__)
constexpr const char* kInstructionSet = "arm64";
#else
constexpr const char* kInstructionSet = "x86-64";
#endif

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr bool kOptimized = true;
#else
constexpr bool kOptimized = false;
#endif

}  // namespace

BuildInfo build_info() {
  return {.instruction_set = kInstructionSet,
          .vector_bytes = kernels::kVectorBytes,
          .fused = kernels::kHasFma,
          .optimized = kOptimized};
}

}  // namespace gibbs
