// Lesson 6: a layer of your own, with parameters.
//
// A layer writes two functions: `forward`, what it computes, and `visit`, what it consists of. Optimizers, saving and
// loading, summaries, cloning and gradient checks all work from these. Here it is the Swish activation with a slope per
// channel that is learned: y = x sigmoid(beta x). For beta = 0 it is x / 2, for large beta it is relu.
#include <gibbs/gibbs.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "examples/program/verdict.h"

using namespace gibbs;
using namespace gibbs::nn;

/// y = x / (1 + e^(-beta x)), beta per channel: the last axis.
class Swish : public Layer {
 public:
  explicit Swish(std::int64_t channels) : beta_(Tensor::ones({channels})) {}

  void visit(ModuleVisitor& visitor) override { visitor.parameter("beta", beta_); }
  std::string describe() const override { return fmt::format("Swish({})", beta_.value().numel()); }
  std::unique_ptr<Module> share() const override { return std::make_unique<Swish>(*this); }

 protected:
  Variable forward(const Variable& x) override { return x * sigmoid(x * beta_); }

 private:
  Parameter beta_;
};

Sequential small_network(std::uint64_t seed) {
  return initialized(Sequential{Dense({.in = 3, .out = 5}), Swish(5), Dense({.in = 5, .out = 2})}, seed);
}

int lesson() {
  Sequential model = small_network(1), other = small_network(2);
  std::cout << summary(model, {3});

  // One step of training moves beta like any parameter.
  const Tensor x = kernels::normal({.seed = 3}, {8, 3});
  const Tensor labels = kernels::random_integers({.seed = 4}, {8}, 0, 2);
  optim::SGD sgd(parameters(model), {.learning_rate = 0.5});
  backward(losses::cross_entropy_with_logits(labels, model(x)));
  sgd.step();
  const std::vector<Named<Parameter>> named = named_parameters(model);
  fmt::print("after a step {} is {}\n", named[2].path, to_string(named[2].item.value()));

  // Saved, and loaded into a network that began with other weights.
  std::string folder = (std::filesystem::temp_directory_path() / "gibbs_06_XXXXXX").string();
  check(mkdtemp(folder.data()) != nullptr, "06_custom_layer: cannot create ", folder);
  const std::filesystem::path file = folder + "/swish.safetensors";
  const bool differed = weights_sha256(model) != weights_sha256(other);
  save_weights(model, file);
  load_weights(other, file);
  std::filesystem::remove_all(folder);

  // Everything else that must hold of a layer: gradients, copies, the same bits on any number of threads ...
  Swish layer(5);
  const CheckReport report = check_layer(layer, {4, 5});
  std::cout << report << "\n";

  return examples::verdict({
      {"beta has a name of its own", named[2].path == "1.beta"},
      {"a step of training moved it", named[2].item.value().at({0}) != 1},
      {"what was loaded has the bits of what was saved", differed && weights_sha256(model) == weights_sha256(other)},
      {"the layer passes every check", static_cast<bool>(report)},
  });
}

int main() { return examples::guarded(lesson); }
