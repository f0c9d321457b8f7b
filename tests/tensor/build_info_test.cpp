// The library here is compiled for the same CPU as this test; tests/examples/portable_test.py loads some that are not.
#include "gibbs/tensor/build_info.h"

#include <gmock/gmock.h>

#include "gibbs/tensor/kernels/lanes.h"

namespace gibbs {
namespace {

TEST(BuildInfo, NamesALevelThatHasItsVectors) {
  const BuildInfo info = build_info();
  EXPECT_EQ(info.vector_bytes, kernels::kVectorBytes);
  EXPECT_THAT(info.instruction_set, ::testing::AnyOf("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"));
  EXPECT_TRUE(info.vector_bytes == 64 || info.instruction_set < "x86-64-v4");
  EXPECT_TRUE(info.vector_bytes >= 32 || info.instruction_set < "x86-64-v3");
}

}  // namespace
}  // namespace gibbs
