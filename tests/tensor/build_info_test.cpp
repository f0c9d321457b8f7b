// Which library is loaded is up to the dynamic linker, and tests/examples/portable_test.py knows which it must be.
#include "gibbs/tensor/build_info.h"

#include <gmock/gmock.h>

namespace gibbs {
namespace {

using ::testing::AnyOf;

TEST(BuildInfo, NamesALevelThatHasItsVectors) {
  const BuildInfo info = build_info();
  EXPECT_THAT(info.instruction_set, AnyOf("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "arm64"));
  EXPECT_THAT(info.vector_bytes, AnyOf(16, 32, 64));
  EXPECT_TRUE(info.vector_bytes == 64 || info.instruction_set < "x86-64-v4");
  EXPECT_TRUE(info.vector_bytes >= 32 || info.instruction_set < "x86-64-v3");
  EXPECT_EQ(info.fused, info.instruction_set == "arm64" || info.instruction_set >= "x86-64-v3");
}

}  // namespace
}  // namespace gibbs
