// The pieces that losses are made of: terms per element, reductions, units.
#include <cmath>

#include "gibbs/autograd/ops/ops.h"
#include "gibbs/losses/binary.h"
#include "gibbs/losses/detail/at_least_zero.h"
#include "gibbs/losses/losses.h"
#include "gibbs/losses/regression.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {
namespace {

using losses::Base;
using losses::Reduction;
using testing::at;
using testing::build;
using testing::f64;
using testing::Index;
using testing::random;

const Tensor kA = f64({{.2, .5, .3}, {.7, .1, .2}}), kB = f64({{.3, .3, .4}, {.25, .6, .15}});

OpEntry of_one(const std::string& name, Variable (*op)(const Variable&), double (*f)(double), const Tensor& numbers) {
  const auto oracle = [f](const Tensors& x) {
    return build(x[0].shape(), [&](const Index& i) { return f(at(x[0], i)); });
  };
  const auto call = [op](const Variables& x) { return op(x[0]); };
  return {"losses::" + name,
          {{"[2, 3]", call, {numbers}, oracle},
           {"[1, 1]", call, {f64({{.6}})}, oracle},
           {"none", call, {random({0, 2})}, oracle}},
          {{[op] { op(Tensor::ones({2}, DType::int64)); },
            name + ": needs float32 or float64, not int64; convert with cast"}}};
}

OpEntry of_two(const std::string& name, Variable (*op)(const Variable&, const Variable&), double (*f)(double, double)) {
  const auto oracle = [f](const Tensors& x) {
    return build(x[0].shape(), [&](const Index& i) { return f(at(x[0], i), at(x[1], i)); });
  };
  const auto call = [op](const Variables& x) { return op(x[0], x[1]); };
  return {"losses::" + name,
          {{"[2, 3]", call, {kA, kB}, oracle},
           {"[1, 1]", call, {f64({{.6}}), f64({{.9}})}, oracle},
           {"none", call, {random({0, 2}), random({0, 2}, 2)}, oracle},
           {"close to each other",
            call,
            {kA, testing::build({2, 3}, [](const Index& i) { return at(kA, i) * 1.001; })},
            oracle,
            {.tolerance = 1e-11}}},
          {{[op] {
              op(kA, f64({.5, .5}));
            },
            name + ": operands are float64 [2, 3] and float64 [2]; they must be equal, broadcast or cast one"},
           {[op] { op(Tensor::ones({2}, DType::int64), Tensor::ones({2}, DType::int64)); },
            name + ": needs float32 or float64, not int64; convert with cast"}}};
}

OpEntry focal_factor_entry() {
  const auto sample = [](const char* what, double gamma) {
    return Sample{what,
                  [gamma](const Variables& x) { return losses::focal_factor(x[0], gamma); },
                  {kA},
                  [gamma](const Tensors& x) {
                    return build(x[0].shape(), [&](const Index& i) { return std::pow(at(x[0], i), gamma); });
                  }};
  };
  return {"losses::focal_factor",
          {sample("square", 2), sample("fractional", 1.5)},
          {{[] { losses::focal_factor(kA, -1); }, "focal_factor: gamma is -1; it is finite and at least 0"},
           {[] { losses::focal_factor(Tensor::ones({2}, DType::int64), 2); },
            "focal_factor: needs float32 or float64, not int64; convert with cast"}}};
}

double mean_of_row(const Tensor& x, std::int64_t n) {
  double total = 0;
  for (std::int64_t k = 0; k < x.size(1); ++k) {
    total += at(x, {n, k});
  }
  return total / static_cast<double>(x.size(1));
}

Tensor row_mean_oracle(const Tensors& x) {
  return build({x[0].size(0)}, [&](const Index& i) { return mean_of_row(x[0], i[0]); });
}

/// sum of w r, divided by sum of w for `mean`.
Sample reduce_sample(const std::string& what, Reduction reduction, bool weighted) {
  const auto w = [weighted](const Tensors& x, std::int64_t n) { return weighted ? at(x[1], {n}) : 1; };
  Tensors inputs = {f64({.5, 2, 1.5})};
  if (weighted) {
    inputs.push_back(f64({1, .5, 2}));
  }
  return {what, [=](const Variables& x) { return losses::reduce(x[0], weighted ? x[1] : Variable(), reduction); },
          inputs,
          [=](const Tensors& x) {
            if (reduction == Reduction::none) {
              return x[0];
            }
            double total = 0, weights = 0;
            for (std::int64_t n = 0; n < 3; ++n) {
              total += at(x[0], {n});
              weights += w(x, n);
            }
            return f64(reduction == Reduction::mean ? total / weights : total);
          }};
}

Tensor unchanged(const Tensors& x) { return x[0]; }

OpEntry at_least_zero_entry() {
  const auto clipped = [](const Tensor& where) {
    return [where](const Variables& x) { return losses::at_least_zero(x[0], where); };
  };
  return {"losses::at_least_zero",
          {{"above 0", clipped(Tensor::ones({2, 3}, DType::uint8)), {kA}, unchanged},
           {"below 0, but not clipped",
            clipped(Tensor::zeros({2, 3}, DType::uint8)),
            {f64({{-.1, .2, -3}, {1, -2, 4}})},
            unchanged}},
          {{[] { losses::at_least_zero(kA, Tensor::ones({2}, DType::uint8)); },
            "at_least_zero: x is [2, 3], where to clip it uint8 [2]; that is uint8 of the same shape"},
           {[] { losses::at_least_zero(Tensor::ones({2}, DType::int64), Tensor::ones({2}, DType::uint8)); },
            "at_least_zero: needs float32 or float64, not int64; convert with cast"}}};
}

OpEntry logistic_terms_entry() {
  const auto f = [](const Variables& x) { return losses::logistic_terms(x[0], x[1], x[2]); };
  const auto oracle = [](const Tensors& x) {
    return build(x[0].shape(), [&](const Index& i) {
      const double z = at(x[2], i);
      return at(x[0], i) * std::log1p(std::exp(-z)) + at(x[1], i) * std::log1p(std::exp(z));
    });
  };
  return {"losses::logistic_terms",
          {{"[2, 3]", f, {kA, kB, f64({{-3, -.5, .2}, {1, 2.5, 4}})}, oracle},
           {"[1, 1]", f, {f64({{.6}}), f64({{.9}}), f64({{.3}})}, oracle}},
          {{[] {
              losses::logistic_terms(kA, kA, f64({.5, .5}));
            },
            "logistic_terms: operands are float64 [2, 3] and float64 [2]; they must be equal, broadcast or cast one"}}};
}

OpEntry without_masked_rows_entry() {
  const auto f = [](const Variables& x) { return losses::without_masked_rows(x[0] * x[0], f64({0, .5}), 7); };
  const auto oracle = [](const Tensors& x) {
    return build({2, 3}, [&](const Index& i) { return i[0] == 0 ? 7 : at(x[0], i) * at(x[0], i); });
  };
  return {"losses::without_masked_rows",
          {{"first row", f, {kA}, oracle},
           {"no weights",
            [](const Variables& x) { return losses::without_masked_rows(x[0] * 1.0, {}, 7); },
            {kA},
            unchanged}},
          {{[] {
              losses::without_masked_rows(kA, f64({1, 0, 1}), 0);
            },
            "without_masked_rows: x is [2, 3], its weights [3]; every row has one"}}};
}

OpEntry nan_without_weight_entry() {
  const Tensor weights = f64({{0, .5, .3}, {.7, 0, .2}});
  const auto f = [](const Tensor& a) {
    return [a](const Variables& x) { return losses::nan_without_weight(kernels::cast(a, x[0].dtype()), x[0], 7); };
  };
  return {"losses::nan_without_weight",
          {{"weights of 0", f(weights), {kB}, unchanged}, {"none of 0", f(kA), {kB}, unchanged}},
          {{[] {
              losses::nan_without_weight(kA, f64({1, 2}), 0);
            },
            "nan_without_weight: operands are float64 [2, 3] and float64 [2]; they must be equal, broadcast or cast "
            "one"}}};
}

}  // namespace

OpEntries term_entries() {
  const Tensor condition = Tensor::of({{1, 0, 1}, {1, 1, 0}}, DType::uint8);
  const auto kl = [](double p, double q) { return p * std::log(p / q); };
  const auto js = [](double p, double q) {
    const double m = (p + q) / 2;
    return (p * std::log(p / m) + q * std::log(q / m)) / 2;
  };
  const auto normalized_rows = [](const Tensors& x) {
    return build(x[0].shape(), [&](const Index& i) {
      return at(x[0], i) / (mean_of_row(x[0], i[0]) * static_cast<double>(x[0].size(1)));
    });
  };
  return {
      of_one(
          "log_sigmoid", losses::log_sigmoid, [](double z) { return -std::log1p(std::exp(-z)); },
          f64({{-3, -.5, .2}, {1, 2.5, 4}})),
      of_one(
          "log_of_positive", losses::log_of_positive, [](double x) { return x > 0 ? std::log(x) : 0; },
          f64({{-3, -.5, .2}, {1, 2.5, 4}})),
      of_two("weighted_terms", losses::weighted_terms, [](double a, double x) { return a * x; }),
      of_two("log_ratio", losses::log_ratio, [](double a, double b) { return std::log(a / b); }),
      of_two("log_ratio_for_target", losses::log_ratio_for_target, [](double a, double b) { return std::log(a / b); }),
      of_two("plogq", losses::plogq, [](double p, double q) { return p * std::log(q); }),
      of_two("relative_entropy_terms", losses::relative_entropy_terms, kl),
      of_two("generalized_relative_entropy_terms", losses::generalized_relative_entropy_terms,
             [](double p, double q) { return p * std::log(p / q) - p + q; }),
      of_two("jeffreys_terms", losses::jeffreys_terms, [](double p, double q) { return (p - q) * std::log(p / q); }),
      of_two("jensen_shannon_terms", losses::jensen_shannon_terms, js),
      at_least_zero_entry(),
      focal_factor_entry(),
      logistic_terms_entry(),
      without_masked_rows_entry(),
      nan_without_weight_entry(),
      {"losses::where_or",
       {{"[2, 3]",
         [=](const Variables& x) { return losses::where_or(condition, x[0], 7); },
         {kA},
         [=](const Tensors& x) {
           return build({2, 3}, [&](const Index& i) { return at(condition, i) != 0 ? at(x[0], i) : 7; });
         }},
        {"squares",
         [=](const Variables& x) { return losses::where_or(condition, x[0] * x[0], 7); },
         {kA},
         [=](const Tensors& x) {
           return build({2, 3}, [&](const Index& i) { return at(condition, i) != 0 ? at(x[0], i) * at(x[0], i) : 7; });
         }}},
       {{[=] {
           losses::where_or(condition, f64({1, 2}), 0);
         },
         "where_or: shapes [2, 3] and [2] do not broadcast: axis -1 has 3 and 2; sizes must be equal or 1"},
        {[] { losses::where_or(kA, kA, 0); },
         "where_or: the condition is float64, not uint8; make it with a comparison"}}},
      {"losses::normalized",
       {{"[2, 3]",
         [](const Variables& x) { return losses::normalized(x[0]); },
         {f64({{2, 5, 3}, {1, 1, 2}})},
         normalized_rows},
        {"[1, 2]", [](const Variables& x) { return losses::normalized(x[0]); }, {f64({{2, 6}})}, normalized_rows}},
       {{[] { losses::normalized(f64(1)); }, "normalized: needs floating [..., K], not float64 []"}}},
      {"losses::row_means",
       {{"[2, 3]", [](const Variables& x) { return losses::row_means(x[0]); }, {kA}, row_mean_oracle},
        {"[3, 1]", [](const Variables& x) { return losses::row_means(x[0]); }, {random({3, 1})}, row_mean_oracle}},
       {{[] {
           losses::row_means(random({2, 0}));
         },
         "row_means: rows of [2, 0] have no elements to average"}}},
      {"losses::reduce_elements",
       {{"none",
         [](const Variables& x) { return losses::reduce_elements(x[0], Reduction::none); },
         {kA},
         row_mean_oracle},
        {"mean",
         [](const Variables& x) { return losses::reduce_elements(x[0], Reduction::mean); },
         {kA},
         [](const Tensors& x) { return f64((mean_of_row(x[0], 0) + mean_of_row(x[0], 1)) / 2); }},
        {"sum",
         [](const Variables& x) { return losses::reduce_elements(x[0], Reduction::sum); },
         {kA},
         [](const Tensors& x) { return f64(mean_of_row(x[0], 0) + mean_of_row(x[0], 1)); }}},
       {{[] {
           losses::reduce_elements(random({2, 0}), Reduction::mean);
         },
         "reduce_elements: rows of [2, 0] have no elements to average"}}},
      {"losses::reduce",
       {reduce_sample("none", Reduction::none, false), reduce_sample("sum", Reduction::sum, false),
        reduce_sample("mean", Reduction::mean, false), reduce_sample("mean, with weights", Reduction::mean, true)},
       {{[] { losses::reduce(random({3}), random({2}), Reduction::mean); },
         "reduce: rows are [3], their weights [2]; every row has one"},
        {[] { losses::reduce(random({3}), Tensor::ones({3}), Reduction::mean); },
         "reduce: dtypes differ: rows are float64, their weights float32; convert one with cast"},
        {[] { losses::reduce(Tensor::ones({3}, DType::int64), {}, Reduction::mean); },
         "reduce: needs float32 or float64, not int64; convert with cast"}}},
      {"losses::in_base",
       {{"nats",
         [](const Variables& x) { return losses::in_base(x[0], Base::nats); },
         {kA},
         [](const Tensors& x) { return x[0]; }},
        {"bits",
         [](const Variables& x) { return losses::in_base(x[0], Base::bits); },
         {kA},
         [](const Tensors& x) {
           return build({2, 3}, [&](const Index& i) { return at(x[0], i) / std::log(2.0); });
         }}},
       {{[] { losses::in_base(Tensor::ones({2}, DType::int64), Base::bits); },
         "in_base: needs float32 or float64, not int64; convert with cast"}}},
  };
}

}  // namespace gibbs::battery
