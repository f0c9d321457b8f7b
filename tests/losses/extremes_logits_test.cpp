// Losses on logits and on predicted probabilities at extremes: see extremes.h.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "gibbs/losses/losses.h"
#include "tests/losses/extremes.h"

namespace gibbs::losses {
namespace {

using testing::at_zero;
using testing::Dual;
using testing::Duals;
using testing::Extreme;
using testing::kInfinite;
using testing::kUndefined;
using testing::log_softmax_of;
using testing::Row;
using testing::Wide;

const std::vector<Row> kTargets = {{.5, .5},   {1, 0},      {0, 1},           {.25, .75},
                                   {1e-30, 1}, {1, 5e-324}, {1 - 1e-6, 1e-6}, {.5 - 6e-8, .5 + 6e-8}};
const std::vector<Row> kExtremeLogits = {{0, 0},        {1e-30, 0},   {5e-324, 0},    {0, 1e-7},      {.5, -.25},
                                         {3, 20},       {0, -50},     {0, -80},       {-80, 0},       {0, -104},
                                         {-104, 0},     {104, 0},     {0, 700},       {1e4, -1e4},    {-1e8, 1e8},
                                         {1e30, -1e30}, {1e30, 1e30}, {-1e-38, 3e38}, {0, -kInfinite}};
const std::vector<Row> kPairs = {{.5, .5},
                                 {.25, .75},
                                 {.5 + 6e-8, .5 - 6e-8},
                                 {1 - 1e-6, 1e-6},
                                 {1e-12, 1 - 1e-12},
                                 {1e-30, 1},
                                 {1, 1.2e-38},
                                 {1, 1e-45},
                                 {1, 5e-324},
                                 {0, 1},
                                 {1, 0}};

/// p (ln p - log_q). Logarithms are right to their last digits, their difference is not.
Dual relative_to_log(const Dual& p, const Dual& log_q) {
  return p.v == 0              ? at_zero(p)
         : log_q.v < -LDBL_MAX ? Dual{kInfinite, kUndefined}
                               : p * testing::sum_of({log(p), -log_q});
}

/// The term of a class, from ln q; and q, which keeps its digits where ln q is near 0.
using LossTerm = Dual (*)(const Dual& p, const Dual& q, const Dual& log_q);

Dual cross_entropy_term(const Dual& p, const Dual&, const Dual& log_q) {
  return p.v == 0 ? at_zero(p) : log_q.v < -LDBL_MAX ? Dual{kInfinite, kUndefined} : -p * log_q;
}
Dual kl_term(const Dual& p, const Dual&, const Dual& log_q) { return relative_to_log(p, log_q); }
Dual reverse_term(const Dual& p, const Dual& q, const Dual& log_q) {
  return log_q.v < -LDBL_MAX ? at_zero(q)
         : p.v == 0          ? Dual{kInfinite, kUndefined}
                             : q * testing::sum_of({log_q, -log(p)});
}
Dual jeffreys_term(const Dual& p, const Dual& q, const Dual& log_q) {
  const bool p_is_zero = p.v == 0, q_is_zero = log_q.v < -LDBL_MAX;
  return p_is_zero && q_is_zero   ? Dual{0, kUndefined}
         : p_is_zero || q_is_zero ? Dual{kInfinite, kUndefined}
                                  : testing::sum_of({p, -q}) * testing::sum_of({log(p), -log_q});
}
Dual js_term(const Dual& p, const Dual& q, const Dual&) {
  const Dual m = (p + q) / 2;
  const auto half = [&](const Dual& x) { return x.v == 0 ? at_zero(x) : x * log(x / m) / 2; };
  return half(p) + half(q);
}

struct Loss {
  const char* name;
  Variable (*on_logits)(const Target&, const Variable&, const CategoricalOptions&);
  Variable (*on_probabilities)(const Target&, const Variable&, const CategoricalOptions&);
  LossTerm term;
  bool clipped;
};
const Loss kLosses[] = {
    {"cross_entropy", cross_entropy_with_logits, cross_entropy_with_probabilities, cross_entropy_term, false},
    {"kl_divergence", kl_divergence_with_logits, kl_divergence_with_probabilities, kl_term, true},
    {"reverse_kl_divergence", reverse_kl_divergence_with_logits, reverse_kl_divergence_with_probabilities, reverse_term,
     true},
    {"jeffreys_divergence", jeffreys_divergence_with_logits, jeffreys_divergence_with_probabilities, jeffreys_term,
     false},
    {"js_divergence", js_divergence_with_logits, js_divergence_with_probabilities, js_term, false},
};

Dual sum_of_classes(const Loss& loss, const Duals& p, const Duals& q, const Duals& log_q) {
  Duals terms;
  for (std::size_t k = 0; k < p.size(); ++k) {
    terms.push_back(loss.term(p[k], q[k], log_q[k]));
  }
  Dual sum = testing::sum_of(terms);
  if (loss.clipped && sum.v < 0) {
    sum.v = 0;
  }
  return sum.v > LDBL_MAX ? Dual{kInfinite, kUndefined} : sum;
}

TEST(ExtremeLosses, OnLogits) {
  for (const Loss& loss : kLosses) {
    Extreme extreme = {loss.name + std::string("_with_logits"),
                       [&](const Variables& x) { return loss.on_logits(x[0], x[1], {}); },
                       [&](const std::vector<Duals>& in) {
                         const Duals log_q = log_softmax_of(in[1]);
                         Duals q = {exp(log_q[0]), exp(log_q[1])};
                         for (Dual& x : q) {  // q itself is rounded
                           x.v_off = x.v;
                         }
                         return sum_of_classes(loss, in[0], q, log_q);
                       }};
    for (const Row& p : kTargets) {
      // A gradient q (g - sum q g) is right to epsilons of g, which may be as large as a logarithm of p.
      const double rare = std::min(p[0] > 0 ? p[0] : 1, p[1] > 0 ? p[1] : 1);
      extreme.epsilons_of_one = 8 * (1 - std::log(rare));
      for (const Row& z : kExtremeLogits) {
        testing::expect_right(extreme, {p, z});
      }
    }
  }
}

TEST(ExtremeLosses, OnProbabilities) {
  for (const Loss& loss : kLosses) {
    const Extreme extreme = {loss.name + std::string("_with_probabilities"),
                             [&](const Variables& x) { return loss.on_probabilities(x[0], x[1], {}); },
                             [&](const std::vector<Duals>& in) {
                               return sum_of_classes(loss, in[0], in[1], {log(in[1][0]), log(in[1][1])});
                             }};
    for (const Row& p : kTargets) {
      for (const Row& q : kPairs) {
        testing::expect_right(extreme, {p, q});
      }
    }
  }
}

/// (1 - q)^gamma (-ln q) from ln q and ln(1 - q).
Dual focal_term(const Dual& weight, const Dual& log_q, const Dual& log_rest, double gamma) {
  return weight.v == 0 ? Dual{0, weight.d == 0 ? Wide{0} : Wide{kUndefined}} : -weight * exp(log_rest * gamma) * log_q;
}

TEST(ExtremeLosses, FocalOnLogits) {
  for (const double gamma : {0., .5, 2.}) {
    const auto categorical = [&](const std::vector<Duals>& in) {
      const Duals log_q = log_softmax_of(in[1]);  // with two classes, 1 - q is the other's q
      return focal_term(in[0][0], log_q[0], log_q[1], gamma) + focal_term(in[0][1], log_q[1], log_q[0], gamma);
    };
    const Extreme extreme = {
        "categorical_focal_loss_with_logits of gamma " + std::to_string(gamma),
        [&](const Variables& x) { return categorical_focal_loss_with_logits(x[0], x[1], {gamma}); }, categorical,
        /*epsilons_of_one=*/8};
    for (const Row& p : kTargets) {
      for (const Row& z : kExtremeLogits) {
        testing::expect_right(extreme, {p, z});
      }
    }
  }
}

const Row kBinaryNumbers = {0,    -0.,   5e-324, 1e-45, -1.2e-38, 1e-30, 1e-7, .5,   1,     -3,   20,      -50,
                            88.7, -88.7, 104,    -104,  708,      -745,  1e4,  -1e4, -1e30, 1e30, -3.4e38, 3.4e38};

TEST(ExtremeLosses, Binary) {
  for (const double gamma : {0., .5, 2.}) {
    const auto exact = [&](const std::vector<Duals>& in) {
      const Dual &p = in[0][0], &z = in[1][0];
      const Dual log_yes = z.v > 0 ? -log1p(exp(-z)) : z - log1p(exp(z));
      const Dual log_no = z.v > 0 ? -z - log1p(exp(-z)) : -log1p(exp(z));
      return testing::sum_of({focal_term(p, log_yes, log_no, gamma), focal_term(1.0 - p, log_no, log_yes, gamma)});
    };
    const Extreme focal = {"binary_focal_loss_with_logits of gamma " + std::to_string(gamma),
                           [&](const Variables& x) { return binary_focal_loss_with_logits(x[0], x[1], {gamma}); },
                           exact};
    const Extreme entropy = {"binary_cross_entropy_with_logits",
                             [](const Variables& x) { return binary_cross_entropy_with_logits(x[0], x[1]); }, exact};
    const auto by_probability = [&](const std::vector<Duals>& in) {
      const Dual &p = in[0][0], &q = in[1][0];
      return testing::sum_of({focal_term(p, log(q), log1p(-q), gamma), focal_term(1.0 - p, log1p(-q), log(q), gamma)});
    };
    const Extreme focal_of_q = {
        "binary_focal_loss_with_probabilities of gamma " + std::to_string(gamma),
        [&](const Variables& x) { return binary_focal_loss_with_probabilities(x[0], x[1], {gamma}); }, by_probability};
    const Extreme entropy_of_q = {
        "binary_cross_entropy_with_probabilities",
        [](const Variables& x) { return binary_cross_entropy_with_probabilities(x[0], x[1]); }, by_probability};
    for (const double p : {0., 5e-324, 1e-30, 1e-6, .5, .75, 1.}) {
      for (const double z : kBinaryNumbers) {
        testing::expect_right(focal, {{p}, {z}});
        if (gamma == 0) {
          testing::expect_right(entropy, {{p}, {z}});
        }
      }
      for (const double q : {5e-324, 1e-45, 1.2e-38, 1e-30, 1e-7, .5, .75, 1 - 1e-6}) {
        if (gamma == 0 || q > 1e-38) {  // ln(1 - q) of a denormal q is a denormal, right or 0
          testing::expect_right(focal_of_q, {{p}, {q}});
        }
        if (gamma == 0) {
          testing::expect_right(entropy_of_q, {{p}, {q}});
        }
      }
    }
  }
}

}  // namespace
}  // namespace gibbs::losses
