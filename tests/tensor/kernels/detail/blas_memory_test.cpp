// A matrix product without memory for OpenBLAS' buffer is an error; the mistake that it guards against waits for ever.
#include "gibbs/tensor/kernels/detail/blas_memory.h"

#include <gmock/gmock.h>

#include "gibbs/tensor/kernels/gemm.h"
#include "tests/testing/little_memory.h"

namespace gibbs {
namespace {

#ifdef GIBBS_CAN_LIMIT_MEMORY
TEST(BlasMemory, WithoutRoomForABufferAProductIsAnError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process in which OpenBLAS has no buffer yet
  const Tensor x = Tensor::ones({4, 4});
  const auto product = [&] {
    kernels::set_gemm(kernels::Gemm::openblas);  // on this CPU, too, if its products are faster without
    testing::run_with_little_memory(64 << 20, [&] { kernels::matmul(x, x); });
  };
  EXPECT_EXIT(product(), ::testing::ExitedWithCode(2),
              "gemm: OpenBLAS needs 128 MB of memory for each thread, and the system has none for the first; use fewer "
              "threads, or raise the limit \\(ulimit -v\\)");
}

TEST(BlasMemory, ABufferThatThereIsServesAgain) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Tensor x = Tensor::ones({4, 4});
  const auto products = [&] {
    kernels::set_gemm(kernels::Gemm::openblas);
    kernels::matmul(x, x);
    testing::run_with_little_memory(8 << 20, [&] { kernels::matmul(x, x); });
  };
  EXPECT_EXIT(products(), ::testing::ExitedWithCode(0), "");
}
#endif

TEST(BlasMemory, CallsMayOverlap) {
  const kernels::BlasCall one;
  EXPECT_NO_THROW(kernels::BlasCall());
  EXPECT_NO_THROW(kernels::BlasCall());
}

}  // namespace
}  // namespace gibbs
