// Dropout: identity in evaluation; in training a mask that depends on seed, step, path and call, and on nothing else.
#include "gibbs/nn/layers/dropout.h"

#include "gibbs/autograd/grad.h"
#include "gibbs/nn/check/gradcheck.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/sequential.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::near;

/// The layer on ones: the mask times 1 / (1 - rate).
std::vector<double> mask(Layer& model, const ForwardOptions& options, const Shape& shape = {20, 10}) {
  const ForwardScope scope(options);
  return model(Tensor::ones(shape)).value().to_vector();
}

TEST(Dropout, IsTheIdentityInEvaluation) {
  Dropout layer({.rate = 0.5});
  const Tensor x = gibbs::testing::random({4, 3});
  EXPECT_TRUE(layer(x).value().shares_storage_with(x));
  const ForwardScope scope({.training = false, .seed = 3});
  EXPECT_TRUE(layer(x).value().shares_storage_with(x));
}

TEST(Dropout, RateZeroIsTheIdentityInTraining) {
  Dropout layer({.rate = 0});
  EXPECT_EQ(mask(layer, {.training = true}), std::vector<double>(200, 1.0));
}

TEST(Dropout, ZeroesTheRateAndScalesTheRest) {
  Dropout layer({.rate = 0.25});
  const std::vector<double> y = mask(layer, {.training = true}, {100, 100});
  std::int64_t dropped = 0;
  for (double element : y) {
    ASSERT_TRUE(element == 0 || element == static_cast<float>(1 / 0.75)) << element;
    dropped += element == 0;
  }
  EXPECT_NEAR(static_cast<double>(dropped), 2500, 5 * std::sqrt(10000 * 0.25 * 0.75));
}

TEST(Dropout, ASplitBatchDrawsTheMaskOfTheWhole) {
  Dropout layer({.rate = 0.5});
  const std::vector<double> whole = mask(layer, {.training = true, .seed = 1, .step = 5, .first_sample = 100});
  std::vector<double> pieces;
  for (const auto& [first, count] : std::vector<std::pair<std::uint64_t, std::int64_t>>{{0, 7}, {7, 1}, {8, 12}}) {
    const auto piece = mask(layer, {.training = true, .seed = 1, .step = 5, .first_sample = 100 + first}, {count, 10});
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(pieces, whole);
}

TEST(Dropout, SeedStepSampleAndPathChangeTheMask) {
  Dropout layer({.rate = 0.5});
  const ForwardOptions base{.training = true, .seed = 1, .step = 5};
  const std::vector<double> expected = mask(layer, base);
  EXPECT_EQ(mask(layer, base), expected);
  EXPECT_NE(mask(layer, {.training = true, .seed = 2, .step = 5}), expected);
  EXPECT_NE(mask(layer, {.training = true, .seed = 1, .step = 6}), expected);
  EXPECT_NE(mask(layer, {.training = true, .seed = 1, .step = 5, .first_sample = 1}), expected);
  Sequential at_path_0(layer, Sequential());
  EXPECT_NE(mask(at_path_0, base), expected);
}

TEST(Dropout, TwoCallsInOneScopeDrawTwoMasks) {
  Dropout layer({.rate = 0.5});
  const ForwardScope scope({.training = true});
  const Tensor x = Tensor::ones({20, 10});
  const std::vector<double> first = layer(x).value().to_vector(), second = layer(x).value().to_vector();
  EXPECT_NE(first, second);
}

TEST(Dropout, GradientsUseTheMaskOfTheForward) {
  Dropout layer({.rate = 0.5});
  const ForwardScope scope({.training = true, .seed = 4});
  const Variable x = Variable::leaf(gibbs::testing::random({6, 5}));
  const Variable y = layer(x);
  const Tensor dx = grad(y, {x}, Tensor::ones({6, 5}, DType::float64))[0].value();
  EXPECT_TRUE(near(dx * x.value(), y.value(), 1e-15));
  const GradcheckReport first = gradcheck(layer, x.value()), second = gradgradcheck(layer, x.value());
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
}

TEST(Dropout, DescribesItselfAndChecksItsOptions) {
  EXPECT_EQ(Dropout({.rate = 0.5}).describe(), "Dropout(0.5)");
  EXPECT_EQ(Dropout({.rate = 0.1}).describe(), "Dropout(0.1)");
  EXPECT_EQ(error_of([] { Dropout({.rate = 1}); }), "Dropout: the rate must be in [0, 1), it is 1");
  EXPECT_EQ(error_of([] { Dropout({.rate = -0.5}); }), "Dropout: the rate must be in [0, 1), it is -0.5");
  Dropout layer({.rate = 0.5});
  EXPECT_EQ(error_of([&] { mask(layer, {.training = true}, {}); }),
            "Dropout: the model itself expects [N, ...], received []");
  EXPECT_EQ(mask(layer, {.training = true}, {0, 3}), std::vector<double>());
}

}  // namespace
}  // namespace gibbs::nn
