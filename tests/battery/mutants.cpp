#include "tests/battery/mutants.h"

#include <algorithm>
#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"

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

/// 1.01 at the largest element of x, 1 elsewhere.
Tensor wrong_at_largest(const Tensor& x) {
  const std::vector<double> values = x.to_vector();
  const auto largest =
      std::max_element(values.begin(), values.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  Tensor factors = Tensor::ones(x.shape(), DType::float64);
  factors.mutable_data<double>()[largest - values.begin()] = 1.01;
  return factors;
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
    const Tensor factors = wrong_at_largest(dx[i].value());
    add("one element of a gradient times 1.01", i,
        tapped(f, i, [factors](const Variable& d) { return d * cast(factors, d.dtype()); }));
    add("a gradient times 1.01 under create_graph alone", i,
        tapped(f, i, [](const Variable& d) { return tape_is_on() ? d * 1.01 : d; }));
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
