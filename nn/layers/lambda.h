// Lambda: a function as a layer, for what is written in a line and trains nothing.
//
//   Lambda("swish", [](const Variable& x) { return x * sigmoid(x); })
//
// What it captures is neither trained nor saved nor cloned: a layer with parameters is a class of its own.
#pragma once

#include <functional>
#include <string>

#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// y = function(x). Saved models are compared by the name, since functions cannot be.
class Lambda : public Layer {
 public:
  /// The function is called by every copy, and by several threads at once where a model is.
  Lambda(std::string name, std::function<Variable(const Variable&)> function);

  /// "Lambda(swish)".
  std::string describe() const override { return "Lambda(" + name_ + ")"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  std::string name_;
  std::function<Variable(const Variable&)> function_;
};

}  // namespace gibbs::nn
