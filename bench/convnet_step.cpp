// The article's training step, timed whole: batch assembly, dropout, forward, loss, backward, Adam.
//
// Prints one JSON line. bench/run.sh runs it in turn with the peers' programs in bench/peers, which do the same work;
// the loss after five fixed steps (--verify) proves it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/timing.h"
#include "examples/doctor/yardstick.h"
#include "examples/networks/article_convnet.h"
#include "gibbs/data/drawn.h"
#include "gibbs/data/loader.h"
#include "gibbs/gibbs.h"
#include "tests/testing/golden_numbers.h"

namespace {

using namespace gibbs;

void train_step(nn::Layer& model, optim::Adam& adam, const Tensor& images, const Tensor& labels, double& loss_value) {
  adam.clear_gradients();
  const Variable loss = losses::cross_entropy_with_logits(labels, model(images));
  backward(loss);
  adam.step();
  loss_value = loss.value().item();
}

optim::Adam make_adam(nn::Module& model) {
  return optim::Adam(nn::parameters(model),
                     {.learning_rate = 1e-3, .epsilon_mode = optim::EpsilonMode::bias_corrected});
}

/// The loss after five steps without dropout on a fixed batch from fixed weights.
double loss_after_five_steps(std::int64_t batch) {
  nn::Sequential model = examples::article_convnet(0);
  testing::set_golden_parameters(model, DType::float32);
  Tensor labels = Tensor::uninitialized({batch}, DType::int64);
  for (std::int64_t i = 0; i < batch; ++i) {
    labels.set({i}, static_cast<double>(i % 10));
  }
  const Tensor images = testing::golden_images(batch, DType::float32);
  optim::Adam adam = make_adam(model);
  double loss = 0;
  const nn::ForwardScope evaluation({});
  for (int step = 0; step < 6; ++step) {  // the sixth loss is the one after five steps
    train_step(model, adam, images, labels, loss);
  }
  return loss;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times the article's training step.");
  int threads = 2, steps = 20, warmup = 5, repeat = 1;
  std::int64_t batch_size = 250;
  bool verify = false, only_steps = false;
  app.add_option("--threads", threads)->capture_default_str();
  app.add_option("--batch", batch_size)->capture_default_str();
  app.add_option("--steps", steps)->capture_default_str();
  app.add_option("--warmup", warmup)->capture_default_str();
  app.add_option("--repeat", repeat, "Take so many steps for one: slow on purpose, for guards that must see it")
      ->capture_default_str();
  app.add_flag("--verify", verify, "Also compute the loss after five fixed steps");
  app.add_flag("--only-steps", only_steps, "No yardstick, and few images: for tools that count instructions");
  CLI11_PARSE(app, argc, argv);

  set_num_threads(threads);
  nn::Sequential model = examples::article_convnet(0);
  optim::Adam adam = make_adam(model);
  const data::ImageDataset images = data::drawn_images(only_steps ? batch_size : 10'000, 0);
  data::DataLoader loader(images, {.batch_size = batch_size});
  nn::TrainingLoop loop;
  const auto one_step = [&] {
    for (int i = 0; i < repeat; ++i) {
      const data::Batch batch = loader.next();
      const nn::ForwardScope scope = loop.next(batch.rows);
      double loss = 0;
      train_step(model, adam, batch.input(), batch.target(), loss);
    }
  };
  nlohmann::ordered_json result;
  result["peer"] = "gibbs";
  std::vector<double> times = bench::repeat(one_step, {.warmup = warmup, .calls = only_steps ? steps : 0});
  if (!only_steps) {
    const examples::Judgement judged = examples::judge(examples::article_step(batch_size), steps, one_step);
    times = judged.times;
    result["peak_gflop_per_s"] = judged.gflop_per_s;
    result["memory_gb_per_s"] = judged.gb_per_s;
    result["arithmetic_ms"] = judged.arithmetic_ms;
    result["memory_ms"] = judged.memory_ms;
    result["efficiency"] = judged.efficiency();
  }
  result["ms"] = bench::median(times);
  result["best_ms"] = bench::least(times);
  result["blas_core"] = kernels::blas_core_name();
  result["gemm"] = kernels::gemm_description();
  if (verify) {
    result["loss_after_5_steps"] = loss_after_five_steps(batch_size);
  }
  fmt::print("{}\n", result.dump());
  return 0;
}
