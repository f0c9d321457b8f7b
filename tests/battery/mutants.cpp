#include "tests/battery/mutants.h"

#include <algorithm>
#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::battery {
namespace {

using Gradient = std::function<Variable(const Variable& dy)>;

/// x, with another gradient than dy.
Variable tap(const Variable& x, const Gradient& gradient) { return record("tap", x.value(), wrt(x, gradient)); }

/// f behind a tap on input i.
DifferentiableFunction tapped(const DifferentiableFunction& f, std::size_t i, const Gradient& gradient) {
  return [=](const Variables& x) {
    Variables at = x;
    at[i] = tap(x[i], gradient);
    return f(at);
  };
}

/// f with the gradients of inputs i and j exchanged.
DifferentiableFunction swapped(const DifferentiableFunction& f, std::size_t i, std::size_t j) {
  return [=](const Variables& x) {
    if (!x[i].traced() || !x[j].traced()) {
      return f(x);
    }
    const Variables taps =
        record_many("swap", {x[i].value(), x[j].value()}, {x[i].edge(), x[j].edge()}, [](const GradientCall& call) {
          return Variables{call.dy[1], call.dy[0]};
        });
    Variables at = x;
    at[i] = taps[0];
    at[j] = taps[1];
    return f(at);
  };
}

/// dy at the first of the places that each element of `shape` was repeated to.
Variable first_repetition(Variable dy, const Shape& shape) {
  const int added = dy.rank() - shape.rank();
  for (int axis = 0; axis < dy.rank(); ++axis) {
    if (axis < added || shape[axis - added] == 1) {
      dy = slice(dy, axis, 0, 1);
    }
  }
  return reshape(dy, shape);
}

/// f with input i repeated to the shape of the result before; `gradient` undoes that, or does not.
DifferentiableFunction repeated(const DifferentiableFunction& f, std::size_t i, const Shape& result,
                                const Gradient& gradient) {
  return [=](const Variables& x) {
    Variables at = x;
    at[i] = record("repeat", broadcast_to(x[i].detach(), result).value(), wrt(x[i], gradient));
    return f(at);
  };
}

bool smaller(double a, double b) { return std::abs(a) < std::abs(b); }

/// `value` everywhere, but `there` at the element of x that is largest (smallest) in magnitude.
Tensor other_at(const Tensor& x, bool largest, double there, double value) {
  const std::vector<double> values = x.to_vector();
  const auto element = largest ? std::max_element(values.begin(), values.end(), smaller)
                               : std::min_element(values.begin(), values.end(), smaller);
  Tensor result = Tensor::full(x.shape(), value, DType::float64);
  result.mutable_data<double>()[element - values.begin()] = there;
  return result;
}

using Add = std::function<void(const std::string& kind, std::size_t i, DifferentiableFunction wrong)>;

/// Gradients that are off by little (1e-6 is of the largest element or, where that is less, of 1), in all elements or
/// in one; and right gradients whose own gradients are off by little.
void add_slight(const Add& add, const DifferentiableFunction& f, std::size_t i, const Tensor& dx) {
  const double largest = kernels::max(kernels::abs(dx)).item(), slight = 1e-6 * std::max(1.0, largest);
  const auto add_constant = [&](const std::string& kind, const Tensor& constant) {
    add(kind, i, tapped(f, i, [constant](const Variable& d) { return d + cast(constant, d.dtype()); }));
  };
  if (largest > 0.1) {
    add("a gradient times 1.0001", i, tapped(f, i, [](const Variable& d) { return d * 1.0001; }));
    add("a gradient times 1.0001 to whoever differentiates it", i,
        tapped(f, i, [](const Variable& d) { return d * 1.0001 - d.detach() * 0.0001; }));
  }
  add_constant("a gradient plus 1e-6", Tensor::full(dx.shape(), slight, DType::float64));
  add_constant("the smallest element of a gradient plus 1e-6", other_at(dx, /*largest=*/false, slight, 0));
  add("a gradient whose own gradient is off by 1e-5", i, [f, i, slight](const Variables& x) {
    Variables at = x;
    at[i] = tap(x[i], [in = x[i], slight](const Variable& d) { return d + (in - in.detach()) * (10 * slight); });
    return f(at);
  });
}

bool all_zero(const Tensor& x) {
  const std::vector<double> values = x.to_vector();
  return std::all_of(values.begin(), values.end(), [](double v) { return v == 0; });
}

}  // namespace

std::vector<Mutant> mutants_of(const Sample& sample) {
  const DifferentiableFunction& f = sample.f;
  Variables x;
  for (const Tensor& input : sample.inputs) {
    x.push_back(Variable::leaf(input));
  }
  const Variable y = f(x);
  const Tensor dy = testing::random(y.shape(), 9);
  const Variables dx = grad(y, x, dy, {.allow_unused = true});

  std::vector<Mutant> mutants;
  const auto add = [&](const std::string& kind, std::size_t i, DifferentiableFunction wrong) {
    mutants.push_back({kind, kind + ": input " + std::to_string(i), std::move(wrong)});
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (all_zero(dx[i].value())) {
      continue;
    }
    add("a gradient times 1.01", i, tapped(f, i, [](const Variable& d) { return d * 1.01; }));
    const Tensor factors = other_at(dx[i].value(), /*largest=*/true, 1.01, 1);
    add("one element of a gradient times 1.01", i,
        tapped(f, i, [factors](const Variable& d) { return d * cast(factors, d.dtype()); }));
    add("a gradient times 1.01 under create_graph alone", i,
        tapped(f, i, [](const Variable& d) { return tape_is_on() ? d * 1.01 : d; }));
    add_slight(add, f, i, dx[i].value());
    add("a gradient zeroed", i, tapped(f, i, [](const Variable& d) { return d * 0.0; }));
    add("a gradient negated", i, tapped(f, i, [](const Variable& d) { return -d; }));
    add("a gradient detached", i, tapped(f, i, [](const Variable& d) { return d.detach(); }));
    add("an input detached", i, [f, i](const Variables& in) {
      Variables at = in;
      at[i] = in[i].detach();
      return f(at);
    });
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (x[i].shape() == x[j].shape() && dx[i].value().to_vector() != dx[j].value().to_vector()) {
        add("two gradients swapped", i, swapped(f, i, j));
      }
    }
    if (sample.options.broadcasts && x[i].numel() < y.numel()) {
      const Shape shape = x[i].shape();
      add("broadcasting undone in one place alone", i,
          repeated(f, i, y.shape(), [shape](const Variable& d) { return first_repetition(d, shape); }));
      add("broadcasting not undone", i, repeated(f, i, y.shape(), [](const Variable& d) { return d; }));
    }
  }
  return mutants;
}

}  // namespace gibbs::battery
