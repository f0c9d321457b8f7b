// A user's program, with one line or two for each folder of the library: it learns XOR, four pictures of two pixels.
#include <gibbs/gibbs.h>

#include <iomanip>
#include <iostream>

using namespace gibbs;

/// y = x^2, an op of the user's own.   dx = 2 x dy.
Variable squared(const Variable& x) {
  return record("squared", x.value() * x.value(), wrt(x, [x](const Variable& dy) { return 2.0 * x * dy; }));
}

int main() {
  const Tensor three = Tensor::full({1}, 3.0, DType::float64);
  const Variable x = Variable::leaf(three);
  std::cout << "d(x^2) at 3: " << grad(squared(x), {x})[0]
            << ", checked: " << gradcheck([](const Variables& in) { return squared(in[0]); }, {three}).ok << "\n";

  const data::ImageDataset set{
      .images = Tensor::of({0, 0, 0, 255, 255, 0, 255, 255}, DType::uint8).reshape({4, 1, 2, 1}),
      .labels = Tensor::of({0, 1, 1, 0}, DType::int64),
      .class_names = {"equal", "different"}};
  Rng rng(0);
  nn::Sequential model(nn::Flatten(), nn::Dense({.in = 2, .out = 8}, rng), nn::Tanh(),
                       nn::Dense({.in = 8, .out = 2}, rng));
  optim::Adam adam(nn::parameters(model), {.learning_rate = 0.1});
  const auto loss = [](const Tensor& labels, const Variable& logits) {
    return losses::cross_entropy_with_logits(labels, logits);
  };
  const train::FitResult result = train::fit(
      model, adam, loss, set, {}, {.epochs = 200, .batch_size = 4, .progress = train::ProgressStyle::silent});
  std::cout << std::fixed << std::setprecision(2) << "XOR loss: " << result.history.epochs.back().loss
            << ", accuracy: " << train::evaluate(model, loss, set, {.batch_size = 4}).accuracy << "\n";
}
