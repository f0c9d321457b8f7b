// Losses of classifiers, from one loop: the target as distributions, smoothed; the prediction as probabilities; a term
// per class; then weights, ignored rows, the reduction and the unit.
#include <cmath>
#include <optional>

#include "gibbs/autograd/ops/ops.h"
#include "gibbs/losses/losses.h"
#include "tests/battery/registry.h"
#include "tests/battery/row_losses.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using losses::Base;
using losses::CategoricalOptions;
using losses::Reduction;
using losses::Target;
using testing::at;
using testing::build;
using testing::f64;
using testing::Index;
using testing::softmax_along;

/// What class k of row n adds to the row's loss.
using Term = std::function<double(double p, double q)>;
using Loss = std::function<Variable(const Target&, const Variable&, const CategoricalOptions&)>;

const Tensor kClasses = Tensor::of({2, 0}, DType::int64);
const Tensor kTexts = f64({{{.2, .5, .3}, {.7, .1, .2}}, {{.1, .3, .6}, {.4, .4, .2}}});
const Tensor kOtherTexts = f64({{{.3, .3, .4}, {.25, .6, .15}}, {{.5, .3, .2}, {.35, .45, .2}}});
const Tensor kLogitsOfTexts = f64({{{1, -.5, .25}, {-2, 1.5, .75}}, {{.5, 0, -1}, {.3, -.4, 1.25}}});

Tensor as_rows(const Tensor& x) { return x.reshape({x.numel() / x.size(-1), x.size(-1)}); }

double sum_of_row(const Tensor& x, std::int64_t n) {
  double total = 0;
  for (std::int64_t k = 0; k < x.size(1); ++k) {
    total += at(x, {n, k});
  }
  return total;
}

/// The definition, with all options. p, q: [N, K].
Tensor by_definition(const Tensor& p, const Tensor& q, const Term& term, const CategoricalOptions& o) {
  const std::int64_t rows = q.size(0), classes = q.size(1);
  std::vector<double> row_losses;
  double total = 0, weights = 0;
  for (std::int64_t n = 0; n < rows; ++n) {
    const bool ignored = o.ignore_index && at(p, {n, *o.ignore_index}) == 1;
    const double sample = ignored ? 0 : (o.sample_weights.defined() ? at(o.sample_weights, {n}) : 1);
    double loss = 0, weight = o.class_weights.defined() ? 0 : 1;
    for (std::int64_t k = 0; k < classes; ++k) {
      const double given = at(p, {n, k}) / (o.normalize_target ? sum_of_row(p, n) : 1);
      const double mixed = given * (1 - o.label_smoothing) + o.label_smoothing / static_cast<double>(classes);
      const double w = o.class_weights.defined() ? at(o.class_weights, {k}) : 1;
      loss += ignored ? 0 : w * term(mixed, at(q, {n, k}));
      weight += o.class_weights.defined() ? w * mixed : 0;
    }
    row_losses.push_back(sample * loss / (o.base == Base::bits ? std::log(2.0) : 1));
    total += row_losses.back();
    weights += sample * weight;
  }
  if (o.reduction == Reduction::none) {
    return Tensor::from(row_losses, {rows});
  }
  return f64(o.reduction == Reduction::mean ? total / weights : total);
}

Tensor one_hot(const Tensor& classes, std::int64_t count) {
  return build({classes.numel(), count},
               [&](const Index& i) { return at(classes, {i[0]}) == static_cast<double>(i[1]); });
}

Tensor same(const Tensor& q) { return q; }
Tensor softmax_of(const Tensor& z) { return softmax_along(z, 1); }

/// `to_probabilities`: what the prediction is made into. `zeros`: the loss is finite where a target is 0.
OpEntry categorical(const std::string& name, const Loss& loss, const Term& term, bool logits, bool zeros) {
  const auto to_probabilities = logits ? softmax_of : same;
  const Tensor prediction = logits ? kLogits : kOther;
  const auto soft = [=](const std::string& what, const Tensor& target, const CategoricalOptions& o) {
    return Sample{what,
                  [=](const Variables& x) { return loss(x[0], x[1], o); },
                  {target, prediction},
                  [=](const Tensors& x) { return by_definition(x[0], to_probabilities(x[1]), term, o); },
                  {.repeated_input = logits || !o.normalize_target}};
  };
  const auto indices = [=](const std::string& what, const Tensor& classes, const CategoricalOptions& o) {
    return Sample{
        what,
        [=](const Variables& x) { return loss(classes, x[0], o); },
        {prediction},
        [=](const Tensors& x) { return by_definition(one_hot(classes, 3), to_probabilities(x[0]), term, o); }};
  };
  const auto texts = [=](const std::string& what, const Tensor& weights, CategoricalOptions o) {
    o.sample_weights = weights;
    return Sample{what,
                  [=](const Variables& x) { return loss(x[0], x[1], o); },
                  {kTexts, logits ? kLogitsOfTexts : kOtherTexts},
                  [=](const Tensors& x) {
                    CategoricalOptions of_rows = o;
                    of_rows.sample_weights = weights.defined() ? weights.reshape({4}) : weights;
                    const Tensor y = by_definition(as_rows(x[0]), to_probabilities(as_rows(x[1])), term, of_rows);
                    return o.reduction == Reduction::none ? y.reshape({2, 2}) : y;
                  }};
  };
  const Tensor class_weights = f64({1, 2, .5}), sample_weights = f64({2, .5});
  OpEntry entry{"losses::" + name,
                {soft("distributions", kSoft, {}),
                 soft("rows, in bits", kSoft, {.reduction = Reduction::none, .base = Base::bits}),
                 soft("class weights", kSoft, {.class_weights = class_weights}),
                 soft("sample weights", kSoft, {.sample_weights = sample_weights}),
                 texts("[2, 2, 3]", {}, {.label_smoothing = .1}),
                 texts("[2, 2, 3] weighted, rows", f64({{2, .5}, {1, 3}}),
                       {.reduction = Reduction::none, .class_weights = class_weights}),
                 soft("counts to be normalised", f64({{2, 5, 3}, {1, 1, 2}}),
                      {.reduction = Reduction::sum, .normalize_target = true}),
                 indices("smoothed classes", kClasses, {.label_smoothing = .1, .class_weights = class_weights})},
                {}};
  if (zeros) {
    entry.samples.push_back(indices("classes", kClasses, {}));
    entry.samples.push_back(indices("a row ignored", kClasses, {.reduction = Reduction::none, .ignore_index = 2}));
  }
  const std::string what = logits ? "logits" : "probabilities";
  entry.refusals = {{[=] {
                       loss(kSoft, f64({{.5, .5}, {.5, .5}}), {});
                     },
                     name + ": the target is float64 [2, 3], the " + what +
                         " [2, 2]; class indices are int64 [2], distributions float [2, 2]"},
                    {[=] {
                       loss(kSoft, f64({.5, .5}), {});
                     },
                     name + ": " + what + " must be [N, K] or [N, ..., K], not [2]; classes are the last axis"},
                    {[=] {
                       loss(f64({{.5, .6, .2}, {.2, .3, .5}}), prediction, {});
                     },
                     name + ": target row 0 sums to 1.3, not 1; normalise it, or pass .normalize_target = true"},
                    {[=] {
                       loss(Tensor::of({2, 3}, DType::int64), prediction, {});
                     },
                     name + ": target row 1 is class 3, outside [0, 3); rows to leave out need .ignore_index"}};
  return entry;
}

double p_ln_p_over_q(double p, double q) { return p == 0 ? 0 : p * std::log(p / q); }
double jensen_shannon(double p, double q) {
  const double m = (p + q) / 2;
  return (p_ln_p_over_q(p, m) + p_ln_p_over_q(q, m)) / 2;
}

/// Both forms of a loss, on logits and on probabilities.
template <class OnLogits, class OnProbabilities>
OpEntries on_both(const std::string& name, OnLogits on_logits, OnProbabilities on_probabilities, const Term& term,
                  bool zeros) {
  return {categorical(name + "_with_logits", on_logits, term, true, zeros),
          categorical(name + "_with_probabilities", on_probabilities, term, false, zeros)};
}

OpEntries focal_entries() {
  const losses::CategoricalFocalOptions focal = {.gamma = 1.5, .alpha = f64(.75)};
  const Term term = [](double p, double q) { return -.75 * p * std::pow(1 - q, 1.5) * std::log(q); };
  return on_both(
      "categorical_focal_loss",
      [=](const Target& t, const Variable& z, const CategoricalOptions& o) {
        return losses::categorical_focal_loss_with_logits(t, z, focal, o);
      },
      [=](const Target& t, const Variable& q, const CategoricalOptions& o) {
        return losses::categorical_focal_loss_with_probabilities(t, q, focal, o);
      },
      term, true);
}

OpEntry log_target_entry() {
  const Tensor log_p = build({2, 3}, [](const Index& i) { return std::log(at(kSoft, i)); });
  const auto sample = [=](const std::string& what, const CategoricalOptions& o) {
    return Sample{what,
                  [=](const Variables& x) { return losses::kl_divergence_with_log_target(x[0], x[1], o); },
                  {log_p, kLogits},
                  [=](const Tensors& x) {
                    const Tensor p = build({2, 3}, [&](const Index& i) { return std::exp(at(x[0], i)); });
                    return by_definition(p, softmax_of(x[1]), p_ln_p_over_q, o);
                  }};
  };
  return {"losses::kl_divergence_with_log_target",
          {sample("mean", {}), sample("rows, in bits", {.reduction = Reduction::none, .base = Base::bits})},
          {{[=] {
              losses::kl_divergence_with_log_target(log_p, f64({{1, 2}, {3, 4}}));
            },
            "kl_divergence_with_log_target: the log target is [2, 3], the logits [2, 2]; they must be equal"}}};
}

OpEntry distillation_entry() {
  const Tensor teacher = f64({{.5, 1, -1}, {2, 0, .25}});
  const auto sample = [=](const std::string& what, double t, const CategoricalOptions& o) {
    return Sample{
        what,
        [=](const Variables& x) { return losses::distillation_loss(x[0], x[1], {.temperature = t, .categorical = o}); },
        {teacher, kLogits},
        [=](const Tensors& x) {
          const auto softened = [t](const Tensor& z) {
            return softmax_of(build({2, 3}, [&](const Index& i) { return at(z, i) / t; }));
          };
          const Tensor loss = by_definition(softened(x[0]), softened(x[1]), p_ln_p_over_q, o);
          return build(loss.shape(), [&](const Index& i) { return t * t * at(loss, i); });
        }};
  };
  return {"losses::distillation_loss",
          {sample("temperature 1", 1, {}), sample("temperature 3, rows", 3, {.reduction = Reduction::none})},
          {{[=] {
              losses::distillation_loss(teacher, f64({{1, 2}, {3, 4}}));
            },
            "distillation_loss: the teacher's logits are [2, 3], the logits [2, 2]; they must be equal"},
           {[=] { losses::distillation_loss(teacher, kLogits, {.temperature = 0}); },
            "distillation_loss: temperature is 0; it must be above 0"}}};
}

/// sum p ln(p / r) - p + r for rates r.
OpEntry rate_entry(const std::string& name,
                   Variable (*op)(const Variable&, const Variable&, const losses::RateOptions&), bool logarithms) {
  const Tensor counts = f64({{2, 5, 3}, {1, .5, 2}}), numbers = logarithms ? kLogits : f64({{1, 4, 2}, {.5, 3, 1}});
  const Term term = [logarithms](double p, double z) {
    const double r = logarithms ? std::exp(z) : z;
    return p * std::log(p / r) - p + r;
  };
  const auto sample = [=](const std::string& what, Reduction reduction, Base base) {
    return Sample{what,
                  [=](const Variables& x) { return op(x[0], x[1], {.reduction = reduction, .base = base}); },
                  {counts, numbers},
                  [=](const Tensors& x) {
                    CategoricalOptions o;
                    o.reduction = reduction;
                    o.base = base;
                    return by_definition(x[0], x[1], term, o);
                  }};
  };
  return {"losses::" + name,
          {sample("mean", Reduction::mean, Base::nats), sample("rows, in bits", Reduction::none, Base::bits)},
          {{[=] {
              op(counts, f64({{1, 2}, {3, 4}}), {});
            },
            name + ": the target is float64 [2, 3], the " + (logarithms ? "log rates" : "rates") +
                " float64 [2, 2]; they must be equal"},
           {[=] {
              op(f64({{-1, 1}}), f64({{1, 2}}), {});
            },
            name + ": target row 0 has -1 for class 0; measures are finite and at least 0"}}};
}

}  // namespace

OpEntries categorical_entries() {
  OpEntries all = {
      log_target_entry(), distillation_entry(),
      rate_entry("generalized_kl_divergence_with_log_rates", losses::generalized_kl_divergence_with_log_rates, true),
      rate_entry("generalized_kl_divergence_with_rates", losses::generalized_kl_divergence_with_rates, false)};
  const auto jeffreys = [](double p, double q) { return (p - q) * std::log(p / q); };
  for (const OpEntries& pair :
       {on_both(
            "cross_entropy", losses::cross_entropy_with_logits, losses::cross_entropy_with_probabilities,
            [](double p, double q) { return -p * std::log(q); }, true),
        on_both("kl_divergence", losses::kl_divergence_with_logits, losses::kl_divergence_with_probabilities,
                p_ln_p_over_q, true),
        on_both(
            "reverse_kl_divergence", losses::reverse_kl_divergence_with_logits,
            losses::reverse_kl_divergence_with_probabilities, [](double p, double q) { return p_ln_p_over_q(q, p); },
            false),
        on_both("jeffreys_divergence", losses::jeffreys_divergence_with_logits,
                losses::jeffreys_divergence_with_probabilities, jeffreys, false),
        on_both("js_divergence", losses::js_divergence_with_logits, losses::js_divergence_with_probabilities,
                jensen_shannon, true),
        focal_entries()}) {
    all.insert(all.end(), pair.begin(), pair.end());
  }
  return all;
}

}  // namespace gibbs::battery
