// The problem that golden values of optimizers are made with (tests/golden/optimizers.py has it, too):
// mean((tanh(x w1 + b1) w2 + b2 - y)^2), in float64, in step t at the first rate times 1 - t / 100.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/optim/optimizer.h"
#include "tests/testing/golden_numbers.h"

namespace gibbs::optim {

constexpr int kGoldenSteps = 50;

inline const nlohmann::json& golden() {
  static const nlohmann::json all =
      nlohmann::json::parse(std::ifstream(GIBBS_SOURCE_DIR "/tests/golden/optimizers.json"));
  return all;
}

struct GoldenProblem {
  Parameter w1{testing::golden_numbers(3, {3, 5}, 2)}, b1{testing::golden_numbers(4, {5}, 0.5)},
      w2{testing::golden_numbers(5, {5, 2}, 2)}, b2{testing::golden_numbers(6, {2}, 0.5)};
  Tensor x = testing::golden_numbers(1, {8, 3}, 4), y = testing::golden_numbers(2, {8, 2}, 2);

  Variable loss() const {
    const Variable error = matmul(tanh(matmul(Variable(x), w1) + b1), w2) + b2 - Variable(y);
    return mean(error * error);
  }

  /// Step t of an optimizer of them. Returns the loss before it.
  double step(Optimizer& optimizer, int t) {
    optimizer.set_learning_rate(optimizer.first_learning_rate() * (1 - t / 100.0));
    optimizer.clear_gradients();
    const Variable value = loss();
    backward(value);
    optimizer.step();
    return value.value().item();
  }
};

inline void expect_golden(const Tensor& got, const nlohmann::json& want, const std::string& what) {
  const auto numbers = want.get<std::vector<double>>();
  const std::vector<double> values = got.to_vector();
  ASSERT_EQ(values.size(), numbers.size()) << what;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_NEAR(values[i], numbers[i], 1e-12 * std::max(1.0, std::abs(numbers[i]))) << what << ", element " << i;
  }
}

}  // namespace gibbs::optim
