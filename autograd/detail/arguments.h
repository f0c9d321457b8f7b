// A function differentiated inside of a gradient, or by itself: it runs on arguments, which are nodes of their own, and
// the walk back from its result stops at them. So what its inputs were computed from is neither walked nor consumed,
// and f(x, x) has two arguments.
#pragma once

#include <vector>

#include "gibbs/autograd/variable.h"

namespace gibbs::detail {

/// x behind a node of its own; x itself where it is constant.
Variable argument(const Variable& x);

/// The gradients of y at those arguments that are wanted; of others, undefined, and of those that y does not depend on.
Variables gradients_at(const Variables& arguments, const std::vector<bool>& wanted, const Variable& y,
                       const Variable& dy, bool create_graph);

}  // namespace gibbs::detail
