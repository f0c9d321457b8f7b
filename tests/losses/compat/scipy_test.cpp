#include "gibbs/losses/compat/scipy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses::compat {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

TEST(Scipy, PublishedValues) {
  EXPECT_DOUBLE_EQ(scipy::entropy(f64({.9, .1}), {.base = 2}).value().item(), .46899559358928117);
  EXPECT_DOUBLE_EQ(scipy::entropy(f64({.5, .5}), f64({.9, .1}), {.base = 2}).value().item(), .7369655941662062);
  EXPECT_DOUBLE_EQ(scipy::jensenshannon(f64({1, 0}), f64({.5, .5})).value().item(), .46450140402245893);
  EXPECT_DOUBLE_EQ(scipy::jensenshannon(f64({1, 0, 0}), f64({0, 1, 0}), {.base = 2}).value().item(), 1);
}

TEST(Scipy, RelEntrAndKlDivAreDefinedEverywhere) {
  const Tensor x = f64({2, 0, 0, 1, -1, 1, -1}), y = f64({1, 3, 0, 0, 1, -1, -1});
  const double d = 2 * std::log(2);
  EXPECT_THAT(scipy::rel_entr(x, y).value().to_vector(),
              ElementsAre(d, 0, 0, kInfinity, kInfinity, kInfinity, kInfinity));
  EXPECT_THAT(scipy::kl_div(x, y).value().to_vector(),
              ElementsAre(d - 1, 3, 0, kInfinity, kInfinity, kInfinity, kInfinity));
  EXPECT_TRUE(std::isnan(scipy::rel_entr(f64({std::nan("")}), f64({1})).value().item()));
  EXPECT_TRUE(std::isnan(scipy::kl_div(f64({1}), f64({std::nan("")})).value().item()));
  EXPECT_THAT(scipy::rel_entr(f64({{2}, {0}}), f64({1, 2})).value().to_vector(), ElementsAre(d, 0, 0, 0));
  for (const auto f : {scipy::rel_entr, scipy::kl_div}) {
    const auto g = [&](const Variables& in) { return f(in[0], in[1]); };
    EXPECT_TRUE(gradcheck(g, {testing::random({2, 3}), testing::random({3}, 2)}));
    EXPECT_TRUE(gradgradcheck(g, {testing::random({2, 3}), testing::random({3}, 2)}));
    testing::expect_total_on_pairs(g);
  }
}

TEST(Scipy, NormalisesAlongTheFirstAxisUnlessToldOtherwise) {
  const Tensor counts = f64({{9, 1}, {1, 1}});
  const double rare = .46899559358928117;
  EXPECT_THAT(scipy::entropy(counts, {.base = 2}).value().to_vector(), ElementsAre(DoubleNear(rare, 1e-15), 1));
  EXPECT_THAT(scipy::entropy(counts, {.base = 2, .axis = -1}).value().to_vector(),
              ElementsAre(DoubleNear(rare, 1e-15), 1));
  const Tensor p = f64({{2, 0}, {0, 5}, {0, 0}}), q = f64({{0, 0}, {7, 5}, {0, 0}});
  EXPECT_THAT(scipy::jensenshannon(p, q, {.base = 2}).value().to_vector(), ElementsAre(DoubleNear(1, 1e-15), 0));
  EXPECT_NEAR(scipy::entropy(f64({1, 1, 1}), {.base = 3}).value().item(), 1, 1e-15);
}

TEST(Scipy, NearEqualInputsGiveNoNan) {
  const Variable p = Variable::leaf(f64({.1, .2, .7})), q = Variable::leaf(f64({.1, std::nextafter(.2, 1), .7}));
  const Variable distance = scipy::jensenshannon(p, q);
  EXPECT_GT(distance.value().item(), 0);
  EXPECT_LT(distance.value().item(), 1e-15);
  EXPECT_FALSE(std::isnan(testing::gradient(distance, p)[1]));
}

TEST(Scipy, Errors) {
  EXPECT_EQ(error_of([] {
              scipy::entropy(f64({0, 0}));
            }),
            "entropy: p row 0 sums to 0; only a positive sum can be normalised");
  EXPECT_EQ(error_of([] {
              scipy::entropy(f64({1, 1}), f64({0, 0}));
            }),
            "entropy: q row 0 sums to 0; only a positive sum can be normalised");
  EXPECT_EQ(error_of([] {
              scipy::jensenshannon(f64({1, 1}), f64({0, 0}));
            }),
            "jensenshannon: q row 0 sums to 0; only a positive sum can be normalised");
  EXPECT_EQ(error_of([] {
              scipy::rel_entr(f64({1, 1}), Tensor::ones({2}));
            }),
            "rel_entr: x is float64, y float32; they must be float32 or float64, and equal; convert with cast");
  EXPECT_EQ(error_of([] {
              scipy::entropy(f64({.5, .5}), {.base = 1});
            }),
            "entropy: base is 1; logarithms need one above 0, not 1");
  EXPECT_EQ(error_of([] {
              scipy::jensenshannon(f64({1, 0}), f64({0, 1}), {.base = .5});
            }),
            "jensenshannon: base is 0.5; a distance needs one above 1");
}

}  // namespace
}  // namespace gibbs::losses::compat
