#include "gibbs/losses/measures/mutual_information.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/losses/measures/information.h"
#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

const Tensor kJoint = f64({{{.1, .05, .2}, {.25, .3, .1}}, {{.2, .2, .1}, {.05, .15, .3}}});

TEST(MutualInformation, OfACopyIsItsEntropyAndOfStrangersNothing) {
  const Tensor copy = f64({{.5, 0, 0}, {0, .25, 0}, {0, 0, .25}});
  const MeasureOptions bits = {.base = Base::bits};
  EXPECT_NEAR(mutual_information(copy, bits).value().item(), 1.5, 1e-15);
  EXPECT_EQ(conditional_entropy(copy, bits).value().item(), 0);
  EXPECT_FALSE(std::signbit(conditional_entropy(copy, bits).value().item()));
  const Variable strangers = independent_joint(f64({.5, .25, .25}), f64({.125, .875}));
  EXPECT_EQ(strangers.shape(), (Shape{3, 2}));
  EXPECT_NEAR(mutual_information(strangers).value().item(), 0, 1e-15);
  EXPECT_NEAR(conditional_entropy(strangers, bits).value().item(), 1.5, 1e-15);
}

TEST(MutualInformation, OfABinaryChannelIsItsCapacity) {
  const Variable joint = joint_of(f64({.5, .5}), f64({{.89, .11}, {.11, .89}}));
  EXPECT_NEAR(mutual_information(joint, {.base = Base::bits}).value().item(),
              1 - binary_entropy(f64({.11}), Base::bits).value().item(), 1e-15);
}

TEST(MutualInformation, Marginals) {
  EXPECT_THAT(marginal_x(kJoint).value().to_vector(), ElementsAre(DoubleNear(.35, 1e-15), DoubleNear(.65, 1e-15),
                                                                  DoubleNear(.5, 1e-15), DoubleNear(.5, 1e-15)));
  EXPECT_EQ(marginal_y(kJoint).shape(), (Shape{2, 3}));
  EXPECT_THAT(marginal_y(f64({{.1, .2}, {.3, .4}})).value().to_vector(),
              ElementsAre(DoubleNear(.4, 1e-15), DoubleNear(.6, 1e-15)));
}

TEST(MutualInformation, Gradients) {
  // X = 1 never happens: everything that is left of the derivatives is -ln p(x) - ln p(y) - 2 where p(x, y) = 0.
  const Variable joint = Variable::leaf(f64({{.5, 0, .5}, {0, 0, 0}}));
  EXPECT_EQ(mutual_information(joint).value().item(), 0);
  const double ln2 = std::numbers::ln2;
  EXPECT_THAT(testing::gradient(mutual_information(joint), joint),
              ElementsAre(DoubleNear(-1, 1e-15), DoubleNear(-1, 1e-15), DoubleNear(-1, 1e-15),
                          DoubleNear(ln2 - 1, 1e-15), 0, DoubleNear(ln2 - 1, 1e-15)));
}

TEST(MutualInformation, Errors) {
  EXPECT_EQ(error_of([] {
              mutual_information(f64({.5, .5}));
            }),
            "mutual_information: joint must be [..., X, Y], not [2]");
  EXPECT_EQ(error_of([] {
              conditional_entropy(f64({{{.5, .5}}, {{.5, .25}}}));
            }),
            "conditional_entropy: joint row 1 sums to 0.75, not 1; normalise it, or pass .normalize = true");
  EXPECT_EQ(error_of([] { marginal_x(f64({.5, .5})); }), "marginal_x: joint must be [..., X, Y], not [2]");
  EXPECT_EQ(error_of([] { marginal_y(f64({.5, .5})); }), "marginal_y: joint must be [..., X, Y], not [2]");
  EXPECT_EQ(error_of([] {
              independent_joint(f64({.5, .5}), Tensor::of(1, DType::float64));
            }),
            "independent_joint: p_x must be [..., X] and p_y [..., Y], not [2] and []");
  EXPECT_EQ(error_of([] {
              joint_of(f64({.5, .5}), f64({.5, .5}));
            }),
            "joint_of: p_x must be [..., X] and p_y_given_x [..., X, Y], not [2] and [2]");
}

TEST(MutualInformation, AreTotal) {
  for (const auto f : {mutual_information, conditional_entropy, joint_entropy}) {
    for (const Shape& shape : {Shape{1, 3}, Shape{3, 1}}) {
      testing::expect_total([&](const Variables& x) { return f(x[0].numel() == 3 ? reshape(x[0], shape) : x[0], {}); });
    }
    testing::expect_total_on_pairs([&](const Variables& x) {
      return f(reshape(independent_joint(x[0], x[1]), {x[0].size(1), x[1].size(1)}), {.normalize = true});
    });
  }
}

}  // namespace
}  // namespace gibbs::losses
