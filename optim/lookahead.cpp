#include "gibbs/optim/lookahead.h"

#include "gibbs/optim/detail/options.h"

namespace gibbs::optim {

Lookahead::Lookahead(Optimizer& inner, const LookaheadOptions& options)
    : Average("Lookahead", inner,
              {{"alpha", detail::setting(options.alpha)}, {"every", std::to_string(options.every)}}),
      options_(options) {
  check(options.alpha > 0 && options.alpha <= 1, "Lookahead: alpha is ", options.alpha, "; it must be in (0, 1]");
  check(options.every >= 1, "Lookahead: every is ", options.every, "; it must be at least 1");
}

void Lookahead::learn(Parameter& parameter, Tensor& slow) {
  if (steps() % options_.every == 0 && !parameter.frozen()) {
    move(slow, parameter.value(), options_.alpha);
    parameter.mutable_value().copy_from(slow);
  }
}

}  // namespace gibbs::optim
