// Losses on yes-or-no targets and on numbers: a loss per element, its mean per row, rows reduced; margins on scores;
// and the divergence of Gaussians.
#include <algorithm>
#include <cmath>

#include "gibbs/autograd/ops/ops.h"
#include "gibbs/losses/losses.h"
#include "tests/battery/registry.h"
#include "tests/battery/row_losses.h"

namespace gibbs::battery {
namespace {

using losses::Base;
using losses::BinaryOptions;
using losses::ElementwiseOptions;
using losses::Reduction;
using testing::at;
using testing::build;
using testing::f64;
using testing::Index;

const Tensor kYes = f64({{.2, .9, .7}, {.1, .5, .6}});
const Tensor kProbabilities = f64({{.3, .6, .9}, {.2, .55, .05}});

/// Rows of [N, K] with weights, reduced: the mean divides by the sum of weights.
Tensor reduced_rows(const std::vector<double>& rows, const Tensor& weights, Reduction reduction) {
  double total = 0, divisor = 0;
  std::vector<double> weighted;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const double w = weights.defined() ? at(weights, {static_cast<std::int64_t>(n)}) : 1;
    weighted.push_back(w * rows[n]);
    total += weighted.back();
    divisor += w;
  }
  if (reduction == Reduction::none) {
    return Tensor::from(weighted, {static_cast<std::int64_t>(rows.size())});
  }
  return f64(reduction == Reduction::mean ? total / divisor : total);
}

/// The mean of f(target, prediction) over each row of [N, ...].
std::vector<double> row_means(const Tensor& t, const Tensor& x, const std::function<double(double, double)>& f) {
  std::vector<double> rows(static_cast<std::size_t>(t.size(0)), 0);
  testing::for_each_index(t.shape(), [&](const Index& i) {
    rows[static_cast<std::size_t>(i[0])] += f(at(t, i), at(x, i)) / static_cast<double>(t.numel() / t.size(0));
  });
  return rows;
}

using ElementLoss = Variable (*)(const Variable&, const Variable&, const ElementwiseOptions&);

/// `constant_target`: labels that may not be moved.
OpEntry elementwise(const std::string& name, ElementLoss op, double (*f)(double, double), const Tensor& target,
                    const Tensor& prediction, bool constant_target = false) {
  const auto sample = [=](const std::string& what, const Tensor& t, const Tensor& x, Reduction reduction) {
    const auto loss = [=](const Tensor& t_now, const Tensor& x_now) {
      return reduced_rows(row_means(t_now, x_now, f), {}, reduction);
    };
    if (constant_target) {
      return Sample{what,
                    [=](const Variables& v) { return op(cast(t, v[0].dtype()), v[0], {.reduction = reduction}); },
                    {x},
                    [=](const Tensors& v) { return loss(t, v[0]); }};
    }
    return Sample{what,
                  [=](const Variables& v) { return op(v[0], v[1], {.reduction = reduction}); },
                  {t, x},
                  [=](const Tensors& v) { return loss(v[0], v[1]); }};
  };
  return {"losses::" + name,
          {sample("mean", target, prediction, Reduction::mean), sample("rows", target, prediction, Reduction::none),
           sample("sum of images", target.reshape({1, 2, 3, 1}), prediction.reshape({1, 2, 3, 1}), Reduction::sum),
           sample("a vector", target.reshape({6}), prediction.reshape({6}), Reduction::mean)},
          {{[=] { op(target, prediction[0], {}); },
            name + ": the target is [2, 3], the prediction [3]; they must be equal, reshape one"},
           {[=] {
              op(Tensor::ones({0, 2}, DType::float64), Tensor::ones({0, 2}, DType::float64), {});
            },
            name + ": needs at least one row and one element, not shape [0, 2]"}}};
}

using BinaryLoss = std::function<Variable(const Variable&, const Variable&, const BinaryOptions&)>;

/// yes(q) and no(q): what is lost where the answer is yes, and where it is no.
OpEntry binary(const std::string& name, const BinaryLoss& loss, bool logits, double (*yes)(double),
               double (*no)(double)) {
  const Tensor prediction = logits ? kLogits : kProbabilities;
  const auto sample = [=](const std::string& what, const BinaryOptions& o) {
    return Sample{what,
                  [=](const Variables& v) { return loss(v[0], v[1], o); },
                  {kYes, prediction},
                  [=](const Tensors& v) {
                    const double positive = o.positive_weight.defined() ? o.positive_weight.item() : 1;
                    const auto element = [&](double t, double x) {
                      const double p = t * (1 - o.label_smoothing) + o.label_smoothing / 2;
                      const double q = logits ? 1 / (1 + std::exp(-x)) : x;
                      return (positive * p * yes(q) + (1 - p) * no(q)) / (o.base == Base::bits ? std::log(2.0) : 1);
                    };
                    return reduced_rows(row_means(v[0], v[1], element), o.sample_weights, o.reduction);
                  }};
  };
  return {"losses::" + name,
          {sample("mean", {}), sample("rows, in bits", {.reduction = Reduction::none, .base = Base::bits}),
           sample("smoothed, yes counting more", {.label_smoothing = .1, .positive_weight = f64(2.5)}),
           sample("sample weights", {.sample_weights = f64({2, .5})})},
          {{[=] { loss(kYes, prediction[0], {}); },
            name + ": the target is [2, 3], the prediction [3]; they must be equal, reshape one"},
           {[=] {
              loss(f64({{1.5, 0}}), f64({{.5, .5}}), {});
            },
            name + ": target row 0 has 1.5; probabilities are in [0, 1]"}}};
}

Sample margin_sample(const std::string& what, Variable (*op)(const Tensor&, const Variable&, const ElementwiseOptions&),
                     double (*f)(const Tensor& scores, std::int64_t n, std::int64_t own), Reduction reduction) {
  const Tensor classes = Tensor::of({0, 2, 1}, DType::int64);
  const Tensor scores = f64({{1, .4, -.7}, {.2, 2, 1.1}, {-.3, 3, .5}});
  return {what,
          [=](const Variables& v) { return op(classes, v[0], {.reduction = reduction}); },
          {scores},
          [=](const Tensors& v) {
            std::vector<double> rows;
            for (std::int64_t n = 0; n < 3; ++n) {
              rows.push_back(f(v[0], n, classes.at<std::int64_t>({n})));
            }
            return reduced_rows(rows, {}, reduction);
          }};
}

OpEntry margin(const std::string& name, Variable (*op)(const Tensor&, const Variable&, const ElementwiseOptions&),
               double (*f)(const Tensor& scores, std::int64_t n, std::int64_t own)) {
  return {"losses::" + name,
          {margin_sample("mean", op, f, Reduction::mean), margin_sample("rows", op, f, Reduction::none)},
          {{[op] {
              op(Tensor::of({0, 1}, DType::int64), f64({{1, 2}}), {});
            },
            name + ": the target is int64 [2], the scores [1, 2]; class indices are int64 [1]"},
           {[op] {
              op(Tensor::of({2}, DType::int64), f64({{1, 2}}), {});
            },
            name + ": target row 0 is class 2, outside [0, 2)"}}};
}

/// phi(x) = e^x - 1 - x.
double phi(double x) { return std::exp(x) - 1 - x; }

/// Row n of a sum over features.
template <class Term>
Tensor gaussian_rows(const Tensors& v, Reduction reduction, double unit, Term term) {
  std::vector<double> rows;
  for (std::int64_t n = 0; n < v[0].size(0); ++n) {
    rows.push_back(0);
    for (std::int64_t k = 0; k < v[0].size(1); ++k) {
      rows.back() += term(n, k) / unit;
    }
  }
  return reduced_rows(rows, {}, reduction);
}

OpEntries gaussian_entries() {
  const Tensor means = f64({{.5, -1, 2}, {.1, .7, -.4}}), logs = f64({{-.3, .2, 1}, {.6, -1.2, .4}});
  const Tensor other_means = f64({{.2, -.5, 1}, {1, 0, .3}}), other_logs = f64({{.1, -.2, .5}, {-.4, .8, 0}});
  const auto standard = [=](const std::string& what, Reduction reduction, Base base) {
    return Sample{what,
                  [=](const Variables& v) {
                    return losses::gaussian_kl_to_standard_normal(v[0], v[1], {.reduction = reduction, .base = base});
                  },
                  {means, logs},
                  [=](const Tensors& v) {
                    return gaussian_rows(v, reduction, base == Base::bits ? std::log(2.0) : 1, [&](auto n, auto k) {
                      return (phi(at(v[1], {n, k})) + at(v[0], {n, k}) * at(v[0], {n, k})) / 2;
                    });
                  }};
  };
  const auto two = [=](const std::string& what, Reduction reduction, Base base) {
    return Sample{what,
                  [=](const Variables& v) {
                    return losses::gaussian_kl({v[0], v[1]}, {v[2], v[3]}, {.reduction = reduction, .base = base});
                  },
                  {means, logs, other_means, other_logs},
                  [=](const Tensors& v) {
                    return gaussian_rows(v, reduction, base == Base::bits ? std::log(2.0) : 1, [&](auto n, auto k) {
                      const double d = at(v[0], {n, k}) - at(v[2], {n, k}), s = at(v[3], {n, k});
                      return (phi(at(v[1], {n, k}) - s) + d * d * std::exp(-s)) / 2;
                    });
                  }};
  };
  return {{"losses::gaussian_kl_to_standard_normal",
           {standard("mean", Reduction::mean, Base::nats), standard("rows, in bits", Reduction::none, Base::bits)},
           {{[=] { losses::gaussian_kl_to_standard_normal(means, logs[0]); },
             "gaussian_kl_to_standard_normal: the mean is [2, 3], the log variance [3]; they must be equal, broadcast "
             "one"}}},
          {"losses::gaussian_kl",
           {two("mean", Reduction::mean, Base::nats), two("rows, in bits", Reduction::none, Base::bits)},
           {{[=] {
               losses::gaussian_kl({means, logs}, {means[0], logs[0]});
             },
             "gaussian_kl: the mean is [2, 3], the mean of q [3]; they must be equal, broadcast one"}}}};
}

double minus_log(double q) { return -std::log(q); }
double minus_log_of_rest(double q) { return -std::log(1 - q); }

}  // namespace

OpEntries binary_entries() {
  const losses::BinaryFocalOptions focal = {.gamma = 1.5, .alpha = .3};
  const auto focal_yes = [](double q) { return -.3 * std::pow(1 - q, 1.5) * std::log(q); };
  const auto focal_no = [](double q) { return -.7 * std::pow(q, 1.5) * std::log(1 - q); };
  return {binary("binary_cross_entropy_with_logits", losses::binary_cross_entropy_with_logits, true, minus_log,
                 minus_log_of_rest),
          binary("binary_cross_entropy_with_probabilities", losses::binary_cross_entropy_with_probabilities, false,
                 minus_log, minus_log_of_rest),
          binary(
              "binary_focal_loss_with_logits",
              [=](const Variable& t, const Variable& z, const BinaryOptions& o) {
                return losses::binary_focal_loss_with_logits(t, z, focal, o);
              },
              true, focal_yes, focal_no),
          binary(
              "binary_focal_loss_with_probabilities",
              [=](const Variable& t, const Variable& q, const BinaryOptions& o) {
                return losses::binary_focal_loss_with_probabilities(t, q, focal, o);
              },
              false, focal_yes, focal_no)};
}

OpEntries regression_entries() {
  const Tensor labels = f64({{1, -1, 1}, {-1, -1, 1}}), scores = f64({{.4, -.2, 1.7}, {.3, -2, -.6}});
  const auto huber = [](const Variable& t, const Variable& x, const ElementwiseOptions& o) {
    return losses::huber(t, x, {.delta = 1.1, .reduction = o.reduction});
  };
  OpEntries all = {
      elementwise(
          "mean_squared_error", losses::mean_squared_error, [](double t, double x) { return (x - t) * (x - t); }, kYes,
          kLogits),
      elementwise(
          "mean_absolute_error", losses::mean_absolute_error, [](double t, double x) { return std::abs(x - t); }, kYes,
          kLogits),
      elementwise(
          "huber", huber,
          [](double t, double x) {
            const double d = std::abs(x - t);
            return d <= 1.1 ? d * d / 2 : 1.1 * (d - .55);
          },
          kYes, kLogits),
      elementwise(
          "hinge", losses::hinge, [](double t, double x) { return std::max(0.0, 1 - t * x); }, labels, scores, true),
      elementwise(
          "squared_hinge", losses::squared_hinge,
          [](double t, double x) { return std::pow(std::max(0.0, 1 - t * x), 2); }, labels, scores, true),
      margin("categorical_hinge", losses::categorical_hinge,
             [](const Tensor& z, std::int64_t n, std::int64_t own) {
               double best = -1e300;
               for (std::int64_t k = 0; k < z.size(1); ++k) {
                 best = k == own ? best : std::max(best, at(z, {n, k}));
               }
               return std::max(0.0, 1 + best - at(z, {n, own}));
             }),
      margin("multi_margin", losses::multi_margin, [](const Tensor& z, std::int64_t n, std::int64_t own) {
        double total = 0;
        for (std::int64_t k = 0; k < z.size(1); ++k) {
          total += k == own ? 0 : std::max(0.0, 1 + at(z, {n, k}) - at(z, {n, own}));
        }
        return total;
      })};
  for (OpEntry& entry : gaussian_entries()) {
    all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace gibbs::battery
