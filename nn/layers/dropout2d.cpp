#include "gibbs/nn/layers/dropout2d.h"

#include <fmt/format.h>

#include <vector>

#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/detail/drop_together.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

Dropout2d::Dropout2d(const DropoutOptions& options) : options_(options) { check_rate("Dropout2d", options.rate); }

std::string Dropout2d::describe() const { return fmt::format("Dropout2d({})", options_.rate); }

std::unique_ptr<Module> Dropout2d::share() const { return std::make_unique<Dropout2d>(*this); }

Variable Dropout2d::forward(const Variable& x) {
  check(x.rank() >= 2, "Dropout2d: ", forward_name(), " expects [N, ..., C], received ", x.shape());
  check_floating("Dropout2d", x);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(x.rank()), 1);
  sizes.front() = x.size(0);
  sizes.back() = x.size(-1);
  return drop_together(x, options_.rate, Shape(sizes));
}

}  // namespace gibbs::nn
