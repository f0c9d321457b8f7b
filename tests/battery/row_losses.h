// What oracles of the losses of other frameworks are written with: losses of one row, and of all rows of [N, K].
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tests/battery/registry.h"

namespace gibbs::battery {

/// Distributions, logits, and what is of another shape.
inline const Tensor kSoft = testing::f64({{.2, .5, .3}, {.7, .1, .2}}),
                    kOther = testing::f64({{.3, .3, .4}, {.25, .6, .15}});
inline const Tensor kLogits = testing::f64({{1, -.5, .25}, {-2, 1.5, .75}}), kUnequal = testing::f64({{1, 2}});

using Rows = std::vector<double>;
using RowLoss = std::function<double(const Rows& y, const Rows& x)>;
using Element = double (*)(double y, double x);

inline Rows row_of(const Tensor& x, std::int64_t n) {
  Rows row;
  for (std::int64_t k = 0; k < x.size(1); ++k) {
    row.push_back(testing::at(x, {n, k}));
  }
  return row;
}

inline Rows softmax_of(const Rows& z) {
  double total = 0;
  Rows q;
  for (double v : z) {
    q.push_back(std::exp(v));
    total += q.back();
  }
  for (double& v : q) {
    v /= total;
  }
  return q;
}

inline RowLoss sum_of(const std::function<double(double, double)>& f) {
  return [f](const Rows& y, const Rows& x) {
    double total = 0;
    for (std::size_t k = 0; k < y.size(); ++k) {
      total += f(y[k], x[k]);
    }
    return total;
  };
}
inline RowLoss mean_of(const std::function<double(double, double)>& f) {
  return [f](const Rows& y, const Rows& x) { return sum_of(f)(y, x) / static_cast<double>(y.size()); };
}
inline RowLoss on_logits(const RowLoss& loss) {
  return [loss](const Rows& y, const Rows& z) { return loss(y, softmax_of(z)); };
}

/// Rows of losses [N], and their mean.
inline Tensor rows_of(const Tensor& y, const Tensor& x, const RowLoss& f) {
  return testing::build({y.size(0)}, [&](const testing::Index& i) { return f(row_of(y, i[0]), row_of(x, i[0])); });
}
inline Tensor mean_row(const Tensor& y, const Tensor& x, const RowLoss& f) {
  const std::vector<double> rows = rows_of(y, x, f).to_vector();
  double total = 0;
  for (double row : rows) {
    total += row;
  }
  return testing::f64(total / static_cast<double>(rows.size()));
}

inline double cross_entropy(double p, double q) { return -p * std::log(q); }
inline double relative_entropy(double p, double q) { return p * std::log(p / q); }
inline double binary_cross_entropy(double p, double q) { return -p * std::log(q) - (1 - p) * std::log(1 - q); }
inline double binary_on_logits(double p, double z) { return binary_cross_entropy(p, 1 / (1 + std::exp(-z))); }
inline double squared(double y, double x) { return (x - y) * (x - y); }
inline double absolute(double y, double x) { return std::abs(x - y); }
inline double huber(double y, double x) {
  const double d = std::abs(x - y);
  return d <= 1.1 ? d * d / 2 : 1.1 * (d - .55);
}

using TwoArguments = std::function<Variable(const Variable&, const Variable&)>;

inline Sample sample(const std::string& what, const TwoArguments& f, const Tensor& a, const Tensor& b,
                     const std::function<Tensor(const Tensor&, const Tensor&)>& oracle) {
  return {what,
          [f](const Variables& v) { return f(v[0], v[1]); },
          {a, b},
          [oracle](const Tensors& v) { return oracle(v[0], v[1]); }};
}

}  // namespace gibbs::battery
