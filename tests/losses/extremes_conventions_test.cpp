// The conventions of other libraries, and targets that are predictions, at extremes: see extremes.h.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/losses.h"
#include "tests/losses/extremes.h"

namespace gibbs::losses {
namespace {

using testing::Dual;
using testing::Duals;
using testing::expect_right_on_pairs;
using testing::Extreme;
using testing::huber_of;
using testing::kInfinite;
using testing::kNumbers;
using testing::kRates;
using testing::kUndefined;
using testing::log_softmax_of;
using testing::Row;
using testing::Wide;

const Row kTwoClasses = {0, 5e-324, 1e-45, 1e-30, 1e-12, .25, .5 - 6e-8, .5};

TEST(ExtremeConventions, Scipy) {
  namespace scipy = compat::scipy;
  const auto rel_entr = [](const std::vector<Duals>& in) {
    const Dual &x = in[0][0], &y = in[1][0];
    return x.v == 0 ? Dual{0, x.d == 0 ? 0 : kUndefined} : y.v == 0 ? Dual{kInfinite, kUndefined} : x * log(x / y);
  };
  expect_right_on_pairs({"rel_entr", [](const Variables& x) { return scipy::rel_entr(x[0], x[1]); }, rel_entr}, kRates,
                        kRates);
  expect_right_on_pairs({"kl_div", [](const Variables& x) { return scipy::kl_div(x[0], x[1]); },
                         [&](const std::vector<Duals>& in) { return rel_entr(in) - in[0][0] + in[1][0]; }},
                        kRates, kRates);
}

TEST(ExtremeConventions, Torch) {
  namespace torch = compat::torch;
  // Targets are probabilities, or their logarithms.
  const auto times = [](const Dual& a, const Dual& b) {
    return a.v == 0 ? Dual{0, a.d == 0 ? Wide{0} : Wide{kUndefined}} : a * b;
  };
  expect_right_on_pairs({"kl_div", [](const Variables& x) { return torch::kl_div(x[1], x[0]); },
                         [&](const std::vector<Duals>& in) {
                           const Dual& p = in[0][0];
                           return p.v == 0 ? times(p, 0.0) : p * testing::sum_of({log(p), -in[1][0]});
                         }},
                        {0, 5e-324, 1e-45, 1e-30, 1e-6, .5, 1}, kNumbers);
  expect_right_on_pairs(
      {"kl_div of logarithms", [](const Variables& x) { return torch::kl_div(x[1], x[0], {.log_target = true}); },
       [&](const std::vector<Duals>& in) { return times(exp(in[0][0]), in[0][0] - in[1][0]); }, /*epsilons_of_one=*/8},
      {0, -1e-30, -1e-7, -.5, -1, -50, -87, -700, -1e4, -1e30}, kNumbers);
  expect_right_on_pairs({"binary_cross_entropy_with_logits",
                         [](const Variables& x) { return torch::binary_cross_entropy_with_logits(x[1], x[0]); },
                         [&](const std::vector<Duals>& in) {
                           const Dual &t = in[0][0], &z = in[1][0];
                           const Dual yes = z.v > 0 ? log1p(exp(-z)) : log1p(exp(z)) - z;
                           const Dual no = z.v > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
                           return testing::sum_of({times(t, yes), times(1.0 - t, no)});
                         }},
                        {0, 1e-30, .25, .5, 1}, kNumbers);
  for (const double beta : {1e-30, .5, 1e20}) {
    expect_right_on_pairs(
        {"smooth_l1_loss of " + std::to_string(beta),
         [&](const Variables& x) { return torch::smooth_l1_loss(x[1], x[0], torch::Reduction::mean, beta); },
         [&](const std::vector<Duals>& in) { return huber_of(in[1][0] - in[0][0], beta) / beta; }},
        kNumbers, kNumbers);
  }
}

/// x limited to [low, high], as its dtype holds them; a derivative at a limit is not compared.
Dual limited(const Dual& x, double low, double high) {
  const auto near = [&](double limit) { return testing::wide_abs(x.v - limit) <= 1e-6 * limit; };
  return near(low) || near(high) ? Dual{x.v, kUndefined} : x.v < low ? Dual{low} : x.v > high ? Dual{high} : x;
}

/// 0, off by an epsilon: what a logarithm of something rounded is off by.
const Dual kRounded = {0, 0, 1, 0};

TEST(ExtremeConventions, Keras) {
  namespace keras = compat::keras;
  const auto kl = [](const std::vector<Duals>& in) {
    Duals terms;
    for (const std::size_t k : {0, 1}) {
      const Dual p = limited(in[0][k], 1e-7, 1), q = limited(in[1][k], 1e-7, 1);
      terms.push_back(p * (log(p / q) + kRounded));  // as Keras has it: the quotient is rounded
    }
    return testing::sum_of(terms);
  };
  const auto cross_entropy = [](const std::vector<Duals>& in) {
    const Dual total = in[1][0] + in[1][1];
    return -in[0][0] * log(limited(in[1][0] / total, 1e-7, 1 - 1e-7)) -
           in[0][1] * log(limited(in[1][1] / total, 1e-7, 1 - 1e-7));
  };
  for (const double p : kTwoClasses) {
    for (const double q : kTwoClasses) {
      const std::vector<Row> rows = {{p, 1 - p}, {q, 1 - q}};
      testing::expect_right({"kl_divergence", [](const Variables& x) { return keras::kl_divergence(x[0], x[1]); }, kl},
                            rows);
      // 1 - 1e-7 is 1 - 1.19e-7 in float32: Keras' own digits, which only their logarithm shows
      if (q > 1e-6) {
        testing::expect_right(
            {"categorical_crossentropy", [](const Variables& x) { return keras::categorical_crossentropy(x[0], x[1]); },
             cross_entropy, /*epsilons_of_one=*/8},
            rows);
      }
    }
  }
}

TEST(ExtremeConventions, TargetsThatArePredictions) {
  const auto divergence = [](const Duals& log_p, const Duals& log_q) {
    Duals terms;
    for (const std::size_t k : {0, 1}) {
      // The target is exp(log p), rounded; below the smallest number it is 0.
      const Dual p = exp(log_p[k]);
      terms.push_back(p.v < 1e-300 ? Dual{0, kUndefined} : p * testing::sum_of({log_p[k] + kRounded, -log_q[k]}));
    }
    return testing::sum_of(terms);
  };
  const std::vector<Row> logits = {{0, 0}, {1e-30, 0}, {0, 3}, {-50, 0}, {0, -80}, {1e30, 1e30}};
  for (const double temperature : {1., 4.}) {
    const Extreme distillation = {
        "distillation_loss",
        [&](const Variables& x) { return distillation_loss(x[0], x[1], {.temperature = temperature}); },
        [&](const std::vector<Duals>& in) {
          const Duals t = {in[0][0] / temperature, in[0][1] / temperature},
                      z = {in[1][0] / temperature, in[1][1] / temperature};
          const double unit = temperature * temperature;
          return divergence(log_softmax_of(t), log_softmax_of(z)) * unit;
        },
        /*epsilons_of_one=*/8 * 200};
    for (const Row& teacher : logits) {
      for (const Row& z : logits) {
        testing::expect_right(distillation, {teacher, z});
      }
    }
  }
}

}  // namespace
}  // namespace gibbs::losses
