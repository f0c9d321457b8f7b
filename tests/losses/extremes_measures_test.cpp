// Information measures at extremes: see extremes.h.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/losses/compat/scipy.h"
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
using testing::Row;
using testing::Wide;

/// Probabilities near 0, 1/2 and 1: zero, denormal, normal by a little, tiny, small, and what is nearly 1/2.
const std::vector<double> kExtremeProbabilities = {0,     -0.,  5e-324, 1e-45, 2.3e-308,  1.2e-38,   1e-30,
                                                   1e-12, 1e-6, .01,    .25,   .5 - 6e-8, .5 - 1e-9, .5};

std::vector<Row> distributions() {
  std::vector<Row> rows;
  for (const double p : kExtremeProbabilities) {
    rows.push_back({p, 1 - p});
    rows.push_back({1 - p, p});
  }
  return rows;
}

Dual plogp(const Dual& p) { return p.v == 0 ? at_zero(p) : p * log(p); }
Dual minus_plogq(const Dual& p, const Dual& q) {
  return p.v == 0 ? at_zero(p) : q.v == 0 ? Dual{kInfinite, kUndefined} : -p * log(q);
}
Dual relative(const Dual& p, const Dual& q) {
  return p.v == 0 ? at_zero(p) : q.v == 0 ? Dual{kInfinite, kUndefined} : p * log(p / q);
}
Dual half_js(const Dual& p, const Dual& q) { return relative(p, (p + q) / 2) / 2; }

using Term = Dual (*)(const Dual& p, const Dual& q);
using PairMeasure = std::function<Variable(const Variable& p, const Variable& q)>;
using ExactPair = std::function<Dual(const Duals& p, const Duals& q)>;

void expect_right_on_pairs(const std::string& name, const PairMeasure& f, const ExactPair& exact, double factor = 1) {
  const Extreme extreme = {name, [&](const Variables& x) { return f(x[0], x[1]); },
                           [&](const std::vector<Duals>& in) { return exact(in[0], in[1]); }, 0, factor};
  for (const Row& p : distributions()) {
    for (const Row& q : distributions()) {
      testing::expect_right(extreme, {p, q});
    }
  }
}

/// The sum of term(p_k, q_k): of any terms, and of terms that are at least 0, among which nothing cancels.
Duals terms_of(const Duals& p, const Duals& q, Term term) {
  Duals terms;
  for (std::size_t k = 0; k < p.size(); ++k) {
    terms.push_back(term(p[k], q[k]));
  }
  return terms;
}
/// What is a little less than 0 since p or q is not quite a distribution counts as 0, in value only.
Dual clipped(Dual sum) {
  sum.v = sum.v < 0 ? Wide{0} : sum.v;
  return sum;
}
ExactPair sum_over_classes(Term term) {
  return [term](const Duals& p, const Duals& q) { return clipped(testing::sum_of(terms_of(p, q, term))); };
}
ExactPair sum_of_sizes(Term term) {
  return [term](const Duals& p, const Duals& q) {
    const Duals terms = terms_of(p, q, term);
    return std::accumulate(terms.begin(), terms.end(), Dual{0});
  };
}

template <class Measure>
PairMeasure in_nats(Measure f) {
  return [f](const Variable& p, const Variable& q) { return f(p, q, MeasureOptions{}); };
}

TEST(ExtremeMeasures, CrossEntropyAndDivergences) {
  expect_right_on_pairs("cross_entropy", in_nats(cross_entropy), sum_of_sizes(minus_plogq));
  expect_right_on_pairs("kl_divergence", in_nats(kl_divergence), sum_over_classes(relative));
  expect_right_on_pairs("reverse_kl_divergence", in_nats(reverse_kl_divergence),
                        sum_over_classes([](const Dual& p, const Dual& q) { return relative(q, p); }));
}

TEST(ExtremeMeasures, SumsOfTermsThatAreAtLeastZero) {
  expect_right_on_pairs("jeffreys_divergence", in_nats(jeffreys_divergence),
                        sum_of_sizes([](const Dual& p, const Dual& q) { return relative(p, q) + relative(q, p); }));
  expect_right_on_pairs(
      "generalized_kl_divergence", [](const Variable& p, const Variable& q) { return generalized_kl_divergence(p, q); },
      sum_of_sizes([](const Dual& p, const Dual& q) { return relative(p, q) - p + q; }));
  const auto js = sum_of_sizes([](const Dual& p, const Dual& q) { return half_js(p, q) + half_js(q, p); });
  expect_right_on_pairs("js_divergence", in_nats(js_divergence), js);
  expect_right_on_pairs("js_distance", in_nats(js_distance), [&](const Duals& p, const Duals& q) {
    const Dual divergence = js(p, q);  // of terms that are exact, unless p = q
    return p[0].v == q[0].v && p[1].v == q[1].v ? Dual{0, kUndefined} : sqrt(Dual{divergence.v, divergence.d});
  });
}

/// ln sum p^alpha q^(1 - alpha) over the classes in which neither is 0.
Dual log_power_sum(const Duals& p, const Duals& q, double alpha) {
  Duals logs;
  for (std::size_t k = 0; k < p.size(); ++k) {
    if (p[k].v > 0 && q[k].v > 0) {
      logs.push_back(log(p[k]) * alpha + log(q[k]) * (1 - alpha));
    } else if (p[k].d != 0 || q[k].d != 0) {
      logs.emplace_back(-kInfinite, kUndefined);
    }
  }
  if (logs.empty()) {
    return -kInfinite;
  }
  const Dual largest = {std::max_element(logs.begin(), logs.end())->v, 0};
  Dual sum = 0;
  for (const Dual& x : logs) {
    sum = sum + exp(x - largest);
  }
  return largest + log(sum);
}

/// sum of p (r^(alpha - 1) - 1), r = p / q, or p where there is no q. Undefined derivatives where p or q is 0.
Dual power_gap(const Duals& p, const Duals& q, double alpha) {
  Duals terms;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const bool traced = p[k].d != 0 || q[k].d != 0;
    if (p[k].v == 0 || q[k].v == 0) {
      terms.emplace_back(p[k].v == 0 ? 0 : alpha > 1 ? kInfinite : -p[k].v, traced ? kUndefined : 0);
    } else {
      // The ratio is exact near 1, where it matters; elsewhere derivatives of p and of its ratio would cancel.
      const Dual log_ratio = log(p[k] / q[k]);
      const Dual power = testing::wide_abs(log_ratio.v) < 1 ? p[k] * exp(log_ratio * (alpha - 1))
                                                            : exp(log(p[k]) * alpha + log(q[k]) * (1 - alpha));
      terms.push_back(testing::sum_of({power, -p[k]}));
      terms.back().v_off = 0;  // only derivatives may cancel here
    }
  }
  const Dual sum = testing::sum_of(terms);
  return sum.v > LDBL_MAX ? Dual{kInfinite, kUndefined} : sum;
}
Dual total(const Duals& p) { return std::accumulate(p.begin(), p.end(), Dual{0}); }

/// ln(sum p r^(alpha - 1) / sum p) / (alpha - 1).
Dual log_power_mean(const Duals& p, const Duals& q, double alpha) {
  const Dual gap = power_gap(p, q, alpha) / total(p);
  if (testing::wide_abs(gap.v) < .5) {
    return log1p(gap) / (alpha - 1);
  }
  const Dual sum = log_power_sum(p, q, alpha);
  const bool uncovered =
      alpha > 1 && gap.v > LDBL_MAX && std::any_of(q.begin(), q.end(), [](const Dual& x) { return x.v == 0; });
  return uncovered || sum.v < -LDBL_MAX ? Dual{kInfinite, kUndefined}
                                        : testing::sum_of({sum / (alpha - 1), -log(total(p)) / (alpha - 1)});
}

TEST(ExtremeMeasures, RenyiAndTsallis) {
  for (const double alpha : {.25, .5, .999, 1.001, 2., 30.}) {
    const std::string order = " of order " + std::to_string(alpha);
    expect_right_on_pairs(
        "renyi_divergence" + order, [&](const Variable& p, const Variable& q) { return renyi_divergence(p, q, alpha); },
        [&](const Duals& p, const Duals& q) { return clipped(log_power_mean(p, q, alpha)); }, alpha > 2 ? 100 : 1);
    expect_right_on_pairs(
        "tsallis_divergence" + order,
        [&](const Variable& p, const Variable& q) { return tsallis_divergence(p, q, alpha); },
        [&](const Duals& p, const Duals& q) { return clipped(power_gap(p, q, alpha) / (alpha - 1)); });
  }
}

void expect_right_on(const std::string& name, const std::function<Variable(const Variable&)>& f,
                     const std::function<Dual(const Duals& p)>& exact) {
  const Extreme extreme = {name, [&](const Variables& x) { return f(x[0]); },
                           [&](const std::vector<Duals>& in) { return exact(in[0]); }};
  for (const Row& p : distributions()) {
    testing::expect_right(extreme, {p});
  }
}

TEST(ExtremeMeasures, OfOneDistribution) {
  const auto shannon = [](const Duals& p) { return -plogp(p[0]) - plogp(p[1]); };
  expect_right_on(
      "entropy", [](const Variable& p) { return entropy(p); }, shannon);
  expect_right_on(
      "perplexity", [](const Variable& p) { return perplexity(p); }, [&](const Duals& p) { return exp(shannon(p)); });
  expect_right_on(
      "information", [](const Variable& p) { return information(p); },
      [](const Duals& p) { return -log(p[0]) - log(p[1]); });
  expect_right_on(
      "binary_entropy", [](const Variable& p) { return binary_entropy(p); },
      [](const Duals& p) {
        Dual sum = 0;
        for (const Dual& x : p) {
          sum = sum - plogp(x) + (x.v == 1 ? at_zero(x) : (x - 1.0) * log1p(-x));
        }
        return sum;
      });
  const Duals ones = {1, 1};
  for (const double alpha : {0., .25, .999, 1.001, 2., 30.}) {
    const std::string order = " of order " + std::to_string(alpha);
    expect_right_on(
        "renyi_entropy" + order, [&](const Variable& p) { return renyi_entropy(p, alpha); },
        [&](const Duals& p) { return clipped(-log_power_mean(p, ones, alpha)); });
    expect_right_on(
        "tsallis_entropy" + order, [&](const Variable& p) { return tsallis_entropy(p, alpha); },
        [&](const Duals& p) { return clipped(-power_gap(p, ones, alpha) / (alpha - 1)); });
  }
}

/// Joints of two by two that are nearly certain, nearly independent, or have next to nothing somewhere.
TEST(ExtremeMeasures, OfTwoVariables) {
  const auto joint = [](const Variable& p) { return reshape(p, {2, 2}); };
  const auto minus_plogp = [](const Duals& p) {
    return std::accumulate(p.begin(), p.end(), Dual{0}, [](const Dual& sum, const Dual& x) { return sum - plogp(x); });
  };
  const auto conditional = [](const Duals& p) {  // p(x, y) at 2 x + y
    Dual sum = 0;
    for (const std::size_t i : {0, 1, 2, 3}) {
      const Dual &own = p[i], &other = p[(i + 2) % 4];
      const bool small = other.v < own.v;
      sum = sum + (own.v == 0 ? at_zero(own) : own * (small ? log1p(other / own) : log(own + other) - log(own)));
    }
    return sum;
  };
  const Extreme h = {"joint_entropy", [&](const Variables& x) { return joint_entropy(joint(x[0])); },
                     [&](const std::vector<Duals>& in) { return minus_plogp(in[0]); }};
  const Extreme h_given = {"conditional_entropy", [&](const Variables& x) { return conditional_entropy(joint(x[0])); },
                           [&](const std::vector<Duals>& in) { return conditional(in[0]); }};
  const Extreme information = {
      "mutual_information", [&](const Variables& x) { return mutual_information(joint(x[0])); },
      [&](const std::vector<Duals>& in) {
        const Duals& p = in[0];
        Duals terms;
        for (const std::size_t i : {0, 1, 2, 3}) {
          const Dual p_x = testing::sum_of({p[i], p[i ^ 1U]}), p_y = testing::sum_of({p[i], p[i ^ 2U]});
          terms.push_back(p[i].v == 0 ? at_zero(p[i]) : p[i] * testing::sum_of({log(p[i]), -log(p_x), -log(p_y)}));
        }
        return clipped(testing::sum_of(terms));
      }};
  for (const double p : kExtremeProbabilities) {
    for (const Row& row : {Row{p, 0, 0, 1 - p}, Row{.5 - p, .5, p, 0}, Row{.25, .25, .25, .25},
                           Row{p / 2, p / 2, .5 - p / 2, .5 - p / 2}, Row{p, p, p, 1 - 3 * p}}) {
      if (row[0] >= 0 && row[3] >= 0) {
        testing::expect_right(h, {row});
        testing::expect_right(h_given, {row});
        testing::expect_right(information, {row});
      }
    }
  }
}

}  // namespace
}  // namespace gibbs::losses
