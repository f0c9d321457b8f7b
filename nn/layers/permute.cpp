#include "gibbs/nn/layers/permute.h"

#include <fmt/format.h>

#include <algorithm>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

Permute::Permute(const PermuteOptions& options) : axes_(options.axes) {
  Axes sorted = axes_;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    check(sorted[i] == static_cast<int>(i) + 1, "Permute: axes must be 1 to ", sorted.size(),
          " in some order, samples being axis 0, received ", fmt::format("{}", fmt::join(axes_, ", ")));
  }
  axes_.insert(axes_.begin(), 0);
}

std::string Permute::describe() const {
  return fmt::format("Permute({})", fmt::join(axes_.begin() + 1, axes_.end(), ", "));
}

std::unique_ptr<Module> Permute::share() const { return std::make_unique<Permute>(*this); }

Variable Permute::forward(const Variable& x) {
  check(x.rank() == std::ssize(axes_), "Permute: ", forward_name(), " expects [N, ...] with ", axes_.size() - 1,
        " more axes, received ", x.shape());
  return permute_copy(x, axes_);
}

}  // namespace gibbs::nn
