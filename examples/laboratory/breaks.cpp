#include "examples/laboratory/breaks.h"

#include <fmt/format.h>

#include <algorithm>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/losses/compat/keras.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/divergence_losses.h"
#include "gibbs/losses/kl_divergence.h"

namespace gibbs::examples {
namespace {

Variable keras_kl_divergence(const Tensor& p, const Variable& logits) {
  return losses::compat::keras::kl_divergence(p, softmax(logits));
}

Variable kl_divergence_averaged_over_elements(const Tensor& p, const Variable& logits) {
  return exact_kl_divergence(p, logits) / static_cast<double>(logits.size(1));
}

Variable mean_reverse_kl(const Tensor& p, const Variable& logits) {
  return losses::reverse_kl_divergence_with_logits(p, logits);
}

Variable mean_js(const Tensor& p, const Variable& logits) { return losses::js_divergence_with_logits(p, logits); }

/// p = (label + softmax(z)) / 2, through which gradients flow.
Variable moving_target(const Tensor& p, const Variable& logits) { return Variable(p) * 0.5 + softmax(logits) * 0.5; }

const Tensor& ordinary_logits() {
  static const Tensor logits = Tensor::of({{2, 1, 0, -1}}, DType::float64);
  return logits;
}

std::vector<Break> all_breaks() {
  const Tensor one_hot = Tensor::of({{1, 0, 0, 0}}, DType::float64);
  const Tensor smoothed = Tensor::of({{0.925, 0.025, 0.025, 0.025}}, DType::float64);
  return {
      {.name = "clip",
       .why = "Probabilities are clipped at 1e-7: below it the loss is flat, and the signal is gone where the "
              "prediction is worst.",
       .first_name = "exact cross entropy",
       .second_name = "KL as in Keras",
       .losses = {exact_cross_entropy, keras_kl_divergence},
       .example_p = one_hot,
       .example_logits = Tensor::of({{-20, 0, 1, 0.5}}, DType::float64),
       .start_scale = 50},
      {.name = "mean",
       .why = "The mean is taken over all N K elements instead of the N rows: the gradient is 1/K of cross entropy's. "
              "SGD learns K times more slowly; Adam divides by the gradient's size and hides it.",
       .first_name = "cross entropy",
       .second_name = "KL, mean over elements",
       .losses = {exact_cross_entropy, kl_divergence_averaged_over_elements},
       .example_p = one_hot,
       .example_logits = ordinary_logits(),
       .also_with_sgd = true},
      {.name = "moving-target",
       .why = "The target is half the label, half the model's own prediction, and is not detached: H(p) now depends on "
              "the weights, and its gradient is the difference.",
       .first_name = "cross entropy, moving target",
       .second_name = "KL, moving target",
       .losses = {
           [](const Tensor& p, const Variable& z) { return losses::cross_entropy_with_logits(moving_target(p, z), z); },
           [](const Tensor& p, const Variable& z) {
             return losses::kl_divergence_with_logits(moving_target(p, z), z);
           }},
       .example_p = one_hot,
       .example_logits = ordinary_logits()},
      {.name = "reverse",
       .why = "The divergence is taken the other way round, D(q || p): another function, infinite for one-hot targets.",
       .first_name = "cross entropy",
       .second_name = "reverse KL",
       .losses = {exact_cross_entropy, mean_reverse_kl},
       .example_p = smoothed,
       .example_logits = ordinary_logits(),
       .needs_full_support = true},
      {.name = "js",
       .why = "The Jensen-Shannon divergence is bounded by ln 2: a prediction that is wholly wrong costs little more "
              "than one that is wrong, and its gradient vanishes.",
       .first_name = "cross entropy",
       .second_name = "JS",
       .losses = {exact_cross_entropy, mean_js},
       .example_p = one_hot,
       .example_logits = ordinary_logits()},
  };
}

}  // namespace

Break break_by_name(const std::string& name) {
  const std::vector<Break> all = all_breaks();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Break& one) { return one.name == name; });
  check(found != all.end(), "break: '", name, "' is none of ", fmt::format("{}", fmt::join(break_names(), ", ")));
  return *found;
}

std::vector<std::string> break_names() {
  std::vector<std::string> names;
  for (const Break& one : all_breaks()) {
    names.push_back(one.name);
  }
  return names;
}

Reading read(const LogitsLoss& loss, const Tensor& p, const Tensor& logits) {
  const Variable z = Variable::leaf(logits);
  const Variable y = loss(p, z);
  return {.loss = y.value().item(), .gradient = grad(y, {z})[0].value().to_vector()};
}

}  // namespace gibbs::examples
