// The C++ of docs/extending.md: what it prints is what the page shows, and what it defines passes the checks.
// extending_snippets.h is made from docs/extending.md by extract_snippets.py.
#include <cmath>

#include "extending_snippets.h"
#include "tests/docs/printed_by.h"
#include "tests/testing/near.h"

namespace gibbs {
namespace {

Tensor numbers(const Shape& shape, std::uint64_t seed) {
  return kernels::uniform({.seed = seed}, shape, -2, 2, DType::float64);
}

TEST(Extending, TheOpPassesTheBattery) { EXPECT_EQ(printed_by(extending::program_1), extending::output_1); }

TEST(Extending, TheLayerNamesItsParts) { EXPECT_EQ(printed_by(extending::program_2), extending::output_2); }

TEST(Extending, OpLayerLossAndOptimizerLearn) { EXPECT_EQ(printed_by(extending::program_3), extending::output_3); }

TEST(Extending, TheOptimizerTakesGroups) { EXPECT_EQ(printed_by(extending::program_4), extending::output_4); }

TEST(Extending, TheDatasetIsLearned) { EXPECT_EQ(printed_by(extending::program_5), extending::output_5); }

TEST(Extending, TheLinearOpPassesTheBattery) {
  const CheckReport report =
      check_op("reverse", [](const Variables& x) { return extending::reverse(x[0]); }, {numbers({3, 4}, 1)});
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(extending::reversed_rows(Tensor::of({{1, 2}, {3, 4}})).to_vector(), (std::vector<double>{2, 1, 4, 3}));
}

TEST(Extending, TheLossIsItsFormula) {
  const Tensor target = numbers({3, 2}, 2), prediction = numbers({3, 2}, 3);
  const auto f = [](const Variables& x) { return extending::log_cosh(x[0], x[1]); };
  const CheckReport report = check_op("log_cosh", f, {target, prediction});
  EXPECT_TRUE(report) << report;
  double expected = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    expected += std::log(std::cosh(prediction.to_vector()[i] - target.to_vector()[i])) / 6;
  }
  EXPECT_NEAR(f({target, prediction}).value().item(), expected, 1e-14);
}

TEST(Extending, TheOptimizerReportsWhatItRemembers) {
  struct Names : StateVisitor {
    std::vector<std::string> tensors;
    void tensor(std::string_view name, Tensor& /*value*/) override { tensors.emplace_back(name); }
  } names;
  extending::SignMomentum optimizer({Parameter(Tensor::ones({2}))}, 0.1);
  optimizer.visit_state(names);
  EXPECT_EQ(names.tensors, std::vector<std::string>{"0.velocity"});
}

}  // namespace
}  // namespace gibbs
