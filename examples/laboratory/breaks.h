// Five ways in which the equality of cross entropy and KL divergence ends, each as a pair of losses whose gradients
// differ, with one row of logits on which the difference can be read.
#pragma once

#include <string>
#include <vector>

#include "examples/laboratory/lockstep.h"

namespace gibbs::examples {

struct Break {
  std::string name;
  std::string why;  // one sentence
  std::string first_name, second_name;
  LossPair losses;
  Tensor example_p, example_logits;  // [1, K], float64
  /// What the weights of the last layer are multiplied with before training, to begin where the break shows.
  double start_scale = 1;
  bool needs_full_support = false;  // infinite for a target of probability 0: one-hot targets are smoothed instead
  bool also_with_sgd = false;       // Adam hides it
};

/// clip:           KL of probabilities clipped at 1e-7, as Keras computes it
/// mean:           the mean over all N K elements, not over the N rows
/// moving-target:  the target is half the label, half the model's own prediction, and is not detached
/// reverse:        D(q || p), of a target with p > 0
/// js:             JS(p, q)
Break break_by_name(const std::string& name);
std::vector<std::string> break_names();

/// The loss at one row of logits, and its gradient.
struct Reading {
  double loss = 0;
  std::vector<double> gradient;
};
Reading read(const LogitsLoss& loss, const Tensor& p, const Tensor& logits);

}  // namespace gibbs::examples
