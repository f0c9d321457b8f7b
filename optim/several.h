// Several: several optimizers as one, each for its own parameters, where one method does not suit all.
//
//   const Parameters all = nn::parameters(model), embeddings = all.below("embedding");
//   SGD sgd(embeddings, {.learning_rate = 0.1, .momentum = 0.9});
//   AdamW adamw(all.without(embeddings), {.learning_rate = 1e-3});
//   Several both({&sgd, &adamw});      // a step of it is a step of each; so are clearing, saving and resuming
//
// Its learning rate is a scale, 1 at first: each optimizer has the rate that it was made with, times the scale. A
// schedule for it therefore gives parts of 1: cosine({.rate = 1, .length = 90}).
#pragma once

#include <vector>

#include "gibbs/optim/optimizer.h"

namespace gibbs::optim {

class Several : public Optimizer {
 public:
  /// The optimizers stay the caller's, and live at least as long as this. Sets each to the rate that it was made with.
  /// Throws when there is none, one is null, or a parameter is in two.
  explicit Several(std::vector<Optimizer*> optimizers);

  void set_learning_rate(double scale) override;
  /// "steps" and "learning_rate", then the state of optimizer k under "k/": "1/0.weight.first_moment".
  void visit_state(StateVisitor& visitor) override;
  void begin_evaluation() override;
  void end_evaluation() override;
  /// All settings of all optimizers, that of optimizer k under "k/".
  RunSettings settings() const override;

 private:
  void take_step() override;

  std::vector<Optimizer*> optimizers_;
};

}  // namespace gibbs::optim
