// js_divergence_with_logits in one pass over the logits. The same in ops (jensen_shannon_terms of softmax) is the
// reference.
#pragma once

#include "gibbs/losses/target.h"

namespace gibbs::losses {

/// The loss of the batch from the rows' losses sum_k w_k JS_k(p, softmax(z)).
Variable js_divergence_of_logits(const Rows& rows, const CategoricalOptions& options);

}  // namespace gibbs::losses
