#include "gibbs/autograd/detail/arguments.h"

#include <utility>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/record.h"

namespace gibbs::detail {

Variable argument(const Variable& x) {
  return x.traced() ? record("argument", x.value(), wrt(x, [](const Variable& dx) { return dx; })) : x;
}

Variables gradients_at(const Variables& arguments, const std::vector<bool>& wanted, const Variable& y,
                       const Variable& dy, bool create_graph) {
  Variables targets;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (wanted[i]) {
      targets.push_back(arguments[i]);
    }
  }
  Variables found = grad(y, targets, dy, {.create_graph = create_graph, .allow_unused = true, .stop_at = arguments});
  Variables dx(arguments.size());
  for (std::size_t i = 0, next = 0; i < dx.size(); ++i) {
    if (wanted[i]) {
      dx[i] = std::move(found[next++]);
    }
  }
  return dx;
}

}  // namespace gibbs::detail
