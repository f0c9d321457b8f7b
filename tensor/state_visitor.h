// StateVisitor: sees all that a thing remembers from step to step, to save it or to put it back. Optimizers and metrics
// report theirs, and checkpoints hold it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gibbs/tensor/tensor.h"

namespace gibbs {

/// Receives everything that is remembered, part by part and always in the same order. A reader may assign what it is
/// given: tensors with copy_from, since their shapes and dtypes stay. Names differ, and counters are from 0 to 2^53.
class StateVisitor {
 public:
  virtual ~StateVisitor() = default;
  virtual void tensor(std::string_view /*name*/, Tensor& /*value*/) {}
  virtual void counter(std::string_view /*name*/, std::int64_t& /*value*/) {}
  virtual void number(std::string_view /*name*/, double& /*value*/) {}
};

/// Passes everything on, with a prefix before its name: for a thing that is made of others.
class PrefixedVisitor : public StateVisitor {
 public:
  PrefixedVisitor(std::string prefix, StateVisitor& to) : prefix_(std::move(prefix)), to_(to) {}
  void tensor(std::string_view name, Tensor& value) override { to_.tensor(prefix_ + std::string(name), value); }
  void counter(std::string_view name, std::int64_t& value) override { to_.counter(prefix_ + std::string(name), value); }
  void number(std::string_view name, double& value) override { to_.number(prefix_ + std::string(name), value); }

 private:
  std::string prefix_;
  StateVisitor& to_;
};

}  // namespace gibbs
