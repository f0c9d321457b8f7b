// Ops element by element, and the kernels without gradients of the same family.
#include "bench/conformance/table.h"
#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::conformance {
namespace {

/// With two arrays, or with an array and the option "number", which stands first when "reversed".
template <class Arrays, class Number, class Reversed>
Function with_number(Arrays arrays, Number number, Reversed reversed) {
  return entry([=](const Variables& x, const json& o) -> Variable {
    if (!o.contains("number")) {
      return arrays(x.at(0), x.at(1));
    }
    const double n = o.at("number");
    return flag(o, "reversed") ? reversed(n, x.at(0)) : number(x.at(0), n);
  });
}

/// With the option "number".
Function with_option(Variable (*f)(const Variable&, double)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), o.at("number")); });
}

using Kernel = Tensor (*)(const Tensor&, const Tensor&);
Function kernel(Kernel f) {
  return entry([f](const Variables& x, const json&) -> Variable { return f(x.at(0).value(), x.at(1).value()); });
}
Function kernel(Tensor (*f)(const Tensor&)) {
  return entry([f](const Variables& x, const json&) -> Variable { return f(x.at(0).value()); });
}

}  // namespace

Table elementwise_table() {
  const auto plus = [](const auto& a, const auto& b) { return a + b; };
  const auto minus = [](const auto& a, const auto& b) { return a - b; };
  const auto times = [](const auto& a, const auto& b) { return a * b; };
  const auto over = [](const auto& a, const auto& b) { return a / b; };
  const auto power = [](const Variable& a, const auto& b) { return pow(a, b); };
  const auto no_reverse = [](double, const Variable& x) { return x; };
  return {
      {"add", with_number(plus, plus, plus)},
      {"sub", with_number(minus, minus, minus)},
      {"mul", with_number(times, times, times)},
      {"div", with_number(over, over, over)},
      {"pow", with_number(power, power, no_reverse)},
      {"neg", unary(neg)},
      {"maximum", binary(maximum)},
      {"minimum", binary(minimum)},
      {"abs", unary(abs)},
      {"clamp", entry([](const Variables& x, const json& o) { return clamp(x.at(0), o.at("low"), o.at("high")); })},
      {"where",
       entry([](const Variables& x, const json& o) { return where(tensor(o, "condition"), x.at(0), x.at(1)); })},
      {"logaddexp", binary(logaddexp)},
      {"cast", entry([](const Variables& x, const json& o) {
         return cast(x.at(0), flag(o, "double") ? DType::float64 : DType::float32);
       })},
      {"exp", unary(exp)},
      {"expm1", unary(expm1)},
      {"log", unary(log)},
      {"log1p", unary(log1p)},
      {"sqrt", unary(sqrt)},
      {"square", unary(square)},
      {"sin", unary(sin)},
      {"cos", unary(cos)},
      {"tanh", unary(tanh)},
      {"sigmoid", unary(sigmoid)},
      {"erf", unary(erf)},
      {"erfc", unary(erfc)},
      {"relu", unary(relu)},
      {"gelu", unary(gelu)},
      {"leaky_relu", with_option(leaky_relu)},
      {"elu", with_option(elu)},
      {"celu", with_option(celu)},
      {"softplus", with_option(softplus)},
      {"selu", unary(selu)},
      {"softsign", unary(softsign)},
      {"silu", unary(silu)},
      {"mish", unary(mish)},
      {"hard_sigmoid", unary(hard_sigmoid)},
      {"hard_swish", unary(hard_swish)},
      {"gelu_tanh", unary(gelu_tanh)},
      {"prelu", binary(prelu)},
      {"glu", entry([](const Variables& x, const json& o) { return glu(x.at(0), o.at("axis")); })},
      {"kernels::sign", kernel(kernels::sign)},
      {"kernels::isfinite", kernel(kernels::isfinite)},
      {"kernels::equal", kernel(Kernel(kernels::equal))},
      {"kernels::not_equal", kernel(kernels::not_equal)},
      {"kernels::less", kernel(Kernel(kernels::less))},
      {"kernels::less_equal", kernel(kernels::less_equal)},
      {"kernels::greater", kernel(Kernel(kernels::greater))},
      {"kernels::greater_equal", kernel(kernels::greater_equal)},
  };
}

}  // namespace gibbs::conformance
