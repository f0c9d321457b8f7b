#include "gibbs/nn/check/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "gibbs/autograd/detail/differences.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/detail/kept_buffers.h"
#include "gibbs/nn/forward.h"
#include "gibbs/tensor/random.h"

namespace gibbs::nn {
namespace {

/// A number computed from parameters. Since x and the cotangent are parameters here too, one check serves all.
using Scalar = std::function<Variable()>;
using Inputs = std::vector<Named<Parameter>>;

Tensor random_weights(const Shape& shape, std::uint64_t seed) {
  return kernels::uniform({.seed = seed}, shape, 0.5, 1.5, DType::float64);
}

Variables leaves(const Inputs& inputs) {
  Variables found;
  for (const auto& [name, input] : inputs) {
    check(input.dtype() == DType::float64, "gradcheck: ", name, " must be float64, not ", input.dtype(),
          ": differences of float32 prove nothing; convert with to(module, DType::float64)");
    found.push_back(input.variable());
  }
  return found;
}

/// Differences of f in one element of an input; `value` is f now.
gibbs::detail::Differences differences_in(const Scalar& f, Parameter input, std::int64_t element, double value,
                                          double gradient, const GradcheckOptions& options) {
  const double at = input.value().data<double>()[element];
  const auto with_element = [&](double t) {
    input.mutable_value().mutable_data<double>()[element] = t;
    const double now = f().value().item();
    return gibbs::detail::Moved{now - value, std::max(std::abs(now), std::abs(value))};
  };
  const auto found = gibbs::detail::differences(with_element, at, gradient, options);
  input.mutable_value().mutable_data<double>()[element] = at;
  return found;
}

GradcheckReport compare(const Scalar& f, const Inputs& inputs, const GradcheckOptions& options) {
  const Variables x = leaves(inputs);
  const Variable y = f();
  const double value = y.value().item();
  const Variables gradients = grad(y, x, {.allow_unused = true});
  gibbs::detail::GradientComparison comparison(options);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<double> gradient = gradients[i].value().to_vector();
    for (std::int64_t k = 0; k < inputs[i].item.value().numel() && !comparison.failed(); ++k) {
      const double element = gradient[static_cast<std::size_t>(k)];
      comparison.add(inputs[i].path, inputs[i].item.shape(), k, element,
                     differences_in(f, inputs[i].item, k, value, element, options));
    }
  }
  return comparison.report();
}

/// x and the trained parameters; and <module(x), v> as a function of them and of v.
struct Contraction {
  Inputs inputs;
  Parameter cotangent;
  Scalar value;

  Contraction(Layer& module, const Tensor& x, std::uint64_t seed) {
    std::function<Variable()> input = [x] { return Variable(x); };
    if (is_floating(x.dtype())) {
      inputs.push_back({"x", Parameter(x.clone())});
      input = [leaf = inputs[0].item] { return leaf.variable(); };
    }
    std::vector<const void*> seen;
    for (auto& [path, parameter] : named_parameters(module)) {
      if (!parameter.frozen() && std::find(seen.begin(), seen.end(), parameter.id()) == seen.end()) {
        seen.push_back(parameter.id());
        inputs.push_back({path, parameter});
      }
    }
    check(!inputs.empty(), "gradcheck: nothing has a gradient: x is ", x.dtype(), ", and no parameter is trained");
    const auto run = [&module, input, buffers = std::make_shared<detail::KeptBuffers>(module)] {
      buffers->put_back();
      const ForwardScope scope(ForwardScope::current());
      return module(input());
    };
    cotangent = Parameter(random_weights(run().shape(), seed));
    value = [run, v = cotangent] { return sum(run() * v); };
  }
};

}  // namespace

GradcheckReport gradcheck(Layer& module, const Tensor& x, const GradcheckOptions& options) {
  const Contraction contraction(module, x, options.seed);
  return compare(contraction.value, contraction.inputs, options);
}

GradcheckReport gradgradcheck(Layer& module, const Tensor& x, const GradcheckOptions& options) {
  const Contraction contraction(module, x, options.seed);
  const Scalar first_gradients = [&] {
    const Variables gradients =
        grad(contraction.value(), leaves(contraction.inputs), {.create_graph = true, .allow_unused = true});
    Variable total = Tensor::zeros({}, DType::float64);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      total = total + sum(gradients[i] * random_weights(gradients[i].shape(), options.seed + 1 + i));
    }
    return total;
  };
  Inputs inputs = contraction.inputs;
  inputs.push_back({"the cotangent", contraction.cotangent});
  GradcheckReport report = compare(first_gradients, inputs, options);
  if (!report.ok) {
    report.message = "second derivative: " + report.message;
  }
  return report;
}

}  // namespace gibbs::nn
