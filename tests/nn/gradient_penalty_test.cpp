// A gradient penalty, |d loss / d x|^2 added to a loss, is trained by second derivatives through every layer of the
// article's network: convolution, relu, max pooling, dense, softmax. Its gradient is held against central differences
// of penalties whose inner gradient took the other path, without create_graph.
#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::testing {
namespace {

/// The article's network, small: [N, 10, 10, 2] to [N, 3]. Eight filters are a full vector, so its blocks can be fused.
nn::Sequential small_convnet() {
  using namespace nn;
  Sequential model(Conv2d({.in = 2, .out = 8, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}),
                   Conv2d({.in = 8, .out = 8, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Flatten(),
                   Dense({.in = 8, .out = 5}), ReLU(), Dense({.in = 5, .out = 3}));
  initialize(model, 3);
  to(model, DType::float64);
  return model;
}

/// |d loss / d x|^2 for the mean cross entropy of softmax(model(x)) with classes 0, 2.
Variable penalty(nn::Layer& model, const Tensor& images, bool create_graph) {
  const Variable x = Variable::leaf(images);
  const Tensor target = f64({{1, 0, 0}, {0, 0, 1}});
  const Variable loss = sum(log(softmax(model(x))) * target) * -0.5;
  const Variable dx = grad(loss, {x}, {.create_graph = create_graph})[0];
  return sum(square(dx));
}

double central_difference(nn::Layer& model, const Tensor& images, Parameter parameter, std::int64_t element) {
  const double at = parameter.value().to_vector()[static_cast<std::size_t>(element)], h = 1e-5;
  const auto shifted = [&](double value) {
    parameter.mutable_value().mutable_data<double>()[element] = value;
    return penalty(model, images, /*create_graph=*/false).value().item();
  };
  const double difference = (shifted(at + h) - shifted(at - h)) / (2 * h);
  parameter.mutable_value().mutable_data<double>()[element] = at;
  return difference;
}

struct GradientPenalty : ::testing::TestWithParam<bool> {
  GradientPenalty() { nn::set_fusion(GetParam()); }
  ~GradientPenalty() override { nn::set_fusion(fused_before_); }

 private:
  bool fused_before_ = nn::fusion_enabled();
};

TEST_P(GradientPenalty, IsDifferentiatedThroughTheConvNet) {
  nn::Sequential model = small_convnet();
  const Tensor images = random({2, 10, 10, 2}, 5, -1, 1);
  const auto parameters = nn::named_parameters(model);
  Variables leaves;
  for (const auto& [path, parameter] : parameters) {
    leaves.push_back(parameter);
  }
  const Variables gradients = grad(penalty(model, images, /*create_graph=*/true), leaves, {.allow_unused = true});
  int of_size = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::vector<double> analytic = gradients[i].value().to_vector();
    for (std::size_t k = 0; k < analytic.size(); ++k) {
      const double numeric = central_difference(model, images, parameters[i].item, static_cast<std::int64_t>(k));
      EXPECT_NEAR(analytic[k], numeric, 1e-8) << parameters[i].path << " element " << k;
      of_size += std::abs(numeric) > 1e-4 ? 1 : 0;
    }
  }
  EXPECT_GT(of_size, 100) << "too few derivatives are of a size that proves anything";
}

INSTANTIATE_TEST_SUITE_P(FusedAndPlain, GradientPenalty, ::testing::Bool(),
                         [](const auto& fused) { return fused.param ? "fused" : "plain"; });

}  // namespace
}  // namespace gibbs::testing
