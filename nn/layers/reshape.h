// Reshape: the numbers of every sample under other sizes, in the same order; samples stay.
//
//   Reshape({.shape = {7, 7, 64}})    Reshape({.shape = {-1, 64}})    the size -1 is what is left for it
#pragma once

#include <cstdint>
#include <vector>

#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct ReshapeOptions {
  std::vector<std::int64_t> shape;  // of a sample, as in Keras: without N
};

/// [N, ...] to [N, shape...].
class Reshape : public Layer {
 public:
  explicit Reshape(const ReshapeOptions& options);

  /// "Reshape(7x7x64)".
  std::string describe() const override;
  std::unique_ptr<Module> share() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  std::vector<std::int64_t> sizes_;
};

}  // namespace gibbs::nn
