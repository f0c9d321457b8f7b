// Average: an optimizer around another one, which keeps a second set of weights beside those that are trained: averages
// over steps, to evaluate with. ema.h and lookahead.h are its two kinds.
//
//   Adam adam(nn::parameters(model), {.learning_rate = 1e-3});
//   EMA ema(adam, {.decay = 0.999});          // a step of it is one of Adam; so are clearing, saving and resuming
//   train::fit(model, ema, ...);              // validates, and saves the best weights, with the averages
//   const EvaluationWeights averages(ema);    // and so does what follows, as long as this lives
//
// Buffers are not averaged: those of a BatchNorm are the last step's running averages, made with the trained weights.
#pragma once

#include <vector>

#include "gibbs/optim/optimizer.h"

namespace gibbs::optim {

class Average : public Optimizer {
 public:
  void set_learning_rate(double learning_rate) override;
  /// "steps" and "learning_rate", the inner optimizer's state under "inner/", and "0.weight.average" for each
  /// parameter. Throws within EvaluationWeights.
  void visit_state(StateVisitor& visitor) override;
  /// The inner optimizer's under "inner/".
  RunSettings settings() const override;
  void begin_evaluation() override;
  void end_evaluation() override;

 protected:
  /// The inner optimizer stays the caller's, and lives at least as long as this.
  Average(const char* name, Optimizer& inner, RunSettings options);

  /// average += share (value - average).
  static void move(Tensor& average, const Tensor& value, double share);

 private:
  /// After step steps() of the inner optimizer. Before the first of them the average was the value.
  virtual void learn(Parameter& parameter, Tensor& average) = 0;
  void take_step() final;
  void exchange();

  Optimizer& inner_;
  std::vector<Tensor> averages_;
  int evaluations_ = 0;  // that have begun and not ended
};

}  // namespace gibbs::optim
