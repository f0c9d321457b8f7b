// expect_op: everything that must hold of an op, in one call.
//
//   expect_op([](const Variables& x) { return exp(x[0]); }, {random({2, 3})},
//             [](const Tensors& x) { return build({2, 3}, [&](const Index& i) { return std::exp(at(x[0], i)); }); });
//
// Checked: the value against the oracle; first and second derivatives against differences; the same gradients with and
// without create_graph (two different code paths of fused ops); float32 against float64; inputs left as they were; no
// node left alive.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/node.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::testing {

using Tensors = std::vector<Tensor>;
using Oracle = std::function<Tensor(const Tensors&)>;

struct ExpectOpOptions {
  double tolerance = 1e-12;         // of values in float64
  double float32_tolerance = 2e-5;  // of values and gradients in float32
};

namespace detail {

inline Tensors cast_all(const Tensors& inputs, DType dtype) {
  Tensors result;
  for (const Tensor& input : inputs) {
    result.push_back(is_floating(input.dtype()) ? kernels::cast(input, dtype) : input);
  }
  return result;
}

/// Gradients of <f(inputs), 1> with respect to every input.
inline Tensors gradients_of(const DifferentiableFunction& f, const Tensors& inputs, bool create_graph) {
  Variables x;
  for (const Tensor& input : inputs) {
    x.push_back(Variable::leaf(input));
  }
  const Variable y = f(x);
  const Tensor dy = Tensor::ones(y.shape(), y.dtype());
  Tensors result;
  for (const Variable& dx : grad(y, x, dy, {.create_graph = create_graph, .allow_unused = true})) {
    result.push_back(dx.value());
  }
  return result;
}

inline void expect_gradients(const DifferentiableFunction& f, const Tensors& inputs, std::int64_t results) {
  bool any_element = false;
  for (const Tensor& input : inputs) {
    any_element |= input.numel() > 0;
  }
  if (results > 0 && any_element) {  // otherwise there is nothing to differentiate, only shapes to get right
    const GradcheckReport first = gradcheck(f, inputs), second = gradgradcheck(f, inputs);
    EXPECT_TRUE(first.ok) << first.message;
    EXPECT_TRUE(second.ok) << second.message;
  }
  const Tensors plain = gradients_of(f, inputs, false), traced = gradients_of(f, inputs, true);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_TRUE(near(traced[i], plain[i], 1e-12)) << "create_graph changes the gradient of input " << i;
    EXPECT_EQ(plain[i].shape(), inputs[i].shape()) << "gradient of input " << i;
  }
}

inline void expect_float32(const DifferentiableFunction& f, const Tensors& inputs, double tolerance) {
  const Tensors single = cast_all(inputs, DType::float32), rounded = cast_all(single, DType::float64);
  const Tensor y = f(Variables(single.begin(), single.end())).value();
  EXPECT_EQ(y.dtype(), DType::float32);
  EXPECT_TRUE(near(y, f(Variables(rounded.begin(), rounded.end())).value(), tolerance)) << "float32 against float64";
  const Tensors dx = gradients_of(f, single, false), expected = gradients_of(f, rounded, false);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(dx[i].dtype(), DType::float32);
    EXPECT_TRUE(near(dx[i], expected[i], tolerance)) << "gradient of input " << i << ", float32 against float64";
  }
}

}  // namespace detail

/// f at `inputs` (float64, off f's kinks) against the oracle, and everything listed above.
inline void expect_op(const DifferentiableFunction& f, const Tensors& inputs, const Oracle& oracle,
                      const ExpectOpOptions& options = {}, const char* file = __builtin_FILE(),
                      int line = __builtin_LINE()) {
  const ::testing::ScopedTrace trace(file, line, "expect_op");
  const std::int64_t nodes_before = Node::alive();
  Tensors originals;
  std::vector<std::uint64_t> versions;
  for (const Tensor& input : inputs) {
    originals.push_back(input.clone());
    versions.push_back(input.version());
  }

  const Tensor y = f(Variables(inputs.begin(), inputs.end())).value();
  EXPECT_TRUE(near(y, oracle(inputs), options.tolerance)) << "value against the oracle";
  detail::expect_gradients(f, inputs, y.numel());
  detail::expect_float32(f, inputs, options.float32_tolerance);

  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_TRUE(near(inputs[i], originals[i], 0)) << "input " << i << " was written";
    EXPECT_EQ(inputs[i].version(), versions[i]) << "input " << i << " was written";
  }
  EXPECT_EQ(Node::alive(), nodes_before) << "nodes leaked";
}

/// The message that body throws as gibbs::Error; "" when it throws nothing.
template <class Body>
std::string error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace gibbs::testing
