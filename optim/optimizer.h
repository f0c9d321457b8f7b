// Optimizer: changes parameters against their gradients. It reads gradients and never writes them.
//
//   Adam adam(nn::parameters(model), {.learning_rate = 1e-3});
//   backward(loss);
//   adam.step();
//   adam.clear_gradients();
//
// Gradient accumulation: gradients add up until they are cleared, so a batch that is too large for memory is taken in
// parts, each part's loss divided by the rows of the whole batch, with one step at the end. In a ForwardScope with each
// part's first_sample, dropout draws what it would have drawn for the batch.
//
// A step skips frozen parameters and parameters without a gradient: their values and their state stay as they are. A
// parameter listed twice (tied weights) is one parameter and is stepped once. Each step is one pass over each
// parameter, in parallel over a partition that depends on its size alone, so the bits do not depend on the number of
// threads. An optimizer knows nothing of modules and losses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gibbs/autograd/parameter.h"
#include "gibbs/tensor/run_settings.h"
#include "gibbs/tensor/state_visitor.h"

namespace gibbs::optim {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// The distinct parameters, in the order given.
  const std::vector<Parameter>& parameters() const { return parameters_; }
  double learning_rate() const { return learning_rate_; }
  /// Throws when the rate is negative or not finite.
  void set_learning_rate(double learning_rate);
  /// Number of calls of step().
  std::int64_t steps() const { return steps_; }

  /// One step of every parameter that is not frozen and has a gradient. Throws when a parameter no longer has the shape
  /// and dtype it had when the optimizer was made.
  void step();
  /// Clears the gradients of all parameters.
  void clear_gradients();

  /// Reports "steps", "learning_rate", then per parameter i what the method keeps, such as "0.first_moment": enough for
  /// a restored optimizer to go on with the same bits. Hyper-parameters other than the rate are not state.
  void visit_state(StateVisitor& visitor);

  /// The method's name, the learning rate that it was made with (not the present one, which a schedule may have set),
  /// and its other options: a run goes on from a checkpoint only with equal ones. Methods with options of their own add
  /// them to what this returns.
  virtual RunSettings settings() const;

 protected:
  /// Throws when there are no parameters, or when one is undefined or pending.
  Optimizer(const char* name, std::vector<Parameter> parameters, double learning_rate);

  /// Zeros like parameter i, for state: the shape and dtype checked before every step.
  Tensor zeros_like_parameter(std::size_t i) const;
  const char* name() const { return name_; }

 private:
  virtual void step_parameter(std::size_t i, Parameter& parameter) = 0;
  /// Visits what is kept for parameter i; names are to begin with `prefix`, "i.".
  virtual void visit_parameter_state(std::size_t /*i*/, const std::string& /*prefix*/, StateVisitor& /*visitor*/) {}

  struct Form {
    Shape shape;
    DType dtype;
  };

  const char* name_;
  std::vector<Parameter> parameters_;
  std::vector<Form> forms_;
  double learning_rate_ = 0, first_learning_rate_;
  std::int64_t steps_ = 0;
};

}  // namespace gibbs::optim
