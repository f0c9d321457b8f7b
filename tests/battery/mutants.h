// Mutants: the ops of the registry with gradients that are wrong in one way, to see that the battery catches them.
//
// A mutant is the op behind taps: identities on its inputs whose gradients are wrong. To whoever checks, the op's own
// gradient function is what is wrong.
#pragma once

#include <string>
#include <vector>

#include "tests/battery/registry.h"

namespace gibbs::battery {

struct Mutant {
  std::string kind;  // "a gradient times 1.01"
  std::string what;  // "a gradient times 1.01: input 0"
  DifferentiableFunction f;
};

/// Every way to be wrong that changes something: swapping equal gradients, or zeroing one that is zero, is no mutant.
std::vector<Mutant> mutants_of(const Sample& sample);

}  // namespace gibbs::battery
