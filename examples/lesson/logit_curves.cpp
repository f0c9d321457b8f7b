#include "examples/lesson/logit_curves.h"

#include <functional>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/compat/keras.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/jensen_shannon.h"
#include "gibbs/tensor/kernels/layout.h"

namespace gibbs::examples {
namespace {

using namespace losses;

/// One loss per row of logits [N, 4].
using RowLoss = std::function<Variable(const Tensor& p, const Variable& logits)>;

LogitCurve curve(const std::string& name, const std::string& title, const std::vector<double>& z, const RowLoss& loss) {
  const auto rows = std::ssize(z);
  Tensor start = Tensor::zeros({rows, 4}, DType::float64), p = Tensor::zeros({rows, 4}, DType::float64);
  const Tensor target = smoothed_target();
  for (std::int64_t n = 0; n < rows; ++n) {
    start.set({n, 0}, z[static_cast<std::size_t>(n)]);
    p[n].copy_from(target);
  }
  const Variable logits = Variable::leaf(start);
  const Variable row_losses = loss(p, logits);
  // Rows do not see each other: the gradient of their sum is every row's own.
  const Tensor gradient = grad(sum(row_losses), {logits})[0].value();
  LogitCurve result{.name = name, .title = title, .nats = row_losses.value().to_vector(), .gradient = {}};
  for (std::int64_t n = 0; n < rows; ++n) {
    result.gradient.push_back(gradient.at({n, 0}));
  }
  return result;
}

}  // namespace

Tensor smoothed_target() { return Tensor::of({.925, .025, .025, .025}, DType::float64); }

std::vector<LogitCurve> logit_curves(const std::vector<double>& z) {
  const CategoricalOptions exact{.reduction = Reduction::none};
  namespace keras = compat::keras;
  const keras::CrossentropyOptions clipped{.reduction = keras::Reduction::none};
  return {curve("cross_entropy", "cross entropy", z,
                [&](const Tensor& p, const Variable& x) { return cross_entropy_with_logits(p, x, exact); }),
          curve("kl", "KL divergence", z,
                [&](const Tensor& p, const Variable& x) { return kl_divergence_with_logits(p, x, exact); }),
          curve("reverse_kl", "reverse KL", z,
                [](const Tensor& p, const Variable& x) { return reverse_kl_divergence(p, softmax(x)); }),
          curve("js", "JS", z, [](const Tensor& p, const Variable& x) { return js_divergence(p, softmax(x)); }),
          curve("keras_cross_entropy", "cross entropy, clipped", z,
                [&](const Tensor& p, const Variable& x) {
                  return keras::categorical_crossentropy(p, softmax(x), clipped);
                }),
          curve("keras_kl", "KL divergence, clipped", z, [&](const Tensor& p, const Variable& x) {
            return keras::kl_divergence(p, softmax(x), {.reduction = keras::Reduction::none});
          })};
}

std::vector<double> evenly_spaced(double from, double to, int count) {
  std::vector<double> points;
  points.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    points.push_back(from + (to - from) * i / (count - 1));
  }
  return points;
}

}  // namespace gibbs::examples
