// Losses on numbers of any size at extremes: see extremes.h.
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
using testing::Row;
using testing::Wide;

/// p ln(p / r) - p + r from ln r; at p = 0 it is r, with no derivative in p.
Dual generalized(const Dual& p, const Dual& r, const Dual& log_r) {
  if (p.v == 0) {
    return {r.v, p.d == 0 ? r.d : Wide{kUndefined}};
  }
  Dual log_ratio = testing::sum_of({log(p), -log_r});
  log_ratio.d_off = 0;
  return log_r.v < -LDBL_MAX ? Dual{kInfinite, kUndefined} : p * log_ratio - p + r;
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

}  // namespace
}  // namespace gibbs::losses
