// Elementary functions against those of <cmath>.
#include <cmath>

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

}  // namespace

OpEntries math_entries() {
  return {
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
}

}  // namespace gibbs::battery
