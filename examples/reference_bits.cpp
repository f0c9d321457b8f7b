// Ten training steps of the article's network whose bits are the same on every machine: after each step, the
// fingerprint of every parameter. scripts/reproduce.sh compares them with docs/reference_bits.txt, and says at which
// step and in which parameter a machine goes its own way.
#include "examples/networks/article_convnet.h"
#include "examples/program/program.h"
#include "gibbs/data/drawn.h"
#include "gibbs/data/loader.h"
#include "gibbs/gibbs.h"

namespace {

using namespace gibbs;

std::string fingerprint(const Tensor& x) {
  io::Sha256 sha;
  sha.update(x.data<float>(), static_cast<std::size_t>(x.numel()) * sizeof(float));
  return sha.hex().substr(0, 16);
}

void run(std::int64_t steps) {
  set_bits(Bits::portable);
  const data::ImageDataset pictures = data::drawn_images(160, /*seed=*/0);
  nn::Sequential model = examples::article_convnet(/*seed=*/0);
  optim::Adam adam(nn::parameters(model), {.learning_rate = 1e-3});
  data::DataLoader loader(pictures, {.batch_size = 16});
  nn::TrainingLoop loop({.seed = 0});
  for (std::int64_t step = 1; step <= steps; ++step) {
    const data::Batch batch = loader.next();
    const nn::ForwardScope scope = loop.next(batch.rows);
    adam.clear_gradients();
    backward(losses::cross_entropy_with_logits(batch.target(), model(batch.input())));
    adam.step();
    for (const auto& [path, parameter] : nn::parameters(model)) {
      fmt::print("step {} parameter {} {}\n", step, path, fingerprint(parameter.value()));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Ten training steps whose bits are the same on every machine, as fingerprints of all parameters.");
  std::int64_t steps = 10;
  app.add_option("--steps", steps, "Training steps of 16 pictures")
      ->transform(examples::whole_number(1, examples::kLargestCount))
      ->capture_default_str();
  return examples::run_program(app, argc, argv, [&] {
    run(steps);
    return 0;
  });
}
