#include "gibbs/nn/layers/concat.h"

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

int Concat::checked(const ConcatOptions& options) {
  check(options.axis != 0, "Concat: axis 0 is that of samples, which branches must not change; channels are axis -1");
  return options.axis;
}

std::string Concat::describe() const { return "Concat(axis " + std::to_string(axis_) + ")"; }

std::unique_ptr<Module> Concat::share() const { return std::make_unique<Concat>(*this); }

Variable Concat::forward(const Variable& x) {
  const Variables y = branches_.outputs(x);
  const Shape& first = y[0].shape();
  const int axis = axis_ < 0 ? axis_ + first.rank() : axis_;
  check(axis > 0 && axis < first.rank(), "Concat: ", forward_name(), " has no axis ", axis_,
        " to join [N, ...] along in what branch 0 gives, ", first);
  for (std::size_t i = 1; i < y.size(); ++i) {
    const Shape& shape = y[i].shape();
    check(shape.rank() == first.rank() && shape.without(axis) == first.without(axis) && y[i].dtype() == y[0].dtype(),
          "Concat: ", forward_name(), " cannot join along axis ", axis_, ": branch 0 gives ", y[0].dtype(), " ", first,
          ", branch ", i, " ", y[i].dtype(), " ", shape,
          "; all other sizes must be equal: give branches the same stride, and padding that keeps the size");
  }
  return concat(y, axis);
}

}  // namespace gibbs::nn
