// checkpoint: computing twice instead of remembering (Chen et al. 2016, "Training deep nets with sublinear memory
// cost").
//
//   const Variable y = checkpoint([&](const Variable& u) { return block(u); }, x);
//
// y and all gradients are those of y = f(x). But what f remembers for its gradients is dropped at once and computed
// again when a gradient arrives; until then only x and y are held. With k checkpoints in a row, memory falls from all
// activations to k inputs and one part's activations, for one more pass forward.
//
// The second run repeats the first: Buffers hold what they held then, and what f writes to them is undone, so that
// running statistics are updated once; modules see the ForwardScope of then, so that dropout draws the same numbers.
// The results of both runs must have the same bits, or the gradient throws: f was not a function of its inputs, of
// parameters and of buffers, or one of them was overwritten meanwhile.
#pragma once

#include <functional>
#include <memory>

#include "gibbs/autograd/function.h"

namespace gibbs {

/// f(x), remembered as x alone. Parameters and Variables that f captures get their gradients. f is copied into the
/// graph; what it refers to must live as long. Checkpoints may stand inside checkpoints, and derivatives of any order
/// go through them. The gradient of a value that is used inside and outside of f is summed in another order.
Variable checkpoint(const UnaryFunction& f, const Variable& x);
Variable checkpoint(const MultivariateFunction& f, const Variables& xs);

namespace detail {

/// State of a thread on which computations depend and that autograd does not know, such as the ForwardScope: calling
/// it brings back that of the moment it was captured in, until the result is destroyed.
using Reenter = std::function<std::shared_ptr<void>()>;

/// Lets a folder above register, once and before any checkpoint, how its state is captured. Returns true.
bool on_checkpoint(Reenter (*capture)());

}  // namespace detail
}  // namespace gibbs
