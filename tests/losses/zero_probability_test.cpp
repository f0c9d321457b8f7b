// One convention at p = 0 for every measure and loss: of p ln p the derivatives are 0 there, and whatever else a
// formula has in p keeps its own. So of f = c p ln p + g, gradient and Hessian at p = 0 are those of g: what f's come
// to near 0 without c (ln p + 1) and c / p.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "gibbs/autograd/derivatives.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/losses/losses.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::losses {
namespace {

using testing::f64;

struct Measure {
  std::string name;
  double c;  // how many p ln p it has
  std::function<Variable(const Variable& p)> f;
};

std::vector<Measure> measures() {
  const auto joint = [](const Variable& p) { return reshape(p, {2, 2}); };
  const auto row = [](const Variable& p) { return reshape(p, {1, 4}); };
  const Tensor q = f64({.3, .2, .1, .4}), q_row = q.reshape({1, 4}), z = kernels::log(q_row);
  const CategoricalOptions rows = {};
  return {
      {"entropy", -1, [](const Variable& p) { return entropy(p); }},
      {"cross_entropy", 0, [=](const Variable& p) { return cross_entropy(p, q); }},
      {"kl_divergence", 1, [=](const Variable& p) { return kl_divergence(p, q); }},
      {"generalized_kl_divergence", 1, [=](const Variable& p) { return generalized_kl_divergence(p, q); }},
      {"joint_entropy", -1, [=](const Variable& p) { return joint_entropy(joint(p)); }},
      {"conditional_entropy", -1, [=](const Variable& p) { return conditional_entropy(joint(p)); }},
      {"mutual_information", 1, [=](const Variable& p) { return mutual_information(joint(p)); }},
      {"cross_entropy_with_logits", 0, [=](const Variable& p) { return cross_entropy_with_logits(row(p), z, rows); }},
      {"kl_divergence_with_logits", 1, [=](const Variable& p) { return kl_divergence_with_logits(row(p), z, rows); }},
      {"kl_divergence_with_probabilities", 1,
       [=](const Variable& p) { return kl_divergence_with_probabilities(row(p), q_row, rows); }},
      {"generalized_kl_divergence_with_rates", 1,
       [=](const Variable& p) { return generalized_kl_divergence_with_rates(row(p), q_row); }},
      {"generalized_kl_divergence_with_log_rates", 1,
       [=](const Variable& p) { return generalized_kl_divergence_with_log_rates(row(p), z); }},
  };
}

constexpr double kNearZero = 1e-7;

TEST(ZeroProbability, DerivativesAreThoseOfTheRest) {
  const Tensor at_zero = f64({.5, 0, .3, .2}), near_zero = f64({.5, kNearZero, .3, .2});
  for (const auto& [name, c, f] : measures()) {
    const Tensor d = jacobian(f, at_zero).value(), d_near = jacobian(f, near_zero).value();
    EXPECT_NEAR(d.at({1}), d_near.at({1}) - c * (std::log(kNearZero) + 1), 1e-5) << name << ", gradient";
    const Tensor h = hessian(f, at_zero).value(), h_near = hessian(f, near_zero).value();
    for (std::int64_t j = 0; j < 4; ++j) {
      const double rest = h_near.at({1, j}) - (j == 1 ? c / kNearZero : 0);
      EXPECT_NEAR(h.at({1, j}), rest, 1e-4) << name << ", Hessian at 1, " << j;
    }
  }
}

}  // namespace
}  // namespace gibbs::losses
