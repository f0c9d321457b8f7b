// Information measures of one and of two distributions along the last axis, as sums of terms.
#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/ops.h"
#include "gibbs/losses/losses.h"
#include "tests/battery/registry.h"
#include "tests/battery/row_losses.h"

namespace gibbs::battery {
namespace {

using losses::Base;
using losses::MeasureOptions;
using testing::at;
using testing::build;
using testing::f64;
using testing::Index;

using Row = std::vector<double>;

Row row_of(const Tensor& x, Index i) {
  i.push_back(0);
  Row row;
  for (auto& k = i.back(); k < x.size(-1); ++k) {
    row.push_back(at(x, i));
  }
  return row;
}

/// f(row of p) or f(row of p, row of q) for every row.
Tensor by_rows(const Tensor& p, const std::function<double(const Row&)>& f) {
  return build(p.shape().without(-1), [&](const Index& i) { return f(row_of(p, i)); });
}
Tensor by_rows(const Tensor& p, const Tensor& q, const std::function<double(const Row&, const Row&)>& f) {
  return build(p.shape().without(-1), [&](const Index& i) { return f(row_of(p, i), row_of(q, i)); });
}

Row divided(const Row& row) {
  double total = 0;
  for (double v : row) {
    total += v;
  }
  Row result;
  for (double v : row) {
    result.push_back(v / total);
  }
  return result;
}

const Tensor kP = f64({{.2, .5, .3}, {.7, .1, .2}}), kQ = f64({{.3, .3, .4}, {.25, .6, .15}});
const Tensor kDeepP = f64({{{.2, .8}}, {{.6, .4}}}), kDeepQ = f64({{{.5, .5}}, {{.1, .9}}});
const Tensor kCounts = f64({{2, 5, 3}, {1, 1, 2}}), kOtherCounts = f64({{1, 2, 2}, {4, 1, 3}});

using Measure = std::function<Variable(const Variable&, const MeasureOptions&)>;
using PairMeasure = std::function<Variable(const Variable&, const Variable&, const MeasureOptions&)>;

OpEntry measure(const std::string& name, const Measure& op, const std::function<double(const Row&)>& f,
                bool has_base = true) {
  const double unit = has_base ? std::log(2.0) : 1;
  const auto with = [op](const MeasureOptions& options) {
    return [=](const Variables& x) { return op(x[0], options); };
  };
  const auto rows = [f](const Tensors& x) { return by_rows(x[0], f); };
  return {"losses::" + name,
          {{"rows, in nats", with({}), {kP}, rows},
           {"deeper axes of size 1", with({}), {kDeepP}, rows},
           {"in bits",
            with({.base = Base::bits}),
            {kP},
            [f, unit](const Tensors& x) { return by_rows(x[0], [&](const Row& p) { return f(p) / unit; }); }},
           {"counts to be normalised",
            with({.normalize = true}),
            {kCounts},
            [f](const Tensors& x) { return by_rows(x[0], [&](const Row& p) { return f(divided(p)); }); }},
           {"a computed distribution",
            [op](const Variables& x) { return op(softmax(x[0] * x[0]), {}); },
            {kCounts},
            [f](const Tensors& x) {
              return by_rows(x[0], [&](const Row& z) {
                Row exponentials;
                for (double v : z) {
                  exponentials.push_back(std::exp(v * v));
                }
                return f(divided(exponentials));
              });
            },
            {.alone = false}}},
          {{[op] {
              op(f64({.5, .6}), {});
            },
            name + ": p row 0 sums to 1.1, not 1; normalise it, or pass .normalize = true"},
           {[op] { op(f64(.5), {}); }, name + ": p must be [..., K], not a scalar"}}};
}

OpEntry pair_measure(const std::string& name, const PairMeasure& op,
                     const std::function<double(const Row&, const Row&)>& f, double unit = std::log(2.0)) {
  const auto with = [op](const MeasureOptions& options) {
    return [=](const Variables& x) { return op(x[0], x[1], options); };
  };
  const auto rows = [f](const Tensors& x) { return by_rows(x[0], x[1], f); };
  return {"losses::" + name,
          {{"rows, in nats", with({}), {kP, kQ}, rows},
           {"deeper axes of size 1", with({}), {kDeepP, kDeepQ}, rows},
           {"in bits",
            with({.base = Base::bits}),
            {kP, kQ},
            [f, unit](const Tensors& x) {
              return by_rows(x[0], x[1], [&](const Row& p, const Row& q) { return f(p, q) / unit; });
            }},
           {"counts to be normalised",
            with({.normalize = true}),
            {kCounts, kOtherCounts},
            [f](const Tensors& x) {
              return by_rows(x[0], x[1], [&](const Row& p, const Row& q) { return f(divided(p), divided(q)); });
            }}},
          {{[op] {
              op(kP, f64({.5, .5}), {});
            },
            name + ": p is [2, 3], q [2]; they must be equal, broadcast one"},
           {[op] {
              op(f64({.5, .6}), f64({.5, .5}), {});
            },
            name + ": p row 0 sums to 1.1, not 1; normalise it, or pass .normalize = true"}}};
}

double jensen_shannon(double p, double q) {
  const double m = (p + q) / 2;
  return (relative_entropy(p, m) + relative_entropy(q, m)) / 2;
}

double entropy_of(const Row& p) {
  double h = 0;
  for (double v : p) {
    h -= v * std::log(v);
  }
  return h;
}

double power_sum(const Row& p, const Row& q, double alpha) {
  double total = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    total += std::pow(p[k], alpha) * std::pow(q[k], 1 - alpha);
  }
  return total;
}

/// Measures per element, for p in [0, 1].
OpEntry element_measure(const std::string& name, Variable (*op)(const Variable&, Base), double (*f)(double)) {
  const auto oracle = [f](double unit) {
    return [=](const Tensors& x) { return build(x[0].shape(), [&](const Index& i) { return f(at(x[0], i)) / unit; }); };
  };
  return {"losses::" + name,
          {{"in nats", [op](const Variables& x) { return op(x[0], Base::nats); }, {kP}, oracle(1)},
           {"in bits, deeper axes of size 1",
            [op](const Variables& x) { return op(x[0], Base::bits); },
            {kDeepP},
            oracle(std::log(2.0))},
           {"none", [op](const Variables& x) { return op(x[0], Base::nats); }, {testing::random({0, 2})}, oracle(1)}},
          {{[op] {
              op(f64({.5, 1.5}), Base::nats);
            },
            name + ": element 1 is 1.5; probabilities are in [0, 1]"}}};
}

/// Families of order alpha, at an order of their own, at 1, and near it.
OpEntry order_family(const std::string& name, Variable (*op)(const Variable&, double, const MeasureOptions&),
                     double (*f)(const Row&, double)) {
  OpEntry all = measure(
      name, [op](const Variable& p, const MeasureOptions& o) { return op(p, 2.5, o); },
      [f](const Row& p) { return f(p, 2.5); });
  for (const double alpha : {0.5, 1 + 1e-3, 3.0}) {
    all.samples.push_back({"order " + std::to_string(alpha),
                           [=](const Variables& x) { return op(x[0], alpha, {}); },
                           {kP},
                           [=](const Tensors& x) { return by_rows(x[0], [&](const Row& p) { return f(p, alpha); }); },
                           {.tolerance = 1e-11}});
  }
  all.refusals.push_back({[op] { op(kP, -1, {}); }, name + ": alpha is -1; orders are in [0, inf]"});
  return all;
}

OpEntry order_pair_family(const std::string& name,
                          Variable (*op)(const Variable&, const Variable&, double, const MeasureOptions&),
                          double (*f)(const Row&, const Row&, double)) {
  OpEntry all = pair_measure(
      name, [op](const Variable& p, const Variable& q, const MeasureOptions& o) { return op(p, q, 2.5, o); },
      [f](const Row& p, const Row& q) { return f(p, q, 2.5); });
  for (const double alpha : {0.5, 1 + 1e-3, 3.0}) {
    all.samples.push_back({"order " + std::to_string(alpha),
                           [=](const Variables& x) { return op(x[0], x[1], alpha, {}); },
                           {kP, kQ},
                           [=](const Tensors& x) {
                             return by_rows(x[0], x[1], [&](const Row& p, const Row& q) { return f(p, q, alpha); });
                           },
                           {.tolerance = 1e-11}});
  }
  all.refusals.push_back({[op] { op(kP, kQ, -1, {}); }, name + ": alpha is -1; orders are in [0, inf]"});
  return all;
}

}  // namespace

OpEntries measure_entries() {
  const auto jeffreys = [](double p, double q) { return (p - q) * std::log(p / q); };
  const auto distance = [](const Row& p, const Row& q) { return std::sqrt(sum_of(jensen_shannon)(p, q)); };
  OpEntry generalized = pair_measure(
      "generalized_kl_divergence",
      [](const Variable& p, const Variable& q, const MeasureOptions& o) {
        return losses::generalized_kl_divergence(o.normalize ? losses::normalized(p) : p,
                                                 o.normalize ? losses::normalized(q) : q, o.base);
      },
      sum_of([](double p, double q) { return relative_entropy(p, q) - p + q; }));
  generalized.samples.back().options.alone = false;  // normalises its inputs first
  generalized.samples.push_back(
      {"arrays of any sum",
       [](const Variables& x) { return losses::generalized_kl_divergence(x[0], x[1]); },
       {kCounts, kOtherCounts},
       [](const Tensors& x) {
         return by_rows(x[0], x[1], sum_of([](double p, double q) { return relative_entropy(p, q) - p + q; }));
       }});
  generalized.refusals[1] = {
      [] {
        losses::generalized_kl_divergence(f64({-1, 2}), f64({1, 2}));
      },
      "generalized_kl_divergence: p row 0 has -1 for class 0; measures are finite and at least 0"};
  return {
      element_measure("information", losses::information, [](double p) { return -std::log(p); }),
      element_measure("binary_entropy", losses::binary_entropy,
                      [](double p) { return -p * std::log(p) - (1 - p) * std::log(1 - p); }),
      measure("entropy", losses::entropy, entropy_of),
      measure(
          "perplexity", losses::perplexity, [](const Row& p) { return std::exp(entropy_of(p)); }, /*has_base=*/false),
      pair_measure("cross_entropy", losses::cross_entropy, sum_of([](double p, double q) { return -p * std::log(q); })),
      pair_measure("kl_divergence", losses::kl_divergence, sum_of(relative_entropy)),
      pair_measure("reverse_kl_divergence", losses::reverse_kl_divergence,
                   sum_of([](double p, double q) { return relative_entropy(q, p); })),
      pair_measure("jeffreys_divergence", losses::jeffreys_divergence, sum_of(jeffreys)),
      pair_measure("js_divergence", losses::js_divergence, sum_of(jensen_shannon)),
      pair_measure("js_distance", losses::js_distance, distance, std::sqrt(std::log(2.0))),
      generalized,
      order_family("renyi_entropy", losses::renyi_entropy,
                   [](const Row& p, double a) { return std::log(power_sum(p, Row(p.size(), 1), a)) / (1 - a); }),
      order_family("tsallis_entropy", losses::tsallis_entropy,
                   [](const Row& p, double a) { return (1 - power_sum(p, Row(p.size(), 1), a)) / (a - 1); }),
      order_pair_family("renyi_divergence", losses::renyi_divergence,
                        [](const Row& p, const Row& q, double a) { return std::log(power_sum(p, q, a)) / (a - 1); }),
      order_pair_family("tsallis_divergence", losses::tsallis_divergence,
                        [](const Row& p, const Row& q, double a) { return (power_sum(p, q, a) - 1) / (a - 1); }),
  };
}

}  // namespace gibbs::battery
