#include "examples/laboratory/lockstep.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "examples/laboratory/plain_loss.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/optim/adam.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::examples {
namespace {

/// Everything an optimizer remembers, in the order of its visit.
struct OptimizerState : StateVisitor {
  std::vector<Tensor*> tensors;
  std::vector<std::int64_t*> counters;

  explicit OptimizerState(optim::Optimizer& optimizer) { optimizer.visit_state(*this); }
  void tensor(std::string_view /*name*/, Tensor& value) override { tensors.push_back(&value); }
  void counter(std::string_view /*name*/, std::int64_t& value) override { counters.push_back(&value); }
};

std::vector<NamedGradient> gradients_of(nn::Module& model) {
  std::vector<NamedGradient> gradients;
  for (const auto& [path, parameter] : nn::named_parameters(model)) {
    gradients.push_back({path, parameter.gradient()});
  }
  return gradients;
}

std::vector<NamedGradient> weights_of(nn::Module& model) {
  std::vector<NamedGradient> weights;
  for (const auto& [path, parameter] : nn::named_parameters(model)) {
    weights.push_back({path, parameter.value()});
  }
  return weights;
}

/// The gradient of `loss` with respect to the logits, then to every weight; the latter stay stored in the model.
std::vector<NamedGradient> differentiate(const Variable& loss, const Variable& logits, nn::Module& model,
                                         optim::Optimizer& adam) {
  std::vector<NamedGradient> all = {{"logits", grad(loss, {logits}, {.retain_graph = true})[0].value()}};
  adam.clear_gradients();
  backward(loss, {.retain_graph = true});
  for (NamedGradient& gradient : gradients_of(model)) {
    all.push_back(std::move(gradient));
  }
  return all;
}

/// Fills in what the report says of the third path, from the gradient of cross entropy in the logits.
void compare_with_plain(StepReport& report, const Tensor& p, const Tensor& logits, const Tensor& dz) {
  const Variable z = Variable::leaf(kernels::cast(logits, DType::float64));
  const Variable plain = plain_cross_entropy(p, z);
  const Tensor plain_dz = grad(plain, {z})[0].value();
  report.loss_plain = plain.value().item();
  report.plain_gradient_difference =
      gradient_difference({{"", kernels::cast(dz, DType::float64)}}, {{"", plain_dz}}).absolute *
      static_cast<double>(p.size(0));
  report.largest_logit = kernels::max(kernels::abs(z.value())).item();
}

}  // namespace

Variable exact_cross_entropy(const Tensor& p, const Variable& logits) {
  return losses::cross_entropy_with_logits(p, logits);
}

Variable exact_kl_divergence(const Tensor& p, const Variable& logits) {
  return losses::kl_divergence_with_logits(p, logits);
}

Lockstep::Lockstep(const nn::Layer& start, LossPair losses, const LockstepOptions& options)
    : losses_(std::move(losses)),
      options_(options),
      first_(make_copy(start)),
      second_(make_copy(start)),
      loop_({.seed = options.seed}) {}

Lockstep::Copy Lockstep::make_copy(const nn::Layer& start) const {
  Copy copy{.model = nn::clone(start), .adam = nullptr};
  nn::to(*copy.model, options_.dtype);
  const optim::AdamOptions adam{.learning_rate = options_.learning_rate, .epsilon_mode = optim::EpsilonMode::keras};
  copy.adam = std::make_unique<optim::Adam>(nn::parameters(*copy.model), adam);
  return copy;
}

StepReport Lockstep::step(const data::Batch& batch) {
  const Tensor p =
      make_targets(options_.targets, batch.target(), batch.input(), options_.classes, options_.dtype, options_.seed);
  const Tensor images =
      options_.dtype == batch.input().dtype() ? batch.input() : kernels::cast(batch.input(), options_.dtype);
  const nn::ForwardScope step = loop_.next(batch.rows);
  const auto forward = [&](nn::Layer& model) {
    const nn::ForwardScope scope = loop_.piece(0);  // one for each model: both draw the same
    return model(images);
  };
  const Variable z = forward(*first_.model);
  const Variable z_second = options_.free ? forward(*second_.model) : z;
  const Variable ce = losses_.first(p, z), kl = losses_.second(p, z_second);

  Copy& differentiated = options_.free ? second_ : first_;
  const auto kl_gradients = differentiate(kl, z_second, *differentiated.model, *differentiated.adam);
  const auto ce_gradients = differentiate(ce, z, *first_.model, *first_.adam);
  if (!options_.free) {
    second_.adam->clear_gradients();
    for (std::size_t i = 0; i < second_.adam->parameters().size(); ++i) {
      // Stores it; 0 is the logits'.
      backward(second_.adam->parameters()[i].item.variable(), kl_gradients[i + 1].value);
    }
  }
  first_.adam->step();
  second_.adam->step();

  StepReport report{.step = static_cast<std::int64_t>(loop_.step()),
                    .loss_ce = ce.value().item(),
                    .loss_kl = kl.value().item(),
                    .target_entropy = mean_entropy(p),
                    .gradient = gradient_difference(ce_gradients, kl_gradients)};
  compare_with_plain(report, p, z.value(), ce_gradients[0].value);
  report.residual = report.loss_ce - report.loss_kl - report.target_entropy;
  const GradientDifference weights = gradient_difference(weights_of(*first_.model), weights_of(*second_.model));
  report.weights_equal = weights.equal;
  report.weight_difference = weights.absolute;
  if (!options_.free) {
    put_second_back();
  }
  return report;
}

void Lockstep::put_second_back() {
  std::vector<Named<Parameter>> from = nn::parameters(*first_.model), to = nn::parameters(*second_.model);
  for (std::size_t i = 0; i < from.size(); ++i) {
    to[i].item.mutable_value().copy_from(from[i].item.value());
  }
  OptimizerState source(*first_.adam), copy(*second_.adam);
  for (std::size_t i = 0; i < source.tensors.size(); ++i) {
    copy.tensors[i]->copy_from(*source.tensors[i]);
  }
  for (std::size_t i = 0; i < source.counters.size(); ++i) {
    *copy.counters[i] = *source.counters[i];
  }
}

Rounding rounding_of(const StepReport& report, DType dtype) {
  const bool single = dtype == DType::float32;
  const double epsilon = single ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  const double size = 1 + std::abs(report.loss_ce) + std::abs(report.loss_kl) + report.target_entropy;
  return {.residual = 32 * epsilon * size,
          .gradient = single ? 1e-4 : 1e-12,
          .plain_loss = 32 * epsilon * (size + report.largest_logit),
          .plain_gradient = 8 * epsilon * (1 + report.largest_logit)};
}

std::string what_is_wrong(const StepReport& report, DType dtype) {
  const Rounding rounding = rounding_of(report, dtype);
  if (!std::isfinite(report.residual)) {
    return fmt::format("the losses are not finite at step {}: training has diverged, lower the learning rate",
                       report.step);
  }
  if (std::abs(report.residual) > rounding.residual) {
    return fmt::format("loss_ce - loss_kl - H(p) is {:.3g} at step {}, more than rounding explains ({:.3g})",
                       report.residual, report.step, rounding.residual);
  }
  if (!(report.gradient.relative <= rounding.gradient)) {
    return fmt::format(
        "the gradients differ by {:.3g} of their size at step {} (in {}), more than rounding explains ({:.3g})",
        report.gradient.relative, report.step, report.gradient.where, rounding.gradient);
  }
  if (report.largest_logit > kPlainReach) {
    return "";
  }
  if (const double apart = std::abs(report.loss_ce - report.loss_plain); !(apart <= rounding.plain_loss)) {
    return fmt::format("loss_ce is {:.3g} from the plain formula at step {}, more than rounding explains ({:.3g})",
                       apart, report.step, rounding.plain_loss);
  }
  if (!(report.plain_gradient_difference <= rounding.plain_gradient)) {
    return fmt::format(
        "the gradients of cross entropy and the plain formula in a row's logits are {:.3g} apart at step {}, more than "
        "rounding explains ({:.3g})",
        report.plain_gradient_difference, report.step, rounding.plain_gradient);
  }
  return "";
}

}  // namespace gibbs::examples
