#include "gibbs/losses/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <ostream>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"

namespace gibbs::losses {
namespace {

using Function = Variable (*)(const Target&, const Variable&, const CategoricalOptions&);

struct Form {
  const char* name;
  Function function;
  bool on_logits, is_kl;
};

Form form_of(ExplainedLoss loss) {
  switch (loss) {
    case ExplainedLoss::cross_entropy_with_logits:
      return {"cross_entropy_with_logits", cross_entropy_with_logits, true, false};
    case ExplainedLoss::cross_entropy_with_probabilities:
      return {"cross_entropy_with_probabilities", cross_entropy_with_probabilities, false, false};
    case ExplainedLoss::kl_divergence_with_logits:
      return {"kl_divergence_with_logits", kl_divergence_with_logits, true, true};
    case ExplainedLoss::kl_divergence_with_probabilities:
      return {"kl_divergence_with_probabilities", kl_divergence_with_probabilities, false, true};
  }
  fail("explain: this is no loss");
}

std::vector<double> log_softmax_of(const std::vector<double>& z) {
  const double largest = *std::max_element(z.begin(), z.end());
  double total = 0;
  for (double v : z) {
    total += std::exp(v - largest);
  }
  std::vector<double> y;
  y.reserve(z.size());
  for (double v : z) {
    y.push_back(v - largest - std::log(total));
  }
  return y;
}

std::vector<double> row_of(const Tensor& x, std::int64_t row) {
  return x.defined() ? x[row].to_vector() : std::vector<double>();
}

double clipped(double x, double low, double high, bool& was_clipped) {
  was_clipped = was_clipped || x < low || x > high;
  return std::clamp(x, low, high);
}

/// What is known of a row before its terms are; p is smoothed.
struct Inputs {
  std::vector<double> p, prediction, class_weights, gradient;
};

ExplainedClass explain_class(const Form& form, const Inputs& in, std::size_t k, const std::vector<double>& log_q,
                             const CategoricalOptions& options) {
  // Keras clips in two places: both losses on probabilities, and KL on logits, which it computes through softmax.
  const bool clips = options.numerics == Numerics::keras && (!form.on_logits || form.is_kl);
  ExplainedClass c{};
  double p = in.p[k], log = log_q[k];
  if (clips) {
    log = std::log(clipped(std::exp(log), kKerasEpsilon, form.is_kl ? 1 : 1 - kKerasEpsilon, c.clipped));
    p = form.is_kl ? clipped(p, kKerasEpsilon, 1, c.clipped) : p;
  }
  const double w = in.class_weights.empty() ? 1 : in.class_weights[k];
  const double unit = options.base == Base::bits ? std::numbers::log2e : 1;
  c.masked = p == 0 || w == 0;
  c.p = p;
  c.q = std::exp(log);
  c.minus_log_q = -log * unit;
  c.term = c.masked ? 0 : w * p * ((form.is_kl ? std::log(p) : 0) - log) * unit;
  c.gradient = in.gradient[k];
  c.smoothed = options.label_smoothing > 0;
  return c;
}

std::vector<double> log_prediction(const Form& form, const std::vector<double>& prediction,
                                   const CategoricalOptions& options) {
  if (form.on_logits) {
    return log_softmax_of(prediction);
  }
  double total = 0;
  for (double q : prediction) {
    total += q;
  }
  const bool normalises = options.numerics == Numerics::keras && !form.is_kl;
  std::vector<double> y;
  y.reserve(prediction.size());
  for (double q : prediction) {
    y.push_back(std::log(normalises ? q / total : q));
  }
  return y;
}

/// [N]: what each row's loss is multiplied with in the reduced loss.
std::vector<double> row_weights(const std::vector<double>& own_weights, Reduction reduction) {
  double divisor = 0;
  for (double w : own_weights) {
    divisor += w;
  }
  std::vector<double> y(own_weights.size(), 1);
  if (reduction == Reduction::mean) {
    std::fill(y.begin(), y.end(), divisor == 0 ? 0 : 1 / divisor);
  }
  return y;
}

}  // namespace

Explanation explain(ExplainedLoss loss, const Target& target, const Variable& prediction,
                    const CategoricalOptions& options) {
  const Form form = form_of(loss);
  const Rows rows =
      prepare("explain", target, prediction, form.on_logits ? Prediction::logits : Prediction::probabilities, options);
  const Variable leaf = Variable::leaf(prediction.value());
  const Variable total = sum(form.function(Target(target.value().detach()), leaf, options));
  const Tensor gradient = grad(total, {leaf})[0].value();

  const std::int64_t n = prediction.size(0), classes = prediction.size(1);
  std::vector<std::int64_t> place(static_cast<std::size_t>(n), -1);  // of each row among the kept ones
  const auto kept = static_cast<std::size_t>(rows.prediction.size(0));
  for (std::size_t i = 0; i < kept; ++i) {
    place[rows.kept.defined() ? rows.kept.at<std::int64_t>({static_cast<std::int64_t>(i)}) : i] =
        static_cast<std::int64_t>(i);
  }

  const std::vector<double> class_weights =
      rows.class_weights.defined() ? rows.class_weights.to_vector() : std::vector<double>();
  const std::vector<double> sample_weights =
      rows.sample_weights.defined() ? rows.sample_weights.to_vector() : std::vector<double>(kept, 1);
  const Tensor p = rows.p().value();
  std::vector<double> mean_weights;  // of kept rows
  for (std::size_t i = 0; i < kept; ++i) {
    double mass = class_weights.empty() ? 1 : 0;
    const std::vector<double> row = row_of(p, static_cast<std::int64_t>(i));
    for (std::size_t k = 0; k < class_weights.size(); ++k) {
      mass += class_weights[k] * row[k];
    }
    mean_weights.push_back(sample_weights[i] * mass);
  }
  const std::vector<double> weights = row_weights(mean_weights, options.reduction);

  Explanation explanation{.name = form.name,
                          .unit = options.base == Base::bits ? "bits" : "nats",
                          .loss = total.value().item(),
                          .rows = {}};
  for (std::int64_t row = 0; row < n; ++row) {
    const std::int64_t i = place[static_cast<std::size_t>(row)];
    ExplainedRow line{.row = row, .ignored = i < 0, .weight = 0, .loss = 0, .classes = {}};
    if (line.ignored) {
      ExplainedClass skipped;
      skipped.masked = true;
      line.classes.assign(static_cast<std::size_t>(classes), skipped);
    } else {
      const Inputs in{.p = row_of(p, i),
                      .prediction = row_of(rows.prediction.value(), i),
                      .class_weights = class_weights,
                      .gradient = row_of(gradient, row)};
      const std::vector<double> log_q = log_prediction(form, in.prediction, options);
      for (std::size_t k = 0; k < in.p.size(); ++k) {
        line.classes.push_back(explain_class(form, in, k, log_q, options));
        line.loss += line.classes.back().term;
      }
      line.weight = weights[static_cast<std::size_t>(i)] * sample_weights[static_cast<std::size_t>(i)];
    }
    explanation.rows.push_back(std::move(line));
  }
  return explanation;
}

std::ostream& operator<<(std::ostream& out, const Explanation& e) {
  out << fmt::format("{} = {:.6g} {}\n", e.name, e.loss, e.unit);
  out << fmt::format("{:>5} {:>5} {:>10} {:>10} {:>10} {:>11} {:>11}  {}\n", "row", "class", "p", "q", "-log q", "term",
                     "gradient", "note");
  for (const ExplainedRow& row : e.rows) {
    for (std::size_t k = 0; k < row.classes.size(); ++k) {
      const ExplainedClass& c = row.classes[k];
      out << fmt::format("{:>5} {:>5} {:>10.4g} {:>10.4g} {:>10.4g} {:>11.4g} {:>11.4g}  {}{}{}\n", row.row, k, c.p,
                         c.q, c.minus_log_q, c.term, c.gradient, c.clipped ? "clipped " : "", c.masked ? "masked " : "",
                         c.smoothed ? "smoothed" : "");
    }
    out << fmt::format("{:>5} {}: {:.6g} x {:.6g} = {:.6g}\n", row.row, row.ignored ? "ignored" : "sum x weight",
                       row.loss, row.weight, row.loss * row.weight);
  }
  return out;
}

}  // namespace gibbs::losses
