// Lesson 3: what a hidden layer is for.
//
// XOR is 1 when exactly one of two inputs is 1. No straight line separates its four points, so the best that a linear
// model can do is to answer 1/2 everywhere: mean squared error 1/4, after any amount of training. One hidden layer
// bends the plane, and the same loop learns the four points.
//
//   03_xor                                              the lesson as it is meant; all of its claims hold
//   03_xor --rate 0.01 --hidden 2 --activation relu     yours: which claims still hold?
//   03_xor --out pictures                               draws what the network answers, before and after training
#include <gibbs/gibbs.h>

#include <cmath>

#include "examples/first_pages/xor_plane.h"
#include "examples/program/program.h"
#include "examples/program/verdict.h"

using namespace gibbs;
using namespace gibbs::nn;

const Tensor kInputs = Tensor::of({{0, 0}, {0, 1}, {1, 0}, {1, 1}});
const Tensor kTargets = Tensor::of({{0}, {1}, {1}, {0}});

struct Settings {
  double rate = 0.1;  // the learning rate
  int hidden = 4, steps = 1000, seed = 0;
  std::string activation = "tanh";
  std::filesystem::path out;
};

Sequential network_of(const Settings& settings) {
  Sequential network{Dense({.in = 2, .out = settings.hidden})};
  if (settings.activation == "tanh") {
    network.add(Tanh());
  } else if (settings.activation == "relu") {
    network.add(ReLU());
  }
  network.add(Dense({.in = settings.hidden, .out = 1}));
  initialize(network, static_cast<std::uint64_t>(settings.seed));
  return network;
}

/// What has left all numbers behind is printed without a sign.
double shown(double value) { return std::isnan(value) ? std::abs(value) : value; }

/// Trains the model on the four points and returns its last loss.
double train_on_xor(Layer& model, const Settings& settings) {
  optim::SGD sgd(parameters(model), {.learning_rate = settings.rate});
  double last = 0;
  for (int step = 0; step < settings.steps; ++step) {
    const Variable loss = losses::mean_squared_error(kTargets, model(kInputs));
    sgd.clear_gradients();
    backward(loss);
    sgd.step();
    last = loss.value().item();
    if (step % std::max(settings.steps / 5, 1) == 0) {
      fmt::print("  step {:>4}: loss {:.5f}\n", step, shown(last));
    }
  }
  return last;
}

int lesson(const Settings& settings) {
  Dense line({.in = 2, .out = 1});
  initialize(line, 0);
  Sequential network = network_of(settings);
  const examples::XorPlane before(network);

  fmt::print("A linear model:\n");
  const double linear_loss = train_on_xor(line, settings);
  fmt::print("With one hidden layer of {}:\n", settings.hidden);
  const double network_loss = train_on_xor(network, settings);

  bool all_right = true;
  const Tensor answers = network(kInputs).value();
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto a = kInputs.at({i, 0}), b = kInputs.at({i, 1}), answer = answers.at({i, 0});
    fmt::print("{} xor {} = {:.3f}\n", a, b, shown(answer));
    all_right &= std::abs(answer - kTargets.at({i, 0})) < 0.1;
  }
  if (!settings.out.empty() && !std::isfinite(network_loss)) {
    fmt::print("No picture: the network's answers are no numbers any more. Take a lower --rate.\n");
  } else if (!settings.out.empty()) {
    examples::draw_xor_planes(settings.out, before, examples::XorPlane(network));
  }
  return examples::verdict({
      {"the linear model ends at 1/4", std::abs(linear_loss - 0.25) < 1e-3},
      {"the network's loss is below 0.001", network_loss < 1e-3},
      {"its four answers are right", all_right},
  });
}

int main(int argc, char** argv) {
  CLI::App app("What a hidden layer is for: XOR by a linear model, and by a network that you may change.");
  Settings settings;
  const auto count = examples::whole_number(1, 100'000);
  app.add_option("--rate", settings.rate, "Learning rate")
      ->transform(examples::must_be("a number above 0", [](double rate) { return rate > 0; }));
  app.add_option("--hidden", settings.hidden, "Hidden units")->transform(count);
  app.add_option("--activation", settings.activation, "tanh, relu or none")
      ->check(CLI::IsMember({"tanh", "relu", "none"}));
  app.add_option("--steps", settings.steps, "Steps of training")->transform(count);
  app.add_option("--seed", settings.seed, "Draws the weights that training begins with")
      ->transform(examples::whole_number(0, 100'000));
  app.add_option("--out", settings.out, "Folder for the picture xor_plane, as svg and png");
  return examples::run_program(app, argc, argv, [&] { return lesson(settings); });
}
