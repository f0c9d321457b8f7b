// The yardstick: its counts are those of the network, its peaks are rates of something that ran. How large they are is
// the machine's business.
#include "examples/doctor/yardstick.h"

#include <algorithm>

#include "examples/networks/article_convnet.h"
#include "gibbs/gibbs.h"

namespace gibbs::examples {
namespace {

TEST(Yardstick, CountsTheStepOfTheArticlesNetwork) {
  nn::Sequential model = article_convnet(0);
  double flop = 0, first = 0, weights = 0, between = 0;
  Shape shape{1, 32, 32, 3};
  for (std::size_t i = 0; i < model.size(); ++i) {
    const Shape y = model[i](Variable::leaf(Tensor::zeros(shape))).shape();
    const double own = model[i].flops(shape, y);
    first = i == 0 ? own : first;
    flop += 3 * own;
    const bool fused = i == 0 || i == 1 || i == 4 || i == 5 || i == 8 || i == 9;  // flattening moves nothing
    between += fused ? 0 : static_cast<double>(y.numel());
    shape = y;
  }
  for (const auto& [name, parameter] : nn::named_parameters(model)) {
    weights += static_cast<double>(parameter.value().numel());
  }
  const Work one = article_step(1), two = article_step(2);
  EXPECT_NEAR(one.flop, flop - first, 1e-3 * flop);
  EXPECT_EQ(two.flop, 2 * one.flop);
  EXPECT_EQ(two.bytes - one.bytes, 4 * (3 * 3072 + 5 * between));
  EXPECT_EQ(2 * one.bytes - two.bytes, 4 * 10 * weights);
}

TEST(Yardstick, TheLongerTimeIsTheIdeal) {
  EXPECT_EQ((Judgement{.times = {}, .step_ms = 20, .arithmetic_ms = 12, .memory_ms = 5}.efficiency()), 0.6);
  EXPECT_EQ((Judgement{.times = {}, .step_ms = 20, .arithmetic_ms = 5, .memory_ms = 15}.efficiency()), 0.75);
}

TEST(Yardstick, RunsSoManySteps) {
  for (const int steps : {1, 4, 7}) {
    int calls = 0;
    const Judgement judged = judge({.flop = 6e6, .bytes = 3e6}, steps, [&calls] { ++calls; });
    EXPECT_EQ(calls, steps);
    EXPECT_EQ(judged.times.size(), static_cast<std::size_t>(steps));
    EXPECT_EQ(judged.arithmetic_ms, 1e-6 * 6e6 / judged.gflop_per_s);
    EXPECT_EQ(judged.memory_ms, 1e-6 * 3e6 / judged.gb_per_s);
    EXPECT_GT(std::min(judged.gflop_per_s, judged.gb_per_s), 0);
  }
}

}  // namespace
}  // namespace gibbs::examples
