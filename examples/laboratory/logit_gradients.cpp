#include "examples/laboratory/logit_gradients.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "examples/laboratory/plain_loss.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/tensor/random.h"

namespace gibbs::examples {
namespace {

Tensor gradient_by_tape(const LogitsLoss& loss, const Tensor& p, const Tensor& logits) {
  const Variable z = Variable::leaf(logits);
  return grad(loss(p, z), {z})[0].value();
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return gradient_difference({{"", a}}, {{"", b}}).absolute;
}

}  // namespace

Tensor gradient_by_formula(const Tensor& p, const Tensor& logits) {
  const std::int64_t rows = logits.size(0), classes = logits.size(1);
  Tensor gradient = Tensor::zeros(logits.shape(), DType::float64);
  for (std::int64_t n = 0; n < rows; ++n) {
    double highest = logits.at({n, 0}), total = 0;
    for (std::int64_t k = 1; k < classes; ++k) {
      highest = std::max(highest, logits.at({n, k}));
    }
    for (std::int64_t k = 0; k < classes; ++k) {
      total += std::exp(logits.at({n, k}) - highest);
    }
    for (std::int64_t k = 0; k < classes; ++k) {
      const double q = std::exp(logits.at({n, k}) - highest) / total;
      gradient.set({n, k}, (q - p.at({n, k})) / static_cast<double>(rows));
    }
  }
  return gradient;
}

Tensor gradient_by_differences(const LogitsLoss& loss, const Tensor& p, const Tensor& logits, double step) {
  const NoTape no_tape;
  Tensor gradient = Tensor::zeros(logits.shape(), DType::float64);
  const auto loss_at = [&](std::int64_t n, std::int64_t k, double shift) {
    Tensor shifted = logits.clone();
    shifted.set({n, k}, logits.at({n, k}) + shift);
    return loss(p, shifted).value().item();
  };
  for (std::int64_t n = 0; n < logits.size(0); ++n) {
    for (std::int64_t k = 0; k < logits.size(1); ++k) {
      gradient.set({n, k}, (loss_at(n, k, step) - loss_at(n, k, -step)) / (2 * step));
    }
  }
  return gradient;
}

std::vector<LogitGradientRow> logit_gradients(const LossPair& losses, std::uint64_t seed) {
  constexpr std::int64_t kRows = 15, kClasses = 10;  // 1/15 rounds; 1/16 would hide that the paths differ
  Rng rng(seed);
  const Tensor logits = rng.normal({kRows, kClasses}, 0, 3, DType::float64);
  const Tensor labels = kernels::random_integers(rng.next(), {kRows}, 0, kClasses);
  const Tensor pictures = rng.uniform({kRows, 4});
  std::vector<LogitGradientRow> rows;
  for (const char* name : {"one-hot", "smoothed", "soft"}) {
    const Tensor p = make_targets(targets_by_name(name), labels, pictures, kClasses, DType::float64, seed);
    const Tensor formula = gradient_by_formula(p, logits);
    const Tensor plain = gradient_by_tape(plain_cross_entropy, p, logits);
    const Tensor ce = gradient_by_tape(losses.first, p, logits), kl = gradient_by_tape(losses.second, p, logits);
    const double ce_value = losses.first(p, logits).value().item();
    rows.push_back({.targets = name,
                    .largest_gradient = largest_difference(formula, Tensor::zeros(formula.shape(), DType::float64)),
                    .ce_against_kl = largest_difference(ce, kl),
                    .ce_against_plain = largest_difference(ce, plain),
                    .kl_against_plain = largest_difference(kl, plain),
                    .ce_against_formula = largest_difference(ce, formula),
                    .kl_against_formula = largest_difference(kl, formula),
                    .ce_against_differences = largest_difference(ce, gradient_by_differences(losses.first, p, logits)),
                    .kl_against_differences = largest_difference(kl, gradient_by_differences(losses.second, p, logits)),
                    .ce_value_against_plain = std::abs(ce_value - plain_cross_entropy(p, logits).value().item())});
  }
  return rows;
}

std::string what_is_wrong(const std::vector<LogitGradientRow>& rows) {
  constexpr double kValue = 1e-13, kTape = 1e-14, kDifferences = 1e-8;
  for (const LogitGradientRow& row : rows) {
    struct Figure {
      const char* what;
      double value, limit;
    };
    const std::array<Figure, 7> figures = {
        {{"cross entropy and KL", row.ce_against_kl, kTape},
         {"cross entropy and the plain formula", row.ce_against_plain, kTape},
         {"KL and the plain formula", row.kl_against_plain, kTape},
         {"cross entropy and the formula", row.ce_against_formula, kTape},
         {"KL and the formula", row.kl_against_formula, kTape},
         {"cross entropy and its differences", row.ce_against_differences, kDifferences},
         {"KL and its differences", row.kl_against_differences, kDifferences}}};
    for (const Figure& figure : figures) {
      if (!(figure.value <= figure.limit)) {
        return fmt::format("{} targets: the gradients of {} in the logits are {:.3g} apart, more than {:.0e}",
                           row.targets, figure.what, figure.value, figure.limit);
      }
    }
    if (!(row.ce_value_against_plain <= kValue)) {
      return fmt::format("{} targets: cross entropy is {:.3g} from the plain formula, more than {:.0e}", row.targets,
                         row.ce_value_against_plain, kValue);
    }
  }
  return "";
}

}  // namespace gibbs::examples
