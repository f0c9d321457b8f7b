// Optimizer: changes parameters against their gradients. It reads gradients and never writes them. This is what a
// training loop sees of one; method.h is what one is made of, several.h makes one of many.
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
// parameter listed twice (tied weights) is one parameter and is stepped once. An optimizer knows nothing of modules and
// losses.
#pragma once

#include <cstdint>
#include <vector>

#include "gibbs/autograd/parameter.h"
#include "gibbs/tensor/named.h"
#include "gibbs/tensor/run_settings.h"
#include "gibbs/tensor/state_visitor.h"

namespace gibbs::optim {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  const char* name() const { return name_; }
  /// The distinct parameters with their paths, in the order given.
  const std::vector<Named<Parameter>>& parameters() const { return parameters_; }
  /// The rate before the scales of groups.
  double learning_rate() const { return learning_rate_; }
  /// Throws when the rate is negative or not finite.
  virtual void set_learning_rate(double learning_rate);
  /// The rate that the optimizer was made with.
  double first_learning_rate() const { return first_learning_rate_; }
  /// Number of calls of step().
  std::int64_t steps() const { return steps_; }

  /// One step of every parameter that is not frozen and has a gradient. Throws, with nothing changed, when a parameter
  /// no longer has the shape and dtype it had when the optimizer was made.
  void step();
  /// Clears the gradients of all parameters.
  void clear_gradients();

  /// Reports "steps", "learning_rate", then what is kept for each parameter, such as "0.weight.first_moment": enough
  /// for a restored optimizer to go on with the same bits. Hyper-parameters other than the rate are not state.
  virtual void visit_state(StateVisitor& visitor);

  /// Between these the parameters hold the weights to evaluate with, where they are others than those that are trained:
  /// averages over steps (average.h). EvaluationWeights calls them.
  virtual void begin_evaluation() {}
  virtual void end_evaluation() {}

  /// The method's name, the learning rate that it was made with (not the present one, which a schedule may have set),
  /// and its other options: a run goes on from a checkpoint only with equal ones. Methods with options of their own add
  /// them to what this returns.
  virtual RunSettings settings() const;

 protected:
  /// `options` follow the name and the rate in settings(). Throws when a parameter is undefined or pending.
  Optimizer(const char* name, std::vector<Named<Parameter>> parameters, double learning_rate, RunSettings options = {});

 private:
  /// A step, after step() has counted it and looked at the parameters.
  virtual void take_step() = 0;

  struct Form {
    Shape shape;
    DType dtype;
  };

  const char* name_;
  std::vector<Named<Parameter>> parameters_;
  std::vector<Form> forms_;
  double learning_rate_, first_learning_rate_;
  RunSettings options_;
  std::int64_t steps_ = 0;
};

/// While it lives, the parameters hold the weights to evaluate with. fit validates in one, and BestWeights saves in
/// one; what evaluates or saves the model of an EMA after training does, too:
///
///   const EvaluationWeights averages(ema);
///   nn::save_weights(model, "model.safetensors");
class EvaluationWeights {
 public:
  explicit EvaluationWeights(Optimizer& optimizer) : optimizer_(optimizer) { optimizer_.begin_evaluation(); }
  EvaluationWeights(const EvaluationWeights&) = delete;
  EvaluationWeights& operator=(const EvaluationWeights&) = delete;
  ~EvaluationWeights() { optimizer_.end_evaluation(); }

 private:
  Optimizer& optimizer_;
};

}  // namespace gibbs::optim
