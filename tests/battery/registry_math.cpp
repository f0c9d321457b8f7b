// Elementary functions against those of <cmath>.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "gibbs/autograd/ops/ops.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::f64;
using testing::Index;
using testing::random;

/// Tried on both signs where the function is defined there, else on positive numbers.
OpEntry elementary(const std::string& name, Variable (*op)(const Variable&), double (*function)(double),
                   bool both_signs = true, bool refuses_nothing = false) {
  const auto f = [op](const Variables& x) { return op(x[0]); };
  const auto of = [function](const Tensor& x) {
    return build(x.shape(), [&](const Index& i) { return function(at(x, i)); });
  };
  const auto oracle = [of](const Tensors& x) { return of(x[0]); };
  const std::vector<Refusal> refusals = {{[op] { op(Tensor::ones({2}, DType::int64)); },
                                          name + ": needs float32 or float64, not int64; convert with cast"}};
  const Tensor numbers =
      both_signs ? f64({{-1.7, -0.6, -0.1}, {0.4, 1.1, 2.3}}) : f64({{0.1, 0.5, 0.9}, {1.1, 2.3, 4}});
  return {name,
          {{"[2, 3]", f, {numbers}, oracle},
           {"a scalar", f, {f64(0.7)}, oracle},
           {"[1, 2, 1]", f, {random({1, 2, 1})}, oracle},
           {"[3, 0]", f, {random({3, 0})}, oracle},
           {"more elements than a vector register holds", f, {random({37}, 3)}, oracle},
           {"a computed input, used twice",
            [op](const Variables& x) { return op(x[0] * x[0]) * x[0]; },
            {f64({0.5, 1.2})},
            [of](const Tensors& x) {
              const Tensor squares = build({2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); });
              return build({2}, [&](const Index& i) { return at(of(squares), i) * at(x[0], i); });
            },
            {.alone = false}}},
          refuses_nothing ? std::vector<Refusal>{} : refusals,
          refuses_nothing};
}

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double softplus_of(double x) { return std::log1p(std::exp(x)); }
double hard_sigmoid_of(double x) { return std::min(std::max(x / 6 + .5, 0.0), 1.0); }

/// prelu: a slope for each channel, for all, and for every number.
OpEntry prelu_entry() {
  const auto op = [](const Variables& x) { return prelu(x[0], x[1]); };
  const auto oracle = [](const Tensors& x) {
    return build(x[0].shape(), [&](const Index& i) {
      const Index own(i.end() - x[1].rank(), i.end());
      return at(x[0], i) > 0 ? at(x[0], i) : at(x[0], i) * at(x[1], own);
    });
  };
  const Tensor numbers = f64({{-1.7, .6, -.1}, {.4, -1.1, 2.3}});
  return {"prelu",
          {{"a slope for each channel", op, {numbers, f64({.1, .25, 2})}, oracle},
           {"one slope", op, {numbers, f64(.3)}, oracle},
           {"a slope for each number", op, {numbers, random({2, 3})}, oracle}},
          {{[numbers] {
              prelu(numbers, f64({1, 2}));
            },
            "prelu: slope is [2] float64, x [2, 3] float64; it must broadcast to x, in its dtype"},
           {[] { prelu(Tensor::ones({2}, DType::int64), Tensor::ones({2}, DType::int64)); },
            "prelu: needs float32 or float64, not int64; convert with cast"}}};
}

OpEntry glu_entry() {
  const auto halves = [](int axis) {
    return [axis](const Tensors& x) {
      const auto k = static_cast<std::size_t>(axis);
      Shape half = x[0].shape();
      half.set(axis, half[axis] / 2);
      return build(half, [&](const Index& i) {
        Index gate = i;
        gate[k] += half[axis];
        return at(x[0], i) * sigmoid_of(at(x[0], gate));
      });
    };
  };
  return {"glu",
          {{"the last axis", [](const Variables& x) { return glu(x[0]); }, {random({2, 6}, 1, -2, 2)}, halves(1)},
           {"the first axis", [](const Variables& x) { return glu(x[0], 0); }, {random({4, 3}, 2, -2, 2)}, halves(0)}},
          {{[] {
              glu(Tensor::ones({2, 3}));
            },
            "glu: x is [2, 3], whose axis 1 cannot be halved; make it even"},
           {[] {
              glu(Tensor::ones({2, 4}, DType::int64));
            },
            "glu: needs float32 or float64, not int64; convert with cast"}}};
}

OpEntry activated_sum_entry() {
  const auto sample = [](kernels::Activation activation) {
    return Sample{kernels::name_of(activation),
                  [=](const Variables& v) { return activated_sum(v[0], v[1], activation); },
                  {random({3, 5}, 1, -2, 2), random({3, 5}, 2, -2, 2)},
                  [=](const Tensors& v) {
                    return build({3, 5}, [&](const Index& i) {
                      return testing::activated(activation, at(v[0], i) + at(v[1], i));
                    });
                  }};
  };
  return {"activated_sum",
          {sample(kernels::Activation::relu), sample(kernels::Activation::gelu), sample(kernels::Activation::identity)},
          {{[] { activated_sum(random({2}), random({1}), kernels::Activation::relu); },
            "activated_sum: a is [2] float64, b [1] float64"}}};
}

/// Activations that have numbers of their own take them here.
OpEntries activation_entries() {
  return {
      elementary(
          "leaky_relu", [](const Variable& x) { return leaky_relu(x, .3); },
          [](double x) { return x > 0 ? x : .3 * x; }),
      elementary(
          "elu", [](const Variable& x) { return elu(x, .7); }, [](double x) { return x > 0 ? x : .7 * std::expm1(x); }),
      elementary("selu", selu,
                 [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }),
      elementary(
          "celu", [](const Variable& x) { return celu(x, .7); },
          [](double x) { return x > 0 ? x : .7 * std::expm1(x / .7); }),
      elementary(
          "softplus", [](const Variable& x) { return softplus(x, 2); },
          [](double x) { return softplus_of(2 * x) / 2; }),
      elementary("softsign", softsign, [](double x) { return x / (1 + std::abs(x)); }),
      elementary("silu", silu, [](double x) { return x * sigmoid_of(x); }),
      elementary(
          "activate", [](const Variable& x) { return activate(x, kernels::Activation::silu); },
          [](double x) { return x * sigmoid_of(x); }),
      activated_sum_entry(),
      elementary("mish", mish, [](double x) { return x * std::tanh(softplus_of(x)); }),
      elementary("hard_sigmoid", hard_sigmoid, hard_sigmoid_of),
      elementary("hard_swish", hard_swish, [](double x) { return x * hard_sigmoid_of(x); }),
      elementary("gelu_tanh", gelu_tanh,
                 [](double x) {
                   return x / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + .044715 * x * x * x)));
                 }),
      prelu_entry(),
      glu_entry(),
  };
}

}  // namespace

OpEntries math_entries() {
  OpEntries all = {
      elementary("exp", exp, [](double x) { return std::exp(x); }),
      elementary("expm1", expm1, [](double x) { return std::expm1(x); }),
      elementary(
          "log", log, [](double x) { return std::log(x); }, /*both_signs=*/false),
      elementary(
          "log1p", log1p, [](double x) { return std::log1p(x); }, /*both_signs=*/false),
      elementary(
          "sqrt", sqrt, [](double x) { return std::sqrt(x); }, /*both_signs=*/false),
      elementary(
          "square", square, [](double x) { return x * x; }, true, /*refuses_nothing=*/true),
      elementary("sin", sin, [](double x) { return std::sin(x); }),
      elementary("cos", cos, [](double x) { return std::cos(x); }),
      elementary("tanh", tanh, [](double x) { return std::tanh(x); }),
      elementary("sigmoid", sigmoid, sigmoid_of),
      elementary("erf", erf, [](double x) { return std::erf(x); }),
      elementary("erfc", erfc, [](double x) { return std::erfc(x); }),
      elementary(
          "relu", relu, [](double x) { return x > 0 ? x : 0; }, true, /*refuses_nothing=*/true),
      elementary("gelu", gelu, [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }),
  };
  std::ranges::move(activation_entries(), std::back_inserter(all));
  return all;
}

}  // namespace gibbs::battery
