#include "gibbs/nn/layers/batch_norm.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "gibbs/autograd/ops/norm.h"
#include "gibbs/nn/forward.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::nn {

using kernels::Moments;
using kernels::NormGeometry;

static const BatchNormOptions& checked_batch_norm(const BatchNormOptions& options) {
  check_norm_options("BatchNorm", options.features, options.epsilon);
  check(options.keep >= 0 && options.keep <= 1, "BatchNorm: keep is ", options.keep,
        "; it must be in [0, 1] (PyTorch's momentum is 1 - keep)");
  return options;
}

BatchNorm::BatchNorm(const BatchNormOptions& options)
    : options_(checked_batch_norm(options)),
      parts_({options.features}, options.affine, options.affine),
      running_mean_(Tensor::zeros({options.features})),
      running_var_(Tensor::ones({options.features})) {}

void BatchNorm::visit(ModuleVisitor& visitor) {
  parts_.visit(visitor);
  visitor.buffer("running_mean", running_mean_);
  visitor.buffer("running_var", running_var_);
}

std::string BatchNorm::describe() const {
  return fmt::format("BatchNorm({}{}{})", options_.features,
                     options_.keep == BatchNormOptions{}.keep ? "" : fmt::format(", keep {}", options_.keep),
                     unusual_options(options_.epsilon, BatchNormOptions{}.epsilon, options_.affine));
}

std::unique_ptr<Module> BatchNorm::share() const { return std::make_unique<BatchNorm>(*this); }

Variable BatchNorm::forward(const Variable& x) { return forward(x, kernels::Activation::identity); }

Variable BatchNorm::activated(const Variable& x, kernels::Activation activation) {
  return run([&] { return forward(x, activation); }, x);
}

Variable BatchNorm::forward(const Variable& x, kernels::Activation activation) {
  check(x.rank() >= 2 && x.size(-1) == options_.features, "BatchNorm: ", forward_name(), " expects [N, ..., ",
        options_.features, "], received ", x.shape());
  check_norm_input("BatchNorm", x, parts_);
  const NormGeometry g = NormGeometry::of_batch(x.shape());
  const NormOptions o = {.geometry = g, .epsilon = options_.epsilon, .activation = activation};
  const Variable scale = ScaleAndShift::of_channels(parts_.scale), shift = ScaleAndShift::of_channels(parts_.shift);
  if (!forward_options().training) {
    const auto as_moment = [&](const Buffer& running) {
      return kernels::cast(running.value(), DType::float64).reshape(g.moments_shape());
    };
    return normalize_by(x, scale, shift, {as_moment(running_mean_), as_moment(running_var_)}, o);
  }
  check(g.count() > 1, "BatchNorm: ", forward_name(), " received ", x.shape(), " in training, ", g.count(),
        " value of each channel, whose variance is 0; use batches of two or more, or LayerNorm");
  const Moments moments = kernels::moments(x.value(), g);
  learn(moments, g.count());
  return normalize(x, scale, shift, moments, o);
}

bool BatchNorm::accepts(const Parameter& weight) const {
  return weight.shape()[-1] == options_.features && weight.dtype() == running_mean_.value().dtype();
}

kernels::Epilogue BatchNorm::evaluation_epilogue(const Parameter& bias, kernels::Activation activation) const {
  const auto channels = static_cast<std::size_t>(options_.features);
  const auto numbers = [channels](const auto& part, double otherwise) {
    return part.defined() ? part.value().to_vector() : std::vector<double>(channels, otherwise);
  };
  auto scale = numbers(parts_.scale, 1), shift = numbers(parts_.shift, 0);
  const auto added = numbers(bias, 0), mean = numbers(running_mean_, 0), var = numbers(running_var_, 1);
  for (std::size_t c = 0; c < channels; ++c) {
    scale[c] /= std::sqrt(var[c] + options_.epsilon);
    shift[c] += (added[c] - mean[c]) * scale[c];
  }
  const auto as_tensor = [&](const std::vector<double>& all) {
    return kernels::cast(Tensor::from(all, {options_.features}), running_mean_.value().dtype());
  };
  return {as_tensor(scale), as_tensor(shift), activation};
}

void BatchNorm::learn(const Moments& moments, std::int64_t count) {
  const auto n = static_cast<double>(count);
  const double correction = options_.unbiased_running_var ? n / (n - 1) : 1;
  const Shape each = {options_.features};
  learn_average(running_mean_, moments.mean.reshape(each), options_.keep, count);
  learn_average(running_var_, kernels::mul(moments.var, correction).reshape(each), options_.keep, count);
}

}  // namespace gibbs::nn
