// Muon (Jordan et al. 2024): momentum whose matrix is made nearly orthogonal, so that every direction is learned alike.
//
//   b = mu b + (1 - mu) g              u = g + mu (b - g) with Nesterov, else b
//   x = u / max(|u|, epsilon)          then `steps` times, Newton and Schulz:  x = a x + (b y + c y^2) x,  y = x x^T
//   w = (1 - rate lambda) w - rate s x
//
// The iteration moves all singular values of u towards 1. s compares matrices of different forms: sqrt(max(1, out/in))
// originally, 0.2 sqrt(max(in, out)) for steps as large as AdamW's (Liu et al. 2025), sqrt(out/in) (Bernstein 2025).
//
// It is for matrices [in, out] and for the weights of convolutions [KH, KW, in, out], taken as matrices [KH KW in,
// out]; the rest goes to another optimizer (and, mostly, the first and last layers do):
//
//   const auto is_matrix = [](const Named<Parameter>& named) { return named.item.shape().rank() >= 2; };
//   Muon muon(all.where(is_matrix), {.learning_rate = 0.02});
//   AdamW adamw(all.without(all.where(is_matrix)), {.learning_rate = 1e-3});
//   Several both({&muon, &adamw});
//
// As in PyTorch, but for matrices only there, and in bfloat16; here the parameter's dtype is kept. The update is that
// of PyTorch's weight [out, in], transposed.
#pragma once

#include <array>
#include <vector>

#include "gibbs/optim/method.h"

namespace gibbs::optim {

/// What s is.
enum class MuonScale { original, match_rms_adamw, spectral_unclamped };

struct MuonOptions {
  double learning_rate = 1e-3;
  double weight_decay = 0.1;  // lambda, decoupled
  double momentum = 0.95;     // mu
  bool nesterov = true;
  std::array<double, 3> ns_coefficients = {3.4445, -4.775, 2.0315};  // a, b, c
  int ns_steps = 5;
  double epsilon = 1e-7;
  MuonScale scale = MuonScale::original;
};

class Muon : public Method {
 public:
  /// Throws when a parameter has fewer than two axes, momentum is outside [0, 1), weight_decay is negative, a
  /// coefficient is not finite, ns_steps is not from 1 to 99, or epsilon is not positive, or 0 in a parameter's dtype.
  explicit Muon(const Groups& groups, const MuonOptions& options = {});

  double learning_rate() const { return Optimizer::learning_rate(); }  // for callers; a step asks for rate(i)
  RunSettings settings() const override;

 private:
  /// x for u, both [in, out].
  Tensor orthogonalized(const Tensor& u) const;
  void step_parameter(std::size_t i, Parameter& parameter) override;
  void visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) override;

  MuonOptions options_;
  std::vector<Tensor> velocity_;
};

}  // namespace gibbs::optim
