// A user's program, with one line or two for each folder of the library: it learns XOR, four pictures of two pixels.
// It also has an op and a layer of the user's own checked.
#include <gibbs/gibbs.h>

#include <iomanip>
#include <iostream>

#include "depthwise_conv2d.h"
#include "own_leaky_relu.h"

using namespace gibbs;

/// Prints what did not hold, or that all did.
void print(const CheckReport& report) {
  std::cout << report.subject << ": " << (report ? "passed" : to_string(report)) << "\n";
}

void check_own_op_and_layer() {
  const Tensor x = kernels::uniform({.seed = 1}, {2, 5, 6, 3}, -1, 1, DType::float64);
  print(check_op("own_leaky_relu", [](const Variables& in) { return own_leaky_relu(in[0], 0.1); }, {x}));

  DepthwiseConv2d layer({.channels = 3, .kernel = {3, 2}, .stride = 2, .padding = nn::Padding::same});
  print(nn::check_layer(layer, {2, 5, 6, 3}));
}

int main() {
  const Variable x = Variable::leaf(Tensor::full({1}, 3.0, DType::float64));
  std::cout << "d(x^2) at 3: " << grad(x * x, {x})[0] << "\n";
  check_own_op_and_layer();

  const data::ImageDataset set{
      .images = Tensor::of({0, 0, 0, 255, 255, 0, 255, 255}, DType::uint8).reshape({4, 1, 2, 1}),
      .labels = Tensor::of({0, 1, 1, 0}, DType::int64),
      .class_names = {"equal", "different"}};
  nn::Sequential model(nn::Flatten(), nn::Dense({.in = 2, .out = 8}), nn::Tanh(), nn::Dense({.in = 8, .out = 2}));
  nn::initialize(model, 0);
  optim::Adam adam(nn::parameters(model), {.learning_rate = 0.1});
  const auto loss = [](const Tensor& labels, const Variable& logits) {
    return losses::cross_entropy_with_logits(labels, logits);
  };
  const train::FitResult result = train::fit(
      model, adam, loss, set, {}, {.epochs = 200, .batch_size = 4, .progress = train::ProgressStyle::silent});
  std::cout << std::fixed << std::setprecision(2) << "XOR loss: " << result.history.epochs.back()["loss"]
            << ", accuracy: " << train::evaluate(model, loss, set, {.batch_size = 4}).accuracy << "\n";
}
