#include "gibbs/autograd/ops/layout.h"

#include <numeric>
#include <utility>

#include "gibbs/autograd/detail/traced_inputs.h"
#include "gibbs/autograd/record.h"

namespace gibbs {
namespace {

std::vector<Tensor> values_of(const Variables& parts) {
  std::vector<Tensor> values;
  values.reserve(parts.size());
  for (const Variable& part : parts) {
    values.push_back(part.value());
  }
  return values;
}

/// One node over all parts: gradients(dy, wanted) gives those of the wanted parts, one slot per part.
template <class Gradients>
Variable join(const char* op, const Variables& parts, Tensor value, Gradients gradients) {
  detail::TracedInputs traced(parts);
  std::vector<Edge> edges = traced.edges(parts);
  std::vector<Tensor> values;
  values.push_back(std::move(value));
  auto of_traced = [traced = std::move(traced), gradients = std::move(gradients)](const GradientCall& call) {
    return traced.of_traced(gradients(call.dy[0], traced.wanted(call)));
  };
  return record_many(op, std::move(values), std::move(edges), std::move(of_traced))[0];
}

}  // namespace

Variable reshape(const Variable& x, const Shape& shape) {
  const Shape from = x.shape();
  if (shape == from) {
    return x;
  }
  return linear_map(
      "reshape", x, [shape](const Tensor& t) { return t.reshape(shape); },
      [from](const Tensor& t) { return t.reshape(from); });
}

Variable flatten(const Variable& x) {
  check(x.rank() >= 1, "flatten: needs a leading axis");
  return reshape(x, {x.size(0), x.shape().sub(1, x.rank()).numel()});
}

Variable slice(const Variable& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step) {
  const Shape from = x.shape();
  return linear_map(
      "slice", x, [=](const Tensor& t) { return kernels::slice(t, axis, begin, end, step); },
      [=](const Tensor& t) { return kernels::unslice(t, from, axis, begin, end, step); });
}

Variable Variable::operator[](std::int64_t i) const {
  check(rank() >= 1, "x[i]: a scalar has no leading axis to index");
  check(i >= -size(0) && i < size(0), "x[i]: index ", i, " is outside axis 0 of ", shape());
  const std::int64_t entry = i < 0 ? i + size(0) : i;
  return reshape(slice(*this, 0, entry, entry + 1), shape().without(0));
}

Variable pad(const Variable& x, const kernels::Padding& padding, double value) {
  // Affine in x: the gradient is unpad, whose own adjoint pads with zeros.
  return record("pad", kernels::pad(x.value(), padding, value), wrt(x, [padding](const Variable& dy) {
                  return linear_map(
                      "unpad", dy, [padding](const Tensor& t) { return kernels::unpad(t, padding); },
                      [padding](const Tensor& t) { return kernels::pad(t, padding); });
                }));
}

Variable concat(const Variables& parts, int axis) {
  check(!parts.empty(), "concat: needs at least one part");
  const std::vector<Tensor> values = values_of(parts);
  axis = normalize_axis(axis, values[0].rank(), "concat");
  Tensor value = kernels::concat(values, axis);
  std::vector<std::int64_t> ends;
  ends.reserve(values.size());
  for (const Tensor& part : values) {
    ends.push_back(part.size(axis) + (ends.empty() ? 0 : ends.back()));
  }
  return join("concat", parts, std::move(value), [axis, ends](const Variable& dy, const std::vector<bool>& wanted) {
    Variables gradients(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i]) {
        gradients[i] = slice(dy, axis, i == 0 ? 0 : ends[i - 1], ends[i]);
      }
    }
    return gradients;
  });
}

Variable stack(const Variables& parts, int axis) {
  check(!parts.empty(), "stack: needs at least one part");
  return join("stack", parts, kernels::stack(values_of(parts), axis),
              [axis](const Variable& dy, const std::vector<bool>&) { return unbind(dy, axis); });
}

Variables unbind(const Variable& x, int axis) {
  axis = normalize_axis(axis, x.rank(), "unbind");
  std::vector<Tensor> parts;
  for (std::int64_t i = 0; i < x.size(axis); ++i) {
    parts.push_back(kernels::slice(x.value(), axis, i, i + 1).reshape(x.shape().without(axis)));
  }
  const std::vector<Edge> edges = x.traced() ? std::vector{x.edge()} : std::vector<Edge>{};
  return record_many("unbind", std::move(parts), edges,
                     [axis](const GradientCall& call) { return Variables{stack(call.dy, axis)}; });
}

Variable permute_copy(const Variable& x, const Axes& axes) {
  check(static_cast<int>(axes.size()) == x.rank(), "permute_copy: ", axes.size(), " axes for shape ", x.shape());
  Axes inverse(axes.size());
  for (int k = 0; k < x.rank(); ++k) {
    inverse[normalize_axis(axes[k], x.rank(), "permute_copy")] = k;
  }
  return linear_map(
      "permute_copy", x, [axes](const Tensor& t) { return kernels::permute_copy(t, axes); },
      [inverse](const Tensor& t) { return kernels::permute_copy(t, inverse); });
}

Variable transpose(const Variable& x) {
  check(x.rank() >= 2, "transpose: needs two axes, not shape ", x.shape());
  Axes axes(x.rank());
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  return permute_copy(x, axes);
}

}  // namespace gibbs
