// How often the kernel of a loss runs, and that its gradient is the same however dy comes; every number of rows and
// classes against float64 loops, since groups of rows and threads meet at different places.
#include "gibbs/losses/detail/one_pass.h"

#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/losses.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/parallel.h"
#include "tests/testing/near.h"

namespace gibbs::losses {
namespace {

using ::testing::ElementsAre;

/// The sum of squares of each row, counting its calls.
struct Squares {
  int calls = 0;
  bool asked_for_sum = false;

  Variable loss(const Target& target, const Variable& z, const CategoricalOptions& options) {
    const Rows rows = prepare("squares", target, z, Prediction::logits, options);
    const auto reference = [](const Variable& x) { return sum(x * x, {-1}); };
    const auto kernel = [this, reference](const Tensor& x, const Tensor& dy, Ask ask) {
      ++calls;
      asked_for_sum = ask == Ask::sum;
      const NoTape no_tape;
      LossesAndGradient result(x, dy, ask);
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

using Loss = Variable (*)(const Target&, const Variable&, const CategoricalOptions&);

/// The mean loss and its gradient by float64 loops, from the softmax q and the target p of each row: CE is KL is
/// -ln q_y for class indices, and JS = (ln 2 / (1 + q_y) + sum over k of q_k ln 2 q_k / (q_k + p_k)) / 2.
struct Expected {
  Expected(const Tensor& z, const Tensor& y, bool js) {
    const std::int64_t rows = z.size(0), classes = z.size(1);
    const auto count = static_cast<double>(rows);
    for (std::int64_t n = 0; n < rows; ++n) {
      double total = 0;
      for (std::int64_t k = 0; k < classes; ++k) {
        total += std::exp(z.at({n, k}));
      }
      std::vector<double> g;
      double mean = 0;
      for (std::int64_t k = 0; k < classes; ++k) {
        const double q = std::exp(z.at({n, k})) / total, p = y.at({n}) == static_cast<double>(k) ? 1 : 0;
        const double log_q_over_m = std::log(2 * q / (p + q));
        loss += (js ? ((p > 0 ? std::log(2 / (1 + q)) : 0) + q * log_q_over_m) / 2 : -p * std::log(q)) / count;
        g.push_back(js ? q * log_q_over_m / 2 : q - p);
        mean += js ? g.back() : 0;
      }
      for (std::int64_t k = 0; k < classes; ++k) {
        const double q = std::exp(z.at({n, k})) / total;
        gradient.push_back((g[static_cast<std::size_t>(k)] - q * mean) / count);
      }
    }
  }

  double loss = 0;
  std::vector<double> gradient;
};

TEST(OnePass, IsRightForEveryNumberOfRowsAndClasses) {
  const int threads = num_threads();
  set_num_threads(3);
  for (const Loss loss : {cross_entropy_with_logits, kl_divergence_with_logits, js_divergence_with_logits}) {
    for (const std::int64_t rows : {1, 2, 15, 16, 17, 33, 2100}) {
      for (const std::int64_t classes : {1, 2, 3, 10, 17, 33, 520}) {
        if (rows * classes > 100'000) {
          continue;
        }
        Tensor z = Tensor::uninitialized({rows, classes}, DType::float64);
        Tensor y = Tensor::uninitialized({rows}, DType::int64);
        for (std::int64_t i = 0; i < z.numel(); ++i) {
          z.mutable_data<double>()[i] = 3 * std::sin(static_cast<double>(i));
        }
        for (std::int64_t n = 0; n < rows; ++n) {
          y.mutable_data<std::int64_t>()[n] = n * 7 % classes;
        }
        const Expected expected(z, y, loss == js_divergence_with_logits);
        for (const DType dtype : {DType::float64, DType::float32}) {
          const double tolerance = dtype == DType::float64 ? 1e-12 : 2e-6;
          const Variable logits = Variable::leaf(kernels::cast(z, dtype));
          const Variable mean = loss(y, logits, {});
          const std::vector<double> dz = grad(mean, {logits})[0].value().to_vector();
          ASSERT_NEAR(mean.value().item(), expected.loss, tolerance * (1 + expected.loss)) << rows << " x " << classes;
          for (std::size_t i = 0; i < dz.size(); ++i) {
            ASSERT_NEAR(dz[i], expected.gradient[i], tolerance / static_cast<double>(rows))
                << rows << " x " << classes << ", element " << i;
          }
        }
      }
    }
  }
  set_num_threads(threads);
}

}  // namespace
}  // namespace gibbs::losses
