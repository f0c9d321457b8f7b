// Activations as layers: modules without parameters around one op each.
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

/// x/2 (1 + erf(x / sqrt 2)).
class GELU : public Layer {
 public:
  std::string describe() const override { return "GELU"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

/// Probabilities along the last axis.
class Softmax : public Layer {
 public:
  std::string describe() const override { return "Softmax"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

}  // namespace gibbs::nn
