#include "gibbs/nn/layers/stochastic_depth.h"

#include <fmt/format.h>

#include <vector>

#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/detail/drop_together.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

StochasticDepth::StochasticDepth(const DropoutOptions& options) : options_(options) {
  check_rate("StochasticDepth", options.rate);
}

std::string StochasticDepth::describe() const { return fmt::format("StochasticDepth({})", options_.rate); }

std::unique_ptr<Module> StochasticDepth::share() const { return std::make_unique<StochasticDepth>(*this); }

Variable StochasticDepth::forward(const Variable& x) {
  check(x.rank() >= 1, "StochasticDepth: ", forward_name(), " expects [N, ...], received ", x.shape());
  check_floating("StochasticDepth", x);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(x.rank()), 1);
  sizes.front() = x.size(0);
  return drop_together(x, options_.rate, Shape(sizes));
}

}  // namespace gibbs::nn
