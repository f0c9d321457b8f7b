// The C++ of README.md does what the README says: the network trains, the layer and the op pass their gradient checks.
// readme_snippets.h is made from README.md by extract_snippets.py.
#include <cmath>
#include <numeric>
#include <vector>

#include "readme_snippets.h"
#include "tests/testing/near.h"

namespace gibbs {
namespace {

/// Numbers in [1, 2).
Tensor positive(const Shape& shape) { return kernels::uniform({.seed = 1}, shape, 1, 2, DType::float64); }

TEST(Readme, TheTrainingLoopTrains) {
  std::vector<double> losses;
  snippets::program_1(12, [&](const Variable& loss) { losses.push_back(loss.value().item()); });
  ASSERT_EQ(losses.size(), 12U);
  for (double loss : losses) {
    EXPECT_TRUE(std::isfinite(loss));
  }
  EXPECT_NEAR(losses.front(), std::log(10.0), 0.3) << "ten classes, nothing learned yet";
  EXPECT_LT(std::accumulate(losses.end() - 4, losses.end(), 0.0),
            std::accumulate(losses.begin(), losses.begin() + 4, 0.0));
}

TEST(Readme, TheLayerComputesItsFormulaAndPassesTheGradientCheck) {
  snippets::Affine layer(3);
  ASSERT_EQ(nn::parameters(layer).size(), 2U);
  nn::to(layer, DType::float64);
  const Tensor x = positive({2, 4, 3});
  EXPECT_TRUE(testing::near(layer(x).value(), x, 0)) << "scale 1, shift 0";
  const GradcheckReport first = nn::gradcheck(layer, x), second = nn::gradgradcheck(layer, x);
  EXPECT_TRUE(first.ok) << first.message;
  EXPECT_TRUE(second.ok) << second.message;
  EXPECT_EQ(nn::architecture_text(layer), ": Affine(3)\n");
  EXPECT_EQ(nn::parameter_count(*nn::clone(layer)), 6);
}

TEST(Readme, TheOpComputesItsFormulaAndPassesTheGradientChecks) {
  const auto cube = [](const Variables& x) { return snippets::cube(x[0]); };
  const Tensor x = positive({2, 3});
  EXPECT_TRUE(testing::near(cube({x}).value(), x * x * x, 1e-14));
  const GradcheckReport first = gradcheck(cube, {x}), second = gradgradcheck(cube, {x});
  EXPECT_TRUE(first.ok) << first.message;
  EXPECT_TRUE(second.ok) << second.message;
}

}  // namespace
}  // namespace gibbs
