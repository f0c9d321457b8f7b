// Dropout2d and StochasticDepth: what is dropped together, and Dropout's promises: a mask that depends on seed, step,
// path, call and sample, and on nothing else.
#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/nn/check/gradcheck.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/layers/dropout2d.h"
#include "gibbs/nn/layers/residual.h"
#include "gibbs/nn/layers/stochastic_depth.h"
#include "gibbs/nn/sequential.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::at;
using gibbs::testing::error_of;
using gibbs::testing::near;

template <class Kind>
class DropTogether : public ::testing::Test {};
using Kinds = ::testing::Types<Dropout2d, StochasticDepth>;
TYPED_TEST_SUITE(DropTogether, Kinds);

/// The layer on ones: the mask, repeated.
Tensor mask_of(Layer& model, const ForwardOptions& options, const Shape& shape = {20, 3, 2, 10}) {
  const ForwardScope scope(options);
  return model(Tensor::ones(shape)).value();
}

TYPED_TEST(DropTogether, IsTheIdentityInEvaluationAndAtRateZero) {
  TypeParam half({.rate = 0.5}), none({.rate = 0});
  const Tensor x = gibbs::testing::random({4, 3, 2, 2});
  EXPECT_TRUE(half(x).value().shares_storage_with(x));
  const ForwardScope scope({.training = true});
  EXPECT_TRUE(none(x).value().shares_storage_with(x));
}

TYPED_TEST(DropTogether, SeedStepSamplePathAndCallChangeTheMask) {
  TypeParam layer({.rate = 0.5});
  const ForwardOptions base{.training = true, .seed = 1, .step = 5};
  const std::vector<double> expected = mask_of(layer, base).to_vector();
  EXPECT_EQ(mask_of(layer, base).to_vector(), expected);
  EXPECT_NE(mask_of(layer, {.training = true, .seed = 2, .step = 5}).to_vector(), expected);
  EXPECT_NE(mask_of(layer, {.training = true, .seed = 1, .step = 6}).to_vector(), expected);
  EXPECT_NE(mask_of(layer, {.training = true, .seed = 1, .step = 5, .first_sample = 1}).to_vector(), expected);
  Sequential at_path_0(layer, Sequential());
  EXPECT_NE(mask_of(at_path_0, base).to_vector(), expected);
  const ForwardScope scope(base);
  const Tensor x = Tensor::ones({20, 3, 2, 10});
  EXPECT_EQ(layer(x).value().to_vector(), expected);
  EXPECT_NE(layer(x).value().to_vector(), expected);
}

TYPED_TEST(DropTogether, ASplitBatchDrawsTheMaskOfTheWhole) {
  TypeParam layer({.rate = 0.5});
  const std::vector<double> whole = mask_of(layer, {.training = true, .step = 5, .first_sample = 100}).to_vector();
  std::vector<double> pieces;
  for (const auto& [first, count] : std::vector<std::pair<std::uint64_t, std::int64_t>>{{0, 7}, {7, 1}, {8, 12}}) {
    const Tensor piece = mask_of(layer, {.training = true, .step = 5, .first_sample = 100 + first}, {count, 3, 2, 10});
    for (const double m : piece.to_vector()) {
      pieces.push_back(m);
    }
  }
  EXPECT_EQ(pieces, whole);
}

TYPED_TEST(DropTogether, GradientsUseTheMaskOfTheForward) {
  TypeParam layer({.rate = 0.5});
  const ForwardScope scope({.training = true, .seed = 4});
  const Variable x = Variable::leaf(gibbs::testing::random({6, 2, 5}));
  const Variable y = layer(x);
  const Tensor dx = grad(y, {x}, Tensor::ones(x.shape(), DType::float64))[0].value();
  EXPECT_TRUE(near(dx * x.value(), y.value(), 1e-15));
  const GradcheckReport first = gradcheck(layer, x.value()), second = gradgradcheck(layer, x.value());
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
}

/// How many numbers of the mask are 0; all others must be `kept`.
std::int64_t dropped(const Tensor& mask, double kept) {
  std::int64_t zeros = 0;
  for (const double m : mask.to_vector()) {
    EXPECT_TRUE(m == 0 || m == static_cast<float>(kept)) << m;
    zeros += m == 0 ? 1 : 0;
  }
  return zeros;
}

TEST(Dropout2d, DropsChannelsOfASampleAsAWhole) {
  Dropout2d layer({.rate = 0.25});
  const Tensor mask = mask_of(layer, {.training = true}, {100, 2, 3, 100});
  gibbs::testing::for_each_index(mask.shape(), [&](const gibbs::testing::Index& i) {
    ASSERT_EQ(at(mask, i), at(mask, {i[0], 0, 0, i[3]}));
  });
  EXPECT_NEAR(static_cast<double>(dropped(mask, 1 / 0.75)) / 6, 2500, 5 * std::sqrt(10000 * 0.25 * 0.75));
}

TEST(StochasticDepth, DropsSamplesAsAWholeAndTheyGoPastTheBlock) {
  StochasticDepth layer({.rate = 0.25});
  const Tensor mask = mask_of(layer, {.training = true}, {10000, 1, 3});
  gibbs::testing::for_each_index(mask.shape(), [&](const gibbs::testing::Index& i) {
    ASSERT_EQ(at(mask, i), at(mask, {i[0], 0, 0}));
  });
  EXPECT_NEAR(static_cast<double>(dropped(mask, 1 / 0.75)) / 3, 2500, 5 * std::sqrt(10000 * 0.25 * 0.75));
  Residual block(StochasticDepth({.rate = 0.5}));
  for (const double y : mask_of(block, {.training = true}).to_vector()) {
    ASSERT_TRUE(y == 1 || y == 3) << y;  // 1 alone, or 1 + 1 / 0.5
  }
}

TEST(DropTogether, LayersDescribeThemselvesAndCheckTheirInput) {
  EXPECT_EQ(Dropout2d({.rate = 0.5}).describe(), "Dropout2d(0.5)");
  EXPECT_EQ(StochasticDepth({.rate = 0.1}).describe(), "StochasticDepth(0.1)");
  EXPECT_EQ(error_of([] { StochasticDepth({.rate = -0.5}); }),
            "StochasticDepth: the rate must be in [0, 1), it is -0.5");
  EXPECT_EQ(error_of([] { Dropout2d({.rate = std::nan("")}); }), "Dropout2d: the rate must be in [0, 1), it is nan");
  Dropout2d channels({.rate = 0.5});
  StochasticDepth samples({.rate = 0.5});
  EXPECT_EQ(error_of([&] { mask_of(channels, {.training = true}, {3}); }),
            "Dropout2d: the model itself expects [N, ..., C], received [3]");
  EXPECT_EQ(error_of([&] { mask_of(samples, {.training = true}, {}); }),
            "StochasticDepth: the model itself expects [N, ...], received []");
  EXPECT_EQ(mask_of(channels, {.training = true}, {0, 3}).to_vector(), std::vector<double>());
}

}  // namespace
}  // namespace gibbs::nn
