// Anomaly mode in a model: the path of the layer, even where layers would be fused.
#include "gibbs/autograd/anomaly.h"

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

/// ones [1, 6, 6, 1] to [1, 1]; convolution and bias give 0, so relu and pooling do too.
Sequential small_model() {
  Sequential block(Conv2d({.in = 1, .out = 16, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}));
  Sequential model{std::move(block), Flatten(), Dense({.in = 64, .out = 1})};
  initialize(model, 1);
  parameters(model)[0].item.mutable_value().fill(0);
  return model;
}

TEST(Anomaly, NamesTheLayerForward) {
  Sequential model = small_model();
  parameters(model)[1].item.mutable_value().set({3}, std::numeric_limits<double>::infinity());
  const AnomalyMode anomaly;
  EXPECT_EQ(error_of([&] {
              model(Tensor::ones({1, 6, 6, 1}));
            }),
            "anomaly: 'conv2d' in layer '0.0' (Conv2d(1 -> 16, kernel 3x3)) gave infinity\n"
            "  input 0: [1, 6, 6, 1] float32, min 1, max 1, mean 1\n"
            "  input 1: [3, 3, 1, 16] float32, min 0, max 0, mean 0\n"
            "  input 2: [16] float32, min 0, max 0, mean 0, 1 infinite\n"
            "  output: [1, 4, 4, 16] float32, min 0, max 0, mean 0, 16 infinite");
}

TEST(Anomaly, NamesTheLayerBackward) {
  Sequential model = small_model();
  parameters(model)[2].item.mutable_value().fill(1e30);
  const AnomalyMode anomaly;
  const Variable y = model(Tensor::ones({1, 6, 6, 1}));
  const std::string error = error_of([&] { backward(y, Tensor::full({1, 1}, 1e30)); });
  EXPECT_EQ(error,
            "anomaly: the gradient of 'dense' in layer '2' (Dense(64 -> 1)) with respect to input 0 holds infinity\n"
            "  input 0: [1, 64] float32, min 0, max 0, mean 0\n"
            "  input 1: [64, 1] float32, min 1e+30, max 1e+30, mean 1e+30\n"
            "  input 2: [1] float32, min 0, max 0, mean 0\n"
            "  dy: [1, 1] float32, min 1e+30, max 1e+30, mean 1e+30\n"
            "  dx: [1, 64] float32, 64 infinite");
}

}  // namespace
}  // namespace gibbs::nn
