#include "gibbs/losses/compat/torch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/autograd/derivatives.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/hinge.h"
#include "gibbs/tensor/kernels/softmax.h"
#include "tests/losses/nasty.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses::compat::torch {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::error_of;
using testing::f64;
using testing::indices;
using ::testing::Pointwise;

constexpr double kNear = 1e-14;

const Tensor kLogits = f64({{1, -.5, .25}, {-2, 1.5, .75}, {.3, .1, -1.2}});
const Tensor kSoft = f64({{.2, .5, .3}, {.7, .1, .2}, {0, 1, 0}});
const Tensor kWeight = f64({.5, 2, 1.25});
const Tensor kTwoLogits = f64({{1, -.5, .25}, {-2, 1.5, .75}});
const Tensor kYes = f64({{.2, 1, .7}, {0, .5, .9}}), kGiven = f64({{.3, .6, .9}, {.2, .55, .05}});

TEST(Torch, PublishedValues) {
  const Tensor z = Tensor::of({{2.3, 2.1, 4.5}, {4.2, 3.2, 5.1}}), w = Tensor::of({25, 25, 100});
  EXPECT_NEAR(torch::cross_entropy(z, indices({1, 2}), {.weight = w}).value().item(), .8705, 5e-5);
  const Tensor one_hot = Tensor::of({{0, 1, 0}, {0, 0, 1}});
  EXPECT_NEAR(torch::cross_entropy(z, one_hot, {.weight = w}).value().item(), 54.4052, 5e-5);
  const Tensor five = f64({{2, 1, 0, -1, .5}});
  EXPECT_NEAR(torch::cross_entropy(five, indices({0}), {.label_smoothing = .1}).value().item(), .7244379, 5e-8);
}

/// The numbers here and below were computed with PyTorch 1.13 in float64.
TEST(Torch, CrossEntropyOfIndices) {
  const auto with = [](Reduction reduction, double smoothing) {
    return torch::cross_entropy(kLogits, indices({2, -100, 0}),
                                {.weight = kWeight, .reduction = reduction, .label_smoothing = smoothing})
        .value()
        .to_vector();
  };
  EXPECT_THAT(with(Reduction::none, 0), Pointwise(DoubleNear(kNear), {1.5974696798191372, 0., 0.35693080220458334}));
  EXPECT_THAT(with(Reduction::none, .1), Pointwise(DoubleNear(kNear), {1.6349696798191373, 0., 0.4863037558686042}));
  EXPECT_THAT(with(Reduction::sum, 0), ElementsAre(DoubleNear(1.9544004820237206, kNear)));
  EXPECT_THAT(with(Reduction::sum, .1), ElementsAre(DoubleNear(2.1212734356877414, kNear)));
  EXPECT_THAT(with(Reduction::mean, 0), ElementsAre(DoubleNear(1.116800275442126, kNear)));
  EXPECT_THAT(with(Reduction::mean, .1), ElementsAre(DoubleNear(1.2121562489644238, kNear)));
  EXPECT_NEAR(
      torch::cross_entropy(kLogits, indices({2, 1, 0}), {.weight = kWeight, .ignore_index = 0, .label_smoothing = .1})
          .value()
          .item(),
      0.7718033606436501, kNear);
}

TEST(Torch, CrossEntropyOfProbabilities) {
  const auto with = [](Reduction reduction, double smoothing) {
    return torch::cross_entropy(kLogits, kSoft,
                                {.weight = kWeight, .reduction = reduction, .label_smoothing = smoothing})
        .value()
        .to_vector();
  };
  EXPECT_THAT(with(Reduction::none, 0),
              Pointwise(DoubleNear(kNear), {2.5600142221865823, 1.7382383517670201, 1.8277232088183333}));
  EXPECT_THAT(with(Reduction::none, .1),
              Pointwise(DoubleNear(kNear), {2.5012597679498376, 1.7048944673872484, 1.810016921820979}));
  EXPECT_THAT(with(Reduction::sum, 0), ElementsAre(DoubleNear(6.125975782771936, kNear)));
  EXPECT_THAT(with(Reduction::mean, 0), ElementsAre(DoubleNear(2.041991927590645, kNear)));
  EXPECT_THAT(with(Reduction::mean, .1), ElementsAre(DoubleNear(2.005390385719355, kNear)));
  // Nothing is asked of the target, and no row of it is ignored.
  EXPECT_NEAR(torch::cross_entropy(f64({{0, 0}}), f64({{2, 1}})).value().item(), 3 * std::log(2), kNear);
}

TEST(Torch, KlDiv) {
  const Tensor log_q = kernels::log_softmax(kLogits);
  const auto with = [&](KlReduction reduction) {
    return torch::kl_div(log_q, kSoft, {.reduction = reduction}).value().to_vector();
  };
  EXPECT_THAT(
      with(KlReduction::none),
      Pointwise(DoubleNear(kNear), {-0.21629243371575813, 0.6674142816476822, 0.022200881858812138, 2.48534859703903,
                                    -0.18954121532852702, -0.09045299454506506, 0.0, 0.9138616044091666, 0.0}));
  EXPECT_THAT(with(KlReduction::sum), ElementsAre(DoubleNear(3.5925387213653406, kNear)));
  EXPECT_THAT(with(KlReduction::mean), ElementsAre(DoubleNear(0.3991709690405934, kNear)));
  EXPECT_THAT(with(KlReduction::batchmean), ElementsAre(DoubleNear(1.1975129071217803, kNear)));
  const Tensor positive = f64({{.2, .5, .3}, {.7, .1, .2}, {.25, .25, .5}}), log_p = kernels::log(positive);
  EXPECT_NEAR(torch::kl_div(log_q, log_p, {.log_target = true}).value().item(), 0.35031310561393586, kNear);
}

TEST(Torch, BinaryCrossEntropy) {
  const Tensor rows = f64({{.5}, {2}});
  const auto with = [&](Reduction reduction) {
    return torch::binary_cross_entropy(kGiven, kYes, {.weight = rows, .reduction = reduction}).value().to_vector();
  };
  EXPECT_THAT(with(Reduction::none),
              Pointwise(DoubleNear(kNear), {0.2630672580080866, 0.25541281188299536, 0.38226394442934614,
                                            0.4462871026284194, 1.3963446969733921, 5.402576751274694}));
  EXPECT_THAT(with(Reduction::sum), ElementsAre(DoubleNear(8.145952565196932, kNear)));
  EXPECT_THAT(with(Reduction::mean), ElementsAre(DoubleNear(1.3576587608661554, kNear)));
}

TEST(Torch, BinaryCrossEntropyBoundsLogarithmsButNotGradients) {
  const Variable x = Variable::leaf(f64({0, 1, 0, 1, 1e-50}));
  const Variable loss = torch::binary_cross_entropy(x, f64({1, 0, 0, 1, 1}), {.reduction = Reduction::none});
  EXPECT_THAT(loss.value().to_vector(), ElementsAre(100, 100, 0, 0, 100));
  const double steep = 1000000003995.8029;
  EXPECT_THAT(testing::gradient(loss, x), Pointwise(DoubleNear(1e-3), {-steep, steep, 0., 0., -steep}));
}

TEST(Torch, BinaryCrossEntropyHasFiniteCurvatureAtCertainties) {
  for (const double t : {0., .25, 1.}) {
    for (const double x : {0., 1e-50, 1.}) {
      const auto loss = [](const Variables& in) { return torch::binary_cross_entropy(in[0], in[1]); };
      for (const Variables& row : hessian(loss, {f64({x}), f64({t})})) {
        for (const Variable& second : row) {
          EXPECT_TRUE(std::isfinite(second.value().item())) << "x = " << x << ", t = " << t;
        }
      }
    }
  }
}

TEST(Torch, BinaryCrossEntropyWithLogits) {
  const Tensor rows = f64({{.5}, {2}});
  const auto with = [&](Reduction reduction) {
    return torch::binary_cross_entropy_with_logits(kTwoLogits, kYes,
                                                   {.weight = rows, .reduction = reduction, .pos_weight = kWeight})
        .value()
        .to_vector();
  };
  EXPECT_THAT(with(Reduction::none),
              Pointwise(DoubleNear(kNear), {0.5409677593832003, 0.9740769841801067, 0.3758644091788207,
                                            0.2538560220859454, 2.1042398339482573, 1.097833964981505}));
  EXPECT_THAT(with(Reduction::sum), ElementsAre(DoubleNear(5.346838973757835, kNear)));
  EXPECT_THAT(with(Reduction::mean), ElementsAre(DoubleNear(0.8911398289596392, kNear)));
}

TEST(Torch, LossesOnNumbers) {
  const Tensor x = f64({{2, 4.5}, {.25, 1}}), y = f64({{1, 2}, {0, -1}});
  EXPECT_DOUBLE_EQ(torch::l1_loss(x, y).value().item(), 1.4375);
  EXPECT_DOUBLE_EQ(torch::mse_loss(x, y).value().item(), 2.828125);
  EXPECT_DOUBLE_EQ(torch::huber_loss(x, y, Reduction::mean, 1.5).value().item(), 1.2578125);
  EXPECT_DOUBLE_EQ(torch::smooth_l1_loss(x, y, Reduction::mean, 1.5).value().item(), 0.8385416666666667);
  EXPECT_DOUBLE_EQ(torch::smooth_l1_loss(x, y, Reduction::mean, 0).value().item(), 1.4375);
  EXPECT_EQ(torch::mse_loss(x, y, Reduction::none).shape(), x.shape());
  EXPECT_THAT(torch::mse_loss(x, y, Reduction::none).value().to_vector(), ElementsAre(1, 6.25, .0625, 4));
  EXPECT_DOUBLE_EQ(torch::l1_loss(x, y, Reduction::sum).value().item(), 5.75);
  EXPECT_DOUBLE_EQ(multi_margin(indices({2, 0, 1}), kLogits).value().item() / 3, 1.2722222222222221);
}

TEST(Torch, HaveTheirDerivatives) {
  const auto check = [](const DifferentiableFunction& f, const std::vector<Tensor>& inputs) {
    const auto first = gradcheck(f, inputs), second = gradgradcheck(f, inputs);
    EXPECT_TRUE(first) << first.message;
    EXPECT_TRUE(second) << second.message;
  };
  const Tensor yes = f64({{.2, .9, .7}, {.1, .5, .9}});
  for (const Reduction reduction : {Reduction::none, Reduction::mean}) {
    check(
        [&](const Variables& x) {
          return torch::cross_entropy(x[0], indices({2, -100, 0}),
                                      {.weight = kWeight, .reduction = reduction, .label_smoothing = .1});
        },
        {kLogits});
    check([&](const Variables& x) { return torch::binary_cross_entropy(x[0], x[1], {{}, reduction}); }, {kGiven, yes});
    check(
        [&](const Variables& x) {
          return torch::binary_cross_entropy_with_logits(x[0], x[1], {{}, reduction, kWeight});
        },
        {kTwoLogits, yes});
  }
  check([](const Variables& x) { return torch::kl_div(log_softmax(x[0]), x[1]); }, {kTwoLogits, yes});
  check([](const Variables& x) { return torch::kl_div(x[0], x[1], {.log_target = true}); }, {kTwoLogits, yes});
}

TEST(Torch, WhereTorchHasNanThereIsNone) {
  EXPECT_EQ(torch::cross_entropy(kLogits, indices({-100, -100, -100})).value().item(), 0);
  EXPECT_EQ(torch::cross_entropy(f64({{0, -kInfinity}}), f64({{1, 0}})).value().item(), 0);
  const Variable log_q = Variable::leaf(f64({0, -kInfinity})), p = Variable::leaf(f64({1, 0}));
  for (const bool log_target : {false, true}) {
    const Variable target = log_target ? Variable::leaf(f64({0, -kInfinity})) : p;
    const Variable loss = torch::kl_div(log_q, target, {.reduction = KlReduction::sum, .log_target = log_target});
    EXPECT_EQ(loss.value().item(), 0);
    EXPECT_THAT(testing::gradient(loss, log_q), ElementsAre(-1, 0));
    EXPECT_FALSE(std::isnan(testing::gradient(loss, target)[1]));
  }
  const Variable z = Variable::leaf(f64({-kInfinity, kInfinity}));
  const Variable certain = torch::binary_cross_entropy_with_logits(z, f64({0, 1}));
  EXPECT_EQ(certain.value().item(), 0);
  EXPECT_THAT(testing::gradient(certain, z), ElementsAre(0, 0));
}

TEST(Torch, Errors) {
  EXPECT_EQ(error_of([] {
              torch::kl_div(f64({1, 2}), f64({{1, 2}}));
            }),
            "kl_div: the target is [1, 2], the prediction [2]; they must be equal, reshape one");
  EXPECT_EQ(error_of([] {
              torch::mse_loss(f64({1, 2}), f64({1}));
            }),
            "mse_loss: the target is [1], the prediction [2]; they must be equal, reshape one");
  EXPECT_EQ(error_of([] {
              torch::binary_cross_entropy(f64({.5}), f64({.5}), {.weight = f64({{1}, {2}})});
            }),
            "binary_cross_entropy: weight is [2, 1]; it must broadcast to the input, [1]");
  EXPECT_EQ(error_of([] {
              torch::cross_entropy(kLogits, indices({0, 1, 3}));
            }),
            "cross_entropy: target row 2 is class 3, outside [0, 3); rows to leave out need .ignore_index");
  EXPECT_EQ(error_of([] { torch::huber_loss(f64({1}), f64({1}), torch::Reduction::mean, -1); }),
            "huber_loss: delta is -1; it is a distance, above 0");
  EXPECT_EQ(error_of([] { torch::smooth_l1_loss(f64({1}), f64({1}), torch::Reduction::mean, -1); }),
            "smooth_l1_loss: beta is -1; it is a distance, at least 0");
}

}  // namespace
}  // namespace gibbs::losses::compat::torch
