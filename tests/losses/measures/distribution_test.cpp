#include "gibbs/losses/measures/distribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/information.h"
#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"

namespace gibbs::losses {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;

TEST(Distribution, RowsThatAreNoneAreNamed) {
  EXPECT_EQ(error_of([] {
              entropy(f64({{.5, .5}, {1.5, -.5}}));
            }),
            "entropy: p row 1 has -0.5 for class 1; probabilities are at least 0");
  EXPECT_EQ(error_of([] {
              entropy(f64({{.5, .5}, {.5, .25}}));
            }),
            "entropy: p row 1 sums to 0.75, not 1; normalise it, or pass .normalize = true");
  EXPECT_EQ(error_of([] {
              entropy(f64({{{.5, .5}, {1, 0}}, {{0, 1}, {std::nan(""), 1}}}));
            }),
            "entropy: p row 3 sums to nan, not 1; normalise it, or pass .normalize = true");
  EXPECT_EQ(error_of([] {
              kl_divergence(f64({.5, .5}), f64({2, 1}));
            }),
            "kl_divergence: q row 0 sums to 3, not 1; normalise it, or pass .normalize = true");
  EXPECT_EQ(error_of([] {
              entropy(f64({{1, 1}, {0, 0}}), {.normalize = true});
            }),
            "entropy: p row 1 sums to 0; only a positive sum can be normalised");
  EXPECT_EQ(error_of([] { entropy(f64({.5, .5 + 9e-5})); }), "");
}

TEST(Distribution, ShapesAndDtypesThatDoNotFit) {
  EXPECT_EQ(error_of([] { entropy(Tensor::ones({2}, DType::int64)); }),
            "entropy: p must be float32 or float64, not int64");
  EXPECT_EQ(error_of([] { entropy(Tensor::of(1)); }), "entropy: p must be [..., K], not a scalar");
  EXPECT_EQ(error_of([] { entropy(Tensor::zeros({0, 3})); }), "entropy: p is empty: [0, 3]");
  EXPECT_EQ(error_of([] { entropy(Tensor::zeros({3, 0})); }), "entropy: p is empty: [3, 0]");
  EXPECT_EQ(error_of([] {
              cross_entropy(f64({.5, .5}), f64({{.5, .5}}));
            }),
            "cross_entropy: p is [2], q [1, 2]; they must be equal, broadcast one");
  EXPECT_EQ(error_of([] {
              cross_entropy(f64({.5, .5}), Tensor::of({.5, .5}));
            }),
            "cross_entropy: dtypes differ: p is float64, q float32; convert one with cast");
}

TEST(Distribution, NormalizedDividesBySums) {
  testing::expect_op([](const Variables& x) { return normalized(x[0]); }, {testing::random({2, 3})},
                     [](const testing::Tensors& x) {
                       return testing::build({2, 3}, [&](const auto& i) {
                         double total = 0;
                         for (std::int64_t k = 0; k < 3; ++k) {
                           total += testing::at(x[0], {i[0], k});
                         }
                         return testing::at(x[0], i) / total;
                       });
                     });
}

TEST(Distribution, AnInfiniteGradientAtZeroStaysInItsPlace) {
  const Variable p = Variable::leaf(f64({1, 1, 2})), q = Variable::leaf(f64({0, 2, 2}));
  const Variable d = kl_divergence(p, q, {.normalize = true});
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(d.value().item(), inf);
  EXPECT_THAT(testing::gradient(d, q),
              ElementsAre(-inf, ::testing::DoubleNear(.0625, 1e-15), ::testing::DoubleNear(-.0625, 1e-15)));
}

}  // namespace
}  // namespace gibbs::losses
