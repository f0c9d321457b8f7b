// Method: an optimizer that changes its parameters one by one, each by its gradient and what is remembered of it. SGD
// and Adam are methods; one of your own derives from this and writes `step_parameter` (docs/extending.md).
//
// Groups (groups.h) work for every method: it takes `Groups` and asks for rate(i). Each step is one pass over each
// parameter, in parallel over a partition that depends on its size alone, so the bits do not depend on the number of
// threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gibbs/optim/groups.h"
#include "gibbs/optim/optimizer.h"

namespace gibbs::optim {

namespace detail {
struct Member;
}

class Method : public Optimizer {
 public:
  /// "steps", "learning_rate", then parameter by parameter "<path>.<what the method keeps>".
  void visit_state(StateVisitor& visitor) final;

 protected:
  /// `weight_decay` is the option of methods that have one; in others, a group that sets it is an error. settings()
  /// has it, and for each group that sets something what it sets and the paths in it.
  /// Throws when there are no parameters, when one is undefined or pending, when a group is empty or sets what is
  /// negative or not finite, when a parameter is in two groups, and when two parameters have one path.
  Method(const char* name, const Groups& groups, double learning_rate, std::optional<double> weight_decay = {});

  /// The learning rate, times the scale of parameter i's group.
  double rate(std::size_t i) const { return Optimizer::learning_rate() * places_[i].rate_scale; }
  /// The weight decay of parameter i's group, else the method's.
  double weight_decay(std::size_t i) const { return places_[i].weight_decay; }
  /// Zeros like parameter i, for state: the shape and dtype checked before every step.
  Tensor zeros_like_parameter(std::size_t i) const;

 private:
  using Optimizer::learning_rate;  // In step_parameter write rate(i), which knows the groups.

  Method(const char* name, const Groups& groups, const std::vector<detail::Member>& members, double learning_rate,
         std::optional<double> weight_decay);

  virtual void step_parameter(std::size_t i, Parameter& parameter) = 0;
  /// Visits what is kept for parameter i; names are to begin with `prefix`, "<path>.".
  virtual void visit_parameter_state(std::size_t /*i*/, const std::string& /*prefix*/, StateVisitor& /*visitor*/) {}

  void take_step() final;

  /// What a parameter's group says.
  struct Place {
    double rate_scale, weight_decay;
  };

  std::vector<Place> places_;
};

}  // namespace gibbs::optim
