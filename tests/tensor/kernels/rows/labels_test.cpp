// One wrong label anywhere is found: in vectors, behind them, and in any piece of a parallel loop.
#include "gibbs/tensor/kernels/rows/labels.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace gibbs::kernels::rows {
namespace {

TEST(Labels, OneWrongLabelAnywhere) {
  for (const std::int64_t count : {1, 7, 8, 9, 200'003}) {
    Tensor y = Tensor::uninitialized({count}, DType::int64);
    for (std::int64_t n = 0; n < count; ++n) {
      y.mutable_data<std::int64_t>()[n] = n % 5;
    }
    const std::int64_t missing = -1;
    EXPECT_TRUE(all_are_classes(y, 5, missing)) << count;
    for (const std::int64_t place : {std::int64_t{0}, count / 2, count - 1}) {
      for (const std::int64_t wrong : {std::int64_t{5}, std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
        Tensor spoiled = y.clone();
        spoiled.mutable_data<std::int64_t>()[place] = wrong;
        EXPECT_FALSE(all_are_classes(spoiled, 5, missing)) << count << ", " << place << ", " << wrong;
      }
    }
    EXPECT_FALSE(all_are_classes(y, 5, (count - 1) % 5)) << "an excluded one, of " << count;
  }
}

TEST(Labels, OfNothing) { EXPECT_TRUE(all_are_classes(Tensor::zeros({0}, DType::int64), 5, -1)); }

}  // namespace
}  // namespace gibbs::kernels::rows
