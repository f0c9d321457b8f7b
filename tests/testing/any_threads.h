// The same bits on any number of threads.
#pragma once

#include <gtest/gtest.h>

#include <type_traits>
#include <vector>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::testing {

/// compute() gives a Tensor, or several in a vector: the same bits on 1, 2 and 3 threads.
template <class Compute>
void expect_same_bits_on_any_threads(Compute compute) {
  const auto on = [&](int threads) {
    set_num_threads(threads);
    if constexpr (std::is_convertible_v<decltype(compute()), Tensor>) {
      return std::vector<Tensor>{compute()};
    } else {
      return compute();
    }
  };
  const int before = num_threads();
  const std::vector<Tensor> expected = on(1);
  for (const int threads : {2, 3}) {
    const std::vector<Tensor> again = on(threads);
    ASSERT_EQ(again.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(same_bits(again[i], expected[i])) << "result " << i << " on " << threads << " threads";
    }
  }
  set_num_threads(before);
}

}  // namespace gibbs::testing
