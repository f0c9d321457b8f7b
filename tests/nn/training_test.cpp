// Layers together: two small models trained by gradient descent written out by hand.
#include <gtest/gtest.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/nn/nn.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::nn {
namespace {

/// Mean cross entropy of logits and classes.
Variable loss_of(Layer& model, const Tensor& x, const Tensor& classes) {
  const Variable logits = model(x);
  return -mean(sum(log_softmax(logits) * kernels::one_hot(classes, logits.size(1)), {1}));
}

double train(Layer& model, const Tensor& x, const Tensor& classes, std::uint64_t steps, double rate) {
  for (std::uint64_t step = 0; step < steps; ++step) {
    const ForwardScope scope({.training = true, .seed = 1, .step = step});
    backward(loss_of(model, x, classes));
    for (auto& [path, parameter] : parameters(model)) {
      parameter.mutable_value().copy_from(parameter.value() - kernels::mul(parameter.gradient(), rate));
      parameter.clear_gradient();
    }
  }
  const NoTape no_tape;
  return loss_of(model, x, classes).value().item();
}

TEST(Training, TwoDenseLayersLearnExclusiveOr) {
  Sequential model(Dense({.in = 2, .out = 8}), Tanh(), Dense({.in = 8, .out = 2}));
  initialize(model, 3);
  const Tensor x = Tensor::of({{0, 0}, {0, 1}, {1, 0}, {1, 1}});
  const Tensor classes = Tensor::of({0, 1, 1, 0}, DType::int64);
  EXPECT_GT(loss_of(model, x, classes).value().item(), 0.5);
  EXPECT_LT(train(model, x, classes, 300, 0.5), 0.05);
}

TEST(Training, AConvolutionalNetworkTellsRowsFromColumns) {
  Sequential model(Conv2d({.in = 1, .out = 4, .kernel = 3, .padding = Padding::same}), ReLU(), MaxPool2d({.window = 2}),
                   Dropout({.rate = 0.1}), Flatten(), Dense({.in = 36, .out = 2}));
  initialize(model, 4);
  // Twelve pictures of 6x6: one bright row, or one bright column.
  Tensor x = Tensor::zeros({12, 6, 6, 1});
  Tensor classes = Tensor::zeros({12}, DType::int64);
  for (std::int64_t line = 0; line < 6; ++line) {
    for (std::int64_t place = 0; place < 6; ++place) {
      x.set({line, line, place, 0}, 1);
      x.set({line + 6, place, line, 0}, 1);
    }
    classes.set({line + 6}, 1);
  }
  EXPECT_GT(loss_of(model, x, classes).value().item(), 0.5);
  EXPECT_LT(train(model, x, classes, 200, 0.3), 0.05);
}

}  // namespace
}  // namespace gibbs::nn
