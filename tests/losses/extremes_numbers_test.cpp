// Losses on numbers of any size, and the conventions of other libraries, at extremes: see extremes.h.
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
using testing::Extreme;
using testing::kInfinite;
using testing::kUndefined;
using testing::Row;
using testing::Wide;

const Row kNumbers = {0,  -0., 5e-324, 1e-45, -1.2e-38, 1e-30, -1e-30, 1e-7, .5,   1,     1 + 1e-7, -3,
                      20, 87,  -87,    89,    104,      -104,  708.5,  -745, 1e10, -1e18, 1e30,     3.4e38};
const Row kRates = {0, 5e-324, 1e-45, 1.2e-38, 1e-30, 1e-12, 1e-6, .5, 1, 3, 1e10, 1e30, 3e38};

void expect_right_on_pairs(const Extreme& loss, const Row& first, const Row& second) {
  for (const double a : first) {
    for (const double b : second) {
      testing::expect_right(loss, {{a}, {b}});
    }
  }
}

/// p ln(p / r) - p + r from ln r; at p = 0 it is r, with no derivative in p.
Dual generalized(const Dual& p, const Dual& r, const Dual& log_r) {
  if (p.v == 0) {
    return {r.v, p.d == 0 ? r.d : Wide{kUndefined}};
  }
  return log_r.v < -LDBL_MAX ? Dual{kInfinite, kUndefined} : p * testing::sum_of({log(p), -log_r}) - p + r;
}

TEST(ExtremeNumbers, Rates) {
  expect_right_on_pairs({"generalized_kl_divergence_with_rates",
                         [](const Variables& x) { return generalized_kl_divergence_with_rates(x[0], x[1]); },
                         [](const std::vector<Duals>& in) {
                           const Dual &p = in[0][0], &r = in[1][0];
                           return generalized(p, r, p.v == r.v && p.v > 0 ? log(p) + log(r / p) : log(r));
                         }},
                        kRates, kRates);
  expect_right_on_pairs({"generalized_kl_divergence_with_log_rates",
                         [](const Variables& x) { return generalized_kl_divergence_with_log_rates(x[0], x[1]); },
                         [](const std::vector<Duals>& in) { return generalized(in[0][0], exp(in[1][0]), in[1][0]); }},
                        kRates, kNumbers);
}

TEST(ExtremeNumbers, Gaussians) {
  const auto phi = [](const Dual& x) { return exp(x) - 1 - x; };
  expect_right_on_pairs(
      {"gaussian_kl_to_standard_normal", [](const Variables& x) { return gaussian_kl_to_standard_normal(x[0], x[1]); },
       [&](const std::vector<Duals>& in) { return (in[0][0] * in[0][0] + phi(in[1][0])) / 2; }},
      kNumbers, kNumbers);
  const Extreme between = {"gaussian_kl",
                           [](const Variables& x) {
                             return gaussian_kl({x[0], x[1]}, {x[2], x[3]});
                           },
                           [&](const std::vector<Duals>& in) {
                             const Dual d = in[0][0] - in[2][0], &v = in[3][0];
                             const Dual distance = d.v == 0 ? Dual{0, d.d == 0 ? 0 : kUndefined} : d * d * exp(-v);
                             return testing::sum_of({phi(in[1][0] - v) / 2, distance / 2});
                           }};
  for (const double mean : {0., 5e-324, 1e-45, 1e-30, 1e-7, 1., 1e10, 1e30}) {
    for (const double log_variance : {0., 1e-7, -1., 50., -88., 88., 200., -200., 264., -290., 700., -700., 1400.}) {
      for (const double other : {0., -1., 88., -200.}) {
        testing::expect_right(between, {{mean}, {log_variance + other / 100}, {0}, {log_variance}});
        testing::expect_right(between, {{1}, {other}, {1 + mean}, {log_variance}});
      }
    }
  }
}

Dual huber_of(const Dual& d, double delta) {
  const Dual size = abs(d);
  return size.v <= delta ? d * d / 2 : delta * (size - delta / 2);
}

TEST(ExtremeNumbers, Distances) {
  const auto apart = [](const std::vector<Duals>& in) { return in[1][0] - in[0][0]; };
  expect_right_on_pairs({"mean_squared_error", [](const Variables& x) { return mean_squared_error(x[0], x[1]); },
                         [&](const std::vector<Duals>& in) { return apart(in) * apart(in); }},
                        kNumbers, kNumbers);
  expect_right_on_pairs({"mean_absolute_error", [](const Variables& x) { return mean_absolute_error(x[0], x[1]); },
                         [&](const std::vector<Duals>& in) {
                           return apart(in).v == 0 ? Dual{0, kUndefined} : abs(apart(in));
                         }},
                        kNumbers, kNumbers);
  for (const double delta : {1e-30, .5, 1e20}) {
    expect_right_on_pairs(
        {"huber of " + std::to_string(delta), [&](const Variables& x) { return huber(x[0], x[1], {.delta = delta}); },
         [&](const std::vector<Duals>& in) { return huber_of(apart(in), delta); }},
        kNumbers, kNumbers);
  }
  // Rows whose sum is infinite have a mean.
  const Tensor zeros = Tensor::zeros({4});
  EXPECT_FLOAT_EQ(mean_absolute_error(zeros, Tensor::full({4}, 3e38)).value().data<float>()[0], 3e38F);
}

/// max(0, x), with no derivative where x is 0 to rounding.
Dual positive(const Dual& x) {
  const bool kink = testing::wide_abs(x.v) <= 1e-6 * x.v_off;
  return kink ? Dual{x.v < 0 ? Wide{0} : x.v, kUndefined, x.v_off, 0} : x.v < 0 ? Dual{0} : x;
}

TEST(ExtremeNumbers, Hinges) {
  const auto shortfall = [](const std::vector<Duals>& in) {
    return positive(testing::sum_of({1, -in[0][0] * in[1][0]}));
  };
  const Extreme plain = {"hinge", [](const Variables& x) { return hinge(x[0], x[1]); }, shortfall};
  const Extreme squared = {"squared_hinge", [](const Variables& x) { return squared_hinge(x[0], x[1]); },
                           [&](const std::vector<Duals>& in) { return shortfall(in) * shortfall(in); }};
  for (const double z : kNumbers) {
    for (const double y : {1., -1.}) {
      testing::expect_right(plain, {{y}, {z}});
      testing::expect_right(squared, {{y}, {z}});
    }
    for (const double other : kNumbers) {
      const auto lead = [](const std::vector<Duals>& in) {
        return positive(testing::sum_of({in[0][1], -in[0][0], 1}));
      };
      const Tensor first = Tensor::of({0}, DType::int64);
      testing::expect_right(
          {"categorical_hinge", [&](const Variables& x) { return categorical_hinge(first, x[0]); }, lead},
          {{z, other}});
      testing::expect_right({"multi_margin", [&](const Variables& x) { return multi_margin(first, x[0]); }, lead},
                            {{z, other}});
    }
  }
}

TEST(ExtremeNumbers, Scipy) {
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

TEST(ExtremeNumbers, Torch) {
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

}  // namespace
}  // namespace gibbs::losses
