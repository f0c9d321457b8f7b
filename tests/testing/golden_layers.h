// Layers against PyTorch: the cases that a script of tests/golden wrote, by their names, and the layers that they are
// of. Output, gradients of input and parameters, a second derivative and, after steps of training, running averages
// must be PyTorch's, in float64. tests/golden/layer_cases.py says what a case is.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/module.h"
#include "gibbs/nn/weights.h"
#include "tests/testing/golden_numbers.h"
#include "tests/testing/near.h"

namespace gibbs::testing {

struct GoldenLayer {
  std::string name;  // of its case
  std::function<std::unique_ptr<nn::Layer>()> make;
};

/// The layer under the name of its case.
template <std::derived_from<nn::Layer> L>
GoldenLayer golden_layer(const std::string& name, const L& layer) {
  return {name, [layer] { return std::make_unique<L>(layer); }};
}

inline Tensor golden_tensor(const nlohmann::json& values, const Shape& shape) {
  return Tensor::from(values.get<std::vector<double>>(), shape);
}

/// The cases that tests/golden/<family>.py wrote.
inline nlohmann::json golden_cases(const std::string& family) {
  std::ifstream file(GIBBS_SOURCE_DIR "/tests/golden/" + family + ".json");
  return nlohmann::json::parse(file);
}

inline Shape golden_shape(const nlohmann::json& sizes) { return Shape(sizes.get<std::vector<std::int64_t>>()); }

/// Running averages after training with the inputs that are seeded with 101, 102 and so on.
inline void expect_golden_averages(nn::Layer& layer, const nlohmann::json& golden, double tolerance) {
  const Shape input = golden_shape(golden["input"]);
  for (std::uint32_t step = 1; step <= golden["steps"].get<std::uint32_t>(); ++step) {
    const nn::ForwardScope scope({.training = true, .step = step - 1});
    layer(golden_numbers(100 + step, input, 8));
  }
  for (const auto& [name, buffer] : nn::named_buffers(layer)) {
    EXPECT_TRUE(near(buffer.value(), golden_tensor(golden[name], buffer.value().shape()), tolerance)) << name;
  }
}

/// The layer gives what the case says, within tolerance max(1, |number|).
inline void expect_golden(nn::Layer& layer, const nlohmann::json& golden, double tolerance) {
  nn::to(layer, DType::float64);
  Variables inputs{Variable::leaf(golden_numbers(100, golden_shape(golden["input"]), 8))};
  std::vector<std::string> names = {"x"};
  for (auto& [path, parameter] : nn::parameters(layer)) {
    parameter.replace(golden_numbers(static_cast<std::uint32_t>(names.size()), parameter.shape(), 2));
    inputs.push_back(parameter);
    names.push_back(path);
  }
  if (golden.contains("steps")) {
    expect_golden_averages(layer, golden, tolerance);
  }
  const nn::ForwardScope scope({.training = golden["training"]});
  const Variable y = layer(inputs[0]);
  ASSERT_TRUE(near(y.value(), golden_tensor(golden["y"], golden_shape(golden["output"])), tolerance));
  const Variables d = grad(y, inputs, golden_numbers(200, y.shape(), 2), {.create_graph = true});
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_TRUE(golden.contains("d" + names[i])) << "no gradient of " << names[i];
    EXPECT_TRUE(near(d[i].value(), golden_tensor(golden["d" + names[i]], d[i].shape()), tolerance)) << "d" << names[i];
  }
  const Tensor v = golden_numbers(300, inputs[0].shape(), 2);
  const Tensor ddx = d[0].traced()
                         ? grad(sum(d[0] * Variable(v)), {inputs[0]}, GradOptions{.allow_unused = true})[0].value()
                         : Tensor::zeros(v.shape(), DType::float64);
  EXPECT_TRUE(near(ddx, golden_tensor(golden["ddx"], v.shape()), tolerance)) << "ddx";
}

/// Every case of the family has its layer here, and every layer its case.
inline void expect_golden_layers(const std::string& family, const std::vector<GoldenLayer>& layers,
                                 double tolerance = 1e-12) {
  const nlohmann::json cases = golden_cases(family);
  EXPECT_EQ(cases.size(), layers.size()) << "cases without a layer";
  for (const auto& [name, make] : layers) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(cases.contains(name)) << "tests/golden/" << family << ".json has no such case";
    expect_golden(*make(), cases[name], tolerance);
  }
}

}  // namespace gibbs::testing
