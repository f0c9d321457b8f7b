#include "gibbs/optim/muon.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gibbs/optim/detail/options.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::optim {
namespace {

/// s of a matrix [in, out].
double factor_of(MuonScale scale, double in, double out) {
  switch (scale) {
    case MuonScale::match_rms_adamw:
      return 0.2 * std::sqrt(std::max(in, out));
    case MuonScale::spectral_unclamped:
      return std::sqrt(out / in);
    case MuonScale::original:
      break;
  }
  return std::sqrt(std::max(1.0, out / in));
}

const char* name_of(MuonScale scale) {
  return scale == MuonScale::original          ? "original"
         : scale == MuonScale::match_rms_adamw ? "match_rms_adamw"
                                               : "spectral_unclamped";
}

/// |x|, in float64.
double length_of(const Tensor& x) {
  const Tensor wide = kernels::cast(x, DType::float64);
  return std::sqrt(kernels::sum(wide * wide).item());
}

}  // namespace

Muon::Muon(const Groups& groups, const MuonOptions& options)
    : Method("Muon", groups, options.learning_rate, options.weight_decay), options_(options) {
  detail::check_share("Muon", "momentum", options.momentum);
  detail::check_epsilon("Muon", options.epsilon, parameters());
  check(options.ns_steps >= 1 && options.ns_steps < 100, "Muon: ns_steps is ", options.ns_steps,
        "; it must be from 1 to 99");
  for (const double coefficient : options.ns_coefficients) {
    check(std::isfinite(coefficient), "Muon: a number of ns_coefficients is ", coefficient, "; it must be finite");
  }
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const auto& [path, parameter] = parameters()[i];
    check(parameter.shape().rank() >= 2 && parameter.shape().numel() > 0, "Muon: parameter '", path, "' is ",
          parameter.dtype(), " ", parameter.shape(), ", and Muon is for matrices and the weights of convolutions; ",
          "give it to another optimizer, and both to Several");
    velocity_.push_back(zeros_like_parameter(i));
  }
}

RunSettings Muon::settings() const {
  return detail::with(Optimizer::settings(),
                      {{"momentum", detail::setting(options_.momentum)},
                       {"nesterov", detail::setting(options_.nesterov)},
                       {"ns_coefficients", fmt::format("{}", fmt::join(options_.ns_coefficients, ", "))},
                       {"ns_steps", std::to_string(options_.ns_steps)},
                       {"epsilon", detail::setting(options_.epsilon)},
                       {"scale", name_of(options_.scale)}});
}

Tensor Muon::orthogonalized(const Tensor& u) const {
  const auto [a, b, c] = options_.ns_coefficients;
  const bool wide = u.size(0) <= u.size(1);  // y stands on the side where it is smaller
  Tensor x = u / std::max(length_of(u), options_.epsilon);
  for (int step = 0; step < options_.ns_steps; ++step) {
    const Tensor y = kernels::matmul(x, x, {.a = !wide, .b = wide});
    const Tensor p = y * b + kernels::matmul(y, y) * c;
    x = x * a + (wide ? kernels::matmul(p, x) : kernels::matmul(x, p));
  }
  return x;
}

void Muon::step_parameter(std::size_t i, Parameter& parameter) {
  const Tensor &g = parameter.gradient(), &w = parameter.value();
  Tensor& b = velocity_[i];
  const double mu = options_.momentum;
  b.copy_from(b * mu + g * (1 - mu));
  const std::int64_t out = w.size(-1), in = w.numel() / out;
  const Tensor u = options_.nesterov ? g + (b - g) * mu : b;
  const Tensor x = orthogonalized(u.reshape({in, out})).reshape(w.shape());
  const double factor = factor_of(options_.scale, static_cast<double>(in), static_cast<double>(out));
  parameter.mutable_value().copy_from(w * (1 - rate(i) * weight_decay(i)) - x * (rate(i) * factor));
}

void Muon::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  visitor.tensor(prefix + "velocity", velocity_[i]);
}

}  // namespace gibbs::optim
