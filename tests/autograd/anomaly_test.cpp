// Anomaly mode: which op is named, in which words, and where it looks away.
#include "gibbs/autograd/anomaly.h"

#include "gibbs/autograd/checkpoint.h"
#include "gibbs/autograd/examine.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::testing {
namespace {

TEST(Anomaly, NamesTheFirstOpForwardAndWhatWentIn) {
  const Variable x = Variable::leaf(f64({-1, 0, 4, 1}));
  const auto f = [&] { return sum(exp(log(x * 2.0))); };
  f();
  const AnomalyMode anomaly;
  EXPECT_EQ(error_of(f),
            "anomaly: 'log' gave NaN and infinity\n"
            "  input 0: [4] float64, min -2, max 8, mean 2\n"
            "  output: [4] float64, min 0.693147, max 2.07944, mean 1.38629, 1 NaN, 1 infinite");
}

TEST(Anomaly, ShowsEveryOperandAndWhatWasNotFiniteBefore) {
  const AnomalyMode anomaly;
  const Variable a = Variable::leaf(f64({1, kNaN})), b = Variable::leaf(Tensor::of({{1.5}}));
  EXPECT_EQ(error_of([&] { a + cast(b, DType::float64); }),
            "anomaly: 'add' gave NaN\n"
            "  input 0: [2] float64, min 1, max 1, mean 1, 1 NaN\n"
            "  input 1: [1, 1] float64, min 1.5, max 1.5, mean 1.5\n"
            "  output: [1, 2] float64, min 2.5, max 2.5, mean 2.5, 1 NaN");
  EXPECT_EQ(error_of([] { log(f64({0})); }),
            "anomaly: 'log' gave infinity\n  input 0: [1] float64, min 0, max 0, mean 0\n"
            "  output: [1] float64, 1 infinite")
      << "constants too";
  EXPECT_EQ(error_of([] {
              log_softmax(f64({1, kNaN}));
            }).substr(0, 35),
            "anomaly: 'log_softmax' gave NaN\n  i")
      << "fused ops too";
  EXPECT_EQ(error_of([&] {
              stack({a, a});
            }),
            "anomaly: 'stack' gave NaN\n  output: [2, 2] float64, min 1, max 1, mean 1, 2 NaN")
      << "ops with many inputs too";
}

TEST(Anomaly, NamesTheFirstGradientBackward) {
  const AnomalyMode anomaly;
  const Variable x = Variable::leaf(f64({0, 4})), w = Variable::leaf(f64({3, 3}));
  const Variable y = sum(w * sqrt(x));
  EXPECT_EQ(error_of([&] {
              grad(y, {x, w});
            }),
            "anomaly: the gradient of 'sqrt' with respect to input 0 holds infinity\n"
            "  input 0: [2] float64, min 0, max 4, mean 2\n"
            "  dy: [2] float64, min 3, max 3, mean 3\n"
            "  dx: [2] float64, min 0.75, max 0.75, mean 0.75, 1 infinite");
  EXPECT_EQ(error_of([&] { grad(sum(w * sqrt(x)), {w}); }), "") << "only gradients that are computed";
}

TEST(Anomaly, KnowsLayersOfBothPasses) {
  const AnomalyMode anomaly;
  const Variable x = Variable::leaf(f64({0}));
  const Variable y = [&] {
    const LayerScope outer("", "Model"), inner("2.conv", "Conv");
    return sqrt(x);
  }();
  EXPECT_EQ(error_of([&] { grad(y, {x}); }),
            "anomaly: the gradient of 'sqrt' in layer '2.conv' (Conv) with respect to input 0 holds infinity\n"
            "  input 0: [1] float64, min 0, max 0, mean 0\n"
            "  dy: [1] float64, min 1, max 1, mean 1\n"
            "  dx: [1] float64, 1 infinite");
  const LayerScope layer("3", "Head");
  EXPECT_EQ(error_of([&] { log(x); }).substr(0, 51), "anomaly: 'log' in layer '3' (Head) gave infinity\n  ");
}

TEST(Anomaly, LooksAwayInsideOfGradientFunctions) {
  const AnomalyMode anomaly;
  const Variable x = Variable::leaf(f64({2}));
  const Variable y = record("careful", f64({1}), wrt(x, [](const Variable& dy) {
                              const Variable infinite = dy / f64({0});
                              return where(kernels::isfinite(infinite.value()), infinite, dy);
                            }));
  EXPECT_EQ(error_of([&] { grad(y, {x}); }), "");
  EXPECT_TRUE(detail::examining());
}

TEST(Anomaly, LooksIntoCheckpoints) {
  const AnomalyMode anomaly;
  const Variable x = Variable::leaf(f64({0}));
  const Variable y = checkpoint([](const Variable& v) { return sqrt(v) * 2.0; }, x);
  EXPECT_EQ(error_of([&] { grad(y, {x}); }).substr(0, 70),
            "anomaly: the gradient of 'sqrt' with respect to input 0 holds infinity");
}

TEST(Anomaly, LooksAtWhatCheckpointsComputeAgain) {
  const Variable x = Variable::leaf(f64({0}));
  const Variable y = checkpoint([](const Variable& v) { return exp(log(v)); }, x);
  const AnomalyMode anomaly;
  EXPECT_EQ(error_of([&] { grad(y, {x}); }).substr(0, 35), "anomaly: 'log' gave infinity\n  inpu");
}

TEST(Anomaly, GoesThroughFiniteDerivativesOfAnyOrder) {
  const AnomalyMode anomaly;
  const Variable x = Variable::leaf(f64({2, 3}));
  const Variable first = grad(sum(log_softmax(x) * x), {x}, {.create_graph = true})[0];
  EXPECT_EQ(error_of([&] { grad(sum(first * first), {x}); }), "");
}

TEST(Anomaly, OfAGraphRecordedBeforeKnowsNoInputs) {
  const Variable x = Variable::leaf(f64({0})), y = sqrt(x);
  const AnomalyMode anomaly;
  EXPECT_EQ(error_of([&] { grad(y, {x}); }),
            "anomaly: the gradient of 'sqrt' with respect to input 0 holds infinity\n"
            "  dy: [1] float64, min 1, max 1, mean 1\n"
            "  dx: [1] float64, 1 infinite");
}

TEST(Anomaly, IsOffByDefaultAndEndsWithTheBlock) {
  const auto f = [] { log(f64({-1})); };
  EXPECT_EQ(error_of(f), "");
  {
    const AnomalyMode outer;
    { const AnomalyMode inner; }
    EXPECT_NE(error_of(f), "");
  }
  EXPECT_EQ(error_of(f), "");
  EXPECT_FALSE(anomaly_mode_is_on());
  EXPECT_FALSE(notes_are_taken());
}

}  // namespace
}  // namespace gibbs::testing
