// Activations as layers around one op each (autograd/ops/activations.h and math.h have the formulas and their sources).
// All keep the shape of x, but for GLU.
#pragma once

#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// max(x, 0).
class ReLU : public Layer {
 public:
  std::string describe() const override { return "ReLU"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

class Tanh : public Layer {
 public:
  std::string describe() const override { return "Tanh"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

class Sigmoid : public Layer {
 public:
  std::string describe() const override { return "Sigmoid"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

struct GELUOptions {
  bool tanh = false;  // the form with tanh in place of erf, at most 5e-4 off: what some trained networks have
};

/// x/2 (1 + erf(x / sqrt 2)).
class GELU : public Layer {
 public:
  explicit GELU(const GELUOptions& options = {}) : options_(options) {}
  const GELUOptions& options() const { return options_; }
  std::string describe() const override { return options_.tanh ? "GELU(tanh)" : "GELU"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  GELUOptions options_;
};

/// Probabilities along the last axis.
class Softmax : public Layer {
 public:
  std::string describe() const override { return "Softmax"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

/// The numbers that keep mean 0 and variance 1 from layer to layer, for LeCun's initial weights.
class SELU : public Layer {
 public:
  std::string describe() const override { return "SELU"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

/// x / (1 + e^-x), also called swish.
class SiLU : public Layer {
 public:
  std::string describe() const override { return "SiLU"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

/// x tanh(ln(1 + e^x)).
class Mish : public Layer {
 public:
  std::string describe() const override { return "Mish"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

/// x / (1 + |x|).
class Softsign : public Layer {
 public:
  std::string describe() const override { return "Softsign"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

/// x / 6 + 1/2, at least 0 and at most 1.
class HardSigmoid : public Layer {
 public:
  std::string describe() const override { return "HardSigmoid"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

/// x times the hard sigmoid.
class HardSwish : public Layer {
 public:
  std::string describe() const override { return "HardSwish"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

struct LeakyReLUOptions {
  double slope = 0.3;
};

/// x above 0, slope x elsewhere. slope: 0.3 as in Keras; PyTorch has 0.01.
class LeakyReLU : public Layer {
 public:
  explicit LeakyReLU(const LeakyReLUOptions& options = {});
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  LeakyReLUOptions options_;
};

struct ELUOptions {
  double alpha = 1;
};

/// x above 0, alpha (e^x - 1) elsewhere.
class ELU : public Layer {
 public:
  explicit ELU(const ELUOptions& options = {});
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  ELUOptions options_;
};

struct CELUOptions {
  double alpha = 1;
};

/// x above 0, alpha (e^(x / alpha) - 1) elsewhere.
class CELU : public Layer {
 public:
  explicit CELU(const CELUOptions& options = {});
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  CELUOptions options_;
};

struct SoftplusOptions {
  double beta = 1;
};

/// ln(1 + e^(beta x)) / beta.
class Softplus : public Layer {
 public:
  explicit Softplus(const SoftplusOptions& options = {});
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  SoftplusOptions options_;
};

struct PReLUOptions {
  std::int64_t features;  // channels
  double slope = 0.25;    // at first, as in PyTorch; Keras has 0
};

/// x above 0, slope x elsewhere, with a slope of each channel that is trained.
class PReLU : public Layer {
 public:
  explicit PReLU(const PReLUOptions& options);
  void visit(ModuleVisitor& visitor) override { visitor.parameter("weight", slope_); }
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [..., features] to the same shape.
  Variable forward(const Variable& x) override;

 private:
  Parameter slope_;  // [features]
};

/// a s(b), where a and b are the halves of the last axis and s is the sigmoid.
class GLU : public Layer {
 public:
  std::string describe() const override { return "GLU"; }
  std::unique_ptr<Module> share() const override;

 protected:
  /// x: [..., 2 K] to [..., K].
  Variable forward(const Variable& x) override;
};

/// Logarithms of probabilities along the last axis.
class LogSoftmax : public Layer {
 public:
  std::string describe() const override { return "LogSoftmax"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

}  // namespace gibbs::nn
