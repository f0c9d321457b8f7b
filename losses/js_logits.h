// The rows of js_divergence_with_logits: one pass over the logits gives each row's loss and, if it is wanted, the
// gradient. The same in ops (jensen_shannon_terms of softmax) is the reference.
#pragma once

#include "gibbs/losses/target.h"

namespace gibbs::losses {

/// [M]: sum_k w_k JS_k(p, softmax(z)), nats.
Variable js_rows_of_logits(const Rows& rows);

}  // namespace gibbs::losses
