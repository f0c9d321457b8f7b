// How often the kernel of a loss runs, what it is asked for, and that its gradient is the same however dy comes.
#include "gibbs/losses/detail/one_pass.h"

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::losses {
namespace {

using kernels::rows::LossesAndGradient, kernels::rows::Output;
using ::testing::ElementsAre;

/// The sum of squares of each row, counting its calls.
struct Squares {
  int calls = 0;
  bool asked_for_sum = false;

  Variable loss(const Target& target, const Variable& z, const CategoricalOptions& options) {
    const Rows rows = prepare("squares", target, z, Prediction::logits, options);
    const auto reference = [](const Variable& x) { return sum(x * x, {-1}); };
    const auto kernel = [this, reference](const Tensor& x, const Tensor& dy, Output output) {
      ++calls;
      asked_for_sum = output == Output::sum;
      const NoTape no_tape;
      LossesAndGradient result(x, dy, output);
      if (asked_for_sum) {
        result.sum = sum(reference(x)).value().item();
      } else {
        result.losses = reference(x).value();
      }
      if (dy.defined()) {
        result.dz = kernels::mul(kernels::mul(x, 2.0), dy.reshape({-1, 1}));
      }
      return result;
    };
    return one_pass_loss("squares", rows, options, kernel, reference);
  }
};

const Tensor& labels() {
  static const Tensor y = Tensor::from(std::vector<std::int64_t>{0, 1}, {2});
  return y;
}

Variable logits() { return Variable::leaf(Tensor::from(std::vector<double>{1, 2, 3, 4}, {2, 2})); }

TEST(OnePass, GivesTheGradientOfAMeanWithoutASecondRun) {
  Squares squares;
  const Variable z = logits();
  const Variable dz = grad(squares.loss(labels(), z, {}), {z})[0];
  EXPECT_THAT(dz.value().to_vector(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(squares.calls, 1);
}

TEST(OnePass, AsksForNoMoreThanTheSumWhereAllRowsAreAlike) {
  Squares squares;
  EXPECT_EQ(squares.loss(labels(), logits(), {}).value().item(), (1 + 4 + 9 + 16) / 2.0);
  EXPECT_TRUE(squares.asked_for_sum);
  EXPECT_EQ(squares.loss(labels(), logits(), {.reduction = Reduction::sum}).value().item(), 1 + 4 + 9 + 16);
  EXPECT_TRUE(squares.asked_for_sum);
  const Tensor weights = Tensor::from(std::vector<double>{1, 3}, {2});
  EXPECT_EQ(squares.loss(labels(), logits(), {.sample_weights = weights}).value().item(), (5 + 3 * 25) / 4.0);
  EXPECT_FALSE(squares.asked_for_sum);
  EXPECT_THAT(squares.loss(labels(), logits(), {.reduction = Reduction::none}).value().to_vector(), ElementsAre(5, 25));
  EXPECT_FALSE(squares.asked_for_sum);
}

TEST(OnePass, GivesTheGradientOfWeightedRowsWithoutASecondRun) {
  Squares squares;
  const Variable z = logits();
  const CategoricalOptions options = {.class_weights = Tensor::from(std::vector<double>{1, 3}, {2})};
  const Variable dz = grad(squares.loss(labels(), z, options), {z})[0];
  EXPECT_THAT(dz.value().to_vector(), ElementsAre(.5, 1, 1.5, 2)) << "the mean divides by 1 + 3";
  EXPECT_EQ(squares.calls, 1);
}

TEST(OnePass, RunsAgainForAnotherDy) {
  Squares squares;
  const Variable z = logits();
  const Variable dz = grad(squares.loss(labels(), z, {}) * 3.0, {z})[0];
  EXPECT_THAT(dz.value().to_vector(), ElementsAre(3, 6, 9, 12));
  EXPECT_EQ(squares.calls, 2);
}

TEST(OnePass, ComputesNoGradientThatNobodyWants) {
  Squares squares;
  const Variable z = logits();
  squares.loss(labels(), z.value(), {});
  const Variable each = squares.loss(labels(), z, {.reduction = Reduction::none});
  EXPECT_EQ(squares.calls, 2);
  EXPECT_THAT(grad(each, {z}, Tensor::from(std::vector<double>{1, 10}, {2}))[0].value().to_vector(),
              ElementsAre(2, 4, 60, 80));
}

TEST(OnePass, GivesTheSameGradientTwice) {
  Squares squares;
  const Variable z = logits();
  const Variable loss = squares.loss(labels(), z, {});
  const auto first = grad(loss, {z}, {.retain_graph = true})[0].value().to_vector();
  EXPECT_EQ(grad(loss, {z})[0].value().to_vector(), first);
  EXPECT_EQ(squares.calls, 1);
}

TEST(OnePass, DifferentiatesTheReferenceForHigherOrders) {
  Squares squares;
  const Variable z = logits();
  const Variable dz = grad(squares.loss(labels(), z, {.reduction = Reduction::sum}), {z}, {.create_graph = true})[0];
  EXPECT_THAT(grad(sum(dz * dz), {z})[0].value().to_vector(), ElementsAre(8, 16, 24, 32)) << "d (2z)^2 / dz = 8z";
}

}  // namespace
}  // namespace gibbs::losses
