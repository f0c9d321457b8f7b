// Ten full-batch Adam steps of the article's network (without dropout) against values computed with PyTorch 1.13 in
// float64.
//
// Nothing random is stored: weights and images come from s <- (1664525 s + 1013904223) mod 2^32, u = s / 2^32 - 1/2.
// Parameter k is seeded with k; weights are 2 sqrt(6 / (fan_in + fan_out)) u, biases 0.02 u; images are seeded with
// 100.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gibbs/autograd/grad.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "tests/testing/golden_numbers.h"

namespace gibbs {
namespace {

using nlohmann::json;

nn::Sequential convnet_without_dropout() {
  using namespace nn;
  return Sequential(Conv2d({.in = 3, .out = 32, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}),
                    Conv2d({.in = 32, .out = 64, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Flatten(),
                    Dense({.in = 2304, .out = 256}), ReLU(), Dense({.in = 256, .out = 10}));
}

/// |got - want| <= tolerance max(|want|, 0.01): two of the sums are zero.
void expect_close(double got, double want, double tolerance, const std::string& what) {
  EXPECT_LE(std::abs(got - want), tolerance * std::max(std::abs(want), 0.01))
      << what << ": " << got << ", golden " << want;
}

void expect_summary(const Tensor& tensor, const json& golden, double tolerance, const std::string& name) {
  const std::vector<double> values = tensor.to_vector();
  double sum = 0, squares = 0;
  for (double v : values) {
    sum += v;
    squares += v * v;
  }
  expect_close(std::sqrt(squares), golden["l2"], tolerance, name + " l2");
  expect_close(sum, golden["sum"], tolerance, name + " sum");
  for (std::size_t i = 0; i < 3; ++i) {
    expect_close(values[i], golden["first3"][i], tolerance, name + " first3");
    if (golden.contains("last3")) {
      expect_close(values[values.size() - 3 + i], golden["last3"][i], tolerance, name + " last3");
    }
  }
}

void expect_golden(DType dtype, double tolerance) {
  std::ifstream file(GIBBS_SOURCE_DIR "/tests/testing/golden/article_convnet.json");
  const json golden = json::parse(file);
  const std::vector<std::string> names = {"conv1.weight",  "conv1.bias",  "conv2.weight",  "conv2.bias",
                                          "dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"};
  nn::Sequential model = convnet_without_dropout();
  testing::set_golden_parameters(model, dtype);
  const std::vector<Named<Parameter>> parameters = nn::parameters(model);
  ASSERT_EQ(parameters.size(), names.size());
  optim::Adam adam(parameters,
                   {.learning_rate = 1e-3, .epsilon = 1e-7, .epsilon_mode = optim::EpsilonMode::bias_corrected});
  const Tensor images = testing::golden_images(4, dtype);
  const Tensor labels = Tensor::of({3, 1, 4, 9}, DType::int64);

  for (std::size_t step = 0; step < 10; ++step) {
    adam.clear_gradients();
    const Variable logits = model(images);
    const Variable loss = losses::cross_entropy_with_logits(labels, logits);
    expect_close(loss.value().item(), golden["losses"][step], tolerance, "loss " + std::to_string(step));
    backward(loss);
    if (step == 0) {
      for (std::int64_t k = 0; k < 10; ++k) {
        expect_close(logits.value().at({0, k}), golden["logits_row0_step0"][static_cast<std::size_t>(k)], tolerance,
                     "logits");
      }
      for (std::size_t i = 0; i < names.size(); ++i) {
        expect_summary(parameters[i].item.gradient(), golden["gradients_step0"][names[i]], tolerance,
                       names[i] + " gradient");
      }
    }
    adam.step();
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    expect_summary(parameters[i].item.value(), golden["parameters_after_10_steps"][names[i]], tolerance, names[i]);
  }
}

TEST(GoldenConvnet, Float64AgreesToOneInABillion) { expect_golden(DType::float64, 1e-9); }

TEST(GoldenConvnet, Float32AgreesToOneInTenThousand) { expect_golden(DType::float32, 1e-4); }

}  // namespace
}  // namespace gibbs
