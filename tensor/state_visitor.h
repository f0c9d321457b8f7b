// StateVisitor: sees all that a thing remembers from step to step, to save it or to put it back. Optimizers and metrics
// report theirs, and checkpoints hold it.
#pragma once

#include <cstdint>
#include <string_view>

#include "gibbs/tensor/tensor.h"

namespace gibbs {

/// Receives everything that is remembered, part by part and always in the same order. A reader may assign what it is
/// given: tensors with copy_from, since their shapes and dtypes stay.
class StateVisitor {
 public:
  virtual ~StateVisitor() = default;
  virtual void tensor(std::string_view /*name*/, Tensor& /*value*/) {}
  virtual void counter(std::string_view /*name*/, std::int64_t& /*value*/) {}
  virtual void number(std::string_view /*name*/, double& /*value*/) {}
};

}  // namespace gibbs
