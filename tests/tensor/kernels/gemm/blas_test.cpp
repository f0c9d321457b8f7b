// An OpenBLAS that does not know the CPU, and what the library makes of it. The test starts itself anew, since the
// choice is made once, and then does to OpenBLAS what an old version does to itself: it makes it take kernels for
// Prescott.
#include "gibbs/tensor/kernels/gemm/blas.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "gibbs/tensor/kernels/gemm.h"
#include "tests/tensor/kernels/convolution_testing.h"

extern "C" {
void gotoblas_dynamic_init() __attribute__((weak));
void gotoblas_dynamic_quit() __attribute__((weak));
}

namespace gibbs::kernels {
namespace {

constexpr const char* kVariable = "OPENBLAS_CORETYPE";

void take_prescott() {
  setenv(kVariable, "Prescott", /*overwrite=*/1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(kVariable);
}

/// 0 where OpenBLAS ended with the best kernels, multiplies with them, and nothing is left in the environment.
int outcome_without_a_variable() {
  take_prescott();
  const std::string_view best = blas::better_core("Prescott", blas::CpuFeatures::of_this_cpu());
  if (blas::core_name() != (best.empty() ? "Prescott" : best) || std::getenv(kVariable) != nullptr) {
    return 1;
  }
  const Tensor a = random_tensor({70, 300}, DType::float32, 1), b = random_tensor({300, 90}, DType::float32, 2);
  set_gemm(Gemm::openblas);
  const Tensor by_openblas = matmul(a, b);
  set_gemm(Gemm::own);
  expect_near(by_openblas, matmul(a, b).to_vector(), DType::float32);
  return ::testing::Test::HasFailure() ? 2 : 0;
}

int outcome_with_a_variable() {
  take_prescott();
  setenv(kVariable, "Prescott", /*overwrite=*/1);
  return blas::core_name() == "Prescott" ? 0 : 1;
}

TEST(OpenBlasDeathTest, TakesTheBestKernelsUnlessItIsToldWhich) {
  if (gotoblas_dynamic_init == nullptr || gotoblas_dynamic_quit == nullptr) {
    GTEST_SKIP() << "this OpenBLAS has kernels for one CPU only, or is not there";
  }
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::_Exit(outcome_without_a_variable()), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(std::_Exit(outcome_with_a_variable()), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gibbs::kernels
