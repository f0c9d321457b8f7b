// Flatten: [N, ...] to [N, features], the step from images to dense layers.
#pragma once

#include "gibbs/nn/module.h"

namespace gibbs::nn {

class Flatten : public Layer {
 public:
  std::string describe() const override { return "Flatten"; }
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;
};

}  // namespace gibbs::nn
