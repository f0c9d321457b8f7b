// Lesson 10: training on a derivative.
//
// How much does the loss change when a picture changes a little? That is the gradient of the loss in the picture,
// g = d loss / d x. Adding its length, loss + lambda |g|^2, asks the network for answers that do not hang on single
// pixels (Drucker and LeCun 1992, "Improving generalization performance using double backpropagation"). The gradient of
// that sum is a second derivative, and it goes through every layer of the article's network: convolution, ReLU, max
// pooling, dropout, dense, softmax. `create_graph` is all it takes.
#include <gibbs/gibbs.h>

#include "examples/networks/article_convnet.h"
#include "examples/program/verdict.h"

using namespace gibbs;

constexpr double kLambda = 0.6;

struct Outcome {
  double loss, penalty;  // means over the pictures, without dropout
};

/// The mean cross entropy of a batch, and the mean of |d loss / d x|^2 over its pictures.
struct Measured {
  Variable loss, penalty;
};

Measured measure(nn::Layer& model, const data::Batch& batch, bool create_graph) {
  const Variable x = Variable::leaf(batch.input());
  const Variable loss =
      losses::cross_entropy_with_logits(batch.target(), model(x), {.reduction = losses::Reduction::sum});
  const Variable g = grad(loss, {x}, {.create_graph = create_graph, .retain_graph = true})[0];
  const auto pictures = static_cast<double>(batch.input().size(0));
  return {loss / pictures, sum(square(g)) / pictures};
}

/// Trains the article's network from seed 0 with the penalty's weight lambda.
Outcome trained(double lambda, const data::ImageDataset& pictures) {
  nn::Sequential model = examples::article_convnet(0);
  optim::Adam adam(nn::parameters(model), {.learning_rate = 1e-3});
  data::DataLoader loader(pictures, {.batch_size = 50});
  nn::TrainingLoop loop;
  for (int step = 0; step < 80; ++step) {
    const data::Batch batch = loader.next();
    const nn::ForwardScope training = loop.next(batch.rows);
    const Measured now = measure(model, batch, /*create_graph=*/lambda > 0);
    adam.clear_gradients();
    backward(lambda > 0 ? now.loss + now.penalty * lambda : now.loss);
    adam.step();
  }
  data::DataLoader all(pictures, {.batch_size = pictures.size()});
  const nn::ForwardScope evaluation({});
  const Measured end = measure(model, all.next(), /*create_graph=*/false);
  return {end.loss.value().item(), end.penalty.value().item()};
}

int lesson() {
  const data::ImageDataset pictures = data::load("drawn", {.drawn_train = 250, .drawn_test = 10}).train;
  const Outcome plain = trained(0, pictures), penalized = trained(kLambda, pictures);
  fmt::print("80 steps on 250 drawn pictures\n\n{:>12} {:>8} {:>14}\n", "lambda", "loss", "|d loss/d x|^2");
  fmt::print("{:>12} {:>8.3f} {:>14.4f}\n{:>12} {:>8.3f} {:>14.4f}\n", 0, plain.loss, plain.penalty, kLambda,
             penalized.loss, penalized.penalty);
  return examples::verdict({
      {"both networks learn: the loss falls under ln 10 = 2.303", plain.loss < 2.2 && penalized.loss < 2.2},
      {"the penalty more than halves the slope of the loss in the pictures", penalized.penalty < plain.penalty / 2},
  });
}

int main() { return examples::guarded(lesson); }
