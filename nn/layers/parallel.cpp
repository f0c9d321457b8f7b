#include "gibbs/nn/layers/parallel.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {
namespace {

const char* word_for(Combine combine) {
  switch (combine) {
    case Combine::sum:
      return "sum";
    case Combine::mean:
      return "mean";
    case Combine::product:
      return "product";
  }
  return nullptr;
}

/// Whether sizes are equal or 1, and the number of samples is the same.
bool go_together(const Shape& a, const Shape& b) {
  bool fits = a.rank() == b.rank() && a.rank() > 0 && a[0] == b[0];
  for (int axis = 1; fits && axis < a.rank(); ++axis) {
    fits = a[axis] == b[axis] || a[axis] == 1 || b[axis] == 1;
  }
  return fits;
}

}  // namespace

Combine Parallel::checked(const ParallelOptions& options) {
  check(word_for(options.combine) != nullptr, "Parallel: combine must be sum, mean or product");
  return options.combine;
}

std::string Parallel::describe() const { return std::string("Parallel(") + word_for(combine_) + ")"; }

std::unique_ptr<Module> Parallel::share() const { return std::make_unique<Parallel>(*this); }

double Parallel::flops(const Shape& /*input*/, const Shape& output) const {
  return static_cast<double>(output.numel()) * static_cast<double>(combine_ == Combine::mean ? count_ : count_ - 1);
}

Variable Parallel::forward(const Variable& x) {
  const Variables branches = branches_.outputs(x);
  Variable y = branches[0];
  check_floating("Parallel", y);
  for (std::size_t i = 1; i < branches.size(); ++i) {
    const Variable& next = branches[i];
    check(go_together(y.shape(), next.shape()) && y.dtype() == next.dtype(), "Parallel: ", forward_name(), " makes a ",
          word_for(combine_), ", but branch ", i, " gives ", next.dtype(), " ", next.shape(), ", those before it ",
          y.dtype(), " ", y.shape(), "; samples must be as many, and other sizes equal or 1");
    y = combine_ == Combine::product ? y * next : y + next;
  }
  return combine_ == Combine::mean ? y / static_cast<double>(count_) : y;
}

}  // namespace gibbs::nn
