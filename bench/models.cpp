// Whole networks: the time of one training step (forward, loss, backward, optimizer) on a batch that is there, and the
// time that this machine would need for its products and for its memory.
//
// Prints a JSON line per network. bench/models.sh runs it in turn with bench/peers/pytorch_models.py, which has the
// same networks under the same names; the loss after five steps from fixed weights proves that they compute the same.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/timing.h"
#include "examples/doctor/yardstick.h"
#include "examples/networks/autoencoder.h"
#include "examples/networks/resnet.h"
#include "examples/networks/separable_convnet.h"
#include "examples/networks/speed_run_convnet.h"
#include "examples/networks/vae.h"
#include "gibbs/gibbs.h"
#include "tests/testing/golden_numbers.h"

namespace {

using namespace gibbs;

/// A network with its batch: a step is everything that a trainer does with it.
struct Training {
  std::shared_ptr<nn::Module> model;
  std::function<Variable()> loss;
  std::shared_ptr<optim::Optimizer> optimizer;

  double step() {
    optimizer->clear_gradients();
    const Variable value = loss();
    backward(value);
    optimizer->step();
    return value.value().item();
  }
};

struct Benchmark {
  const char* name;
  std::int64_t batch;
  std::function<Training(std::int64_t batch)> make;
};

Tensor images(std::int64_t batch) { return testing::golden_images(batch, DType::float32); }
/// [batch, width] in [0, 1).
Tensor rows(std::int64_t batch, std::int64_t width) {
  return kernels::cast(testing::golden_numbers(100, {batch, width}, 1, 0.5), DType::float32);
}
Tensor labels(std::int64_t batch) {
  Tensor classes = Tensor::uninitialized({batch}, DType::int64);
  for (std::int64_t i = 0; i < batch; ++i) {
    classes.mutable_data<std::int64_t>()[i] = i % 10;
  }
  return classes;
}

/// Weights of matrices and convolutions are golden numbers; the others stay 0, or 1 for a scale.
void set_golden_weights(nn::Module& model) {
  std::uint32_t seed = 1;
  for (auto& [path, parameter] : nn::named_parameters(model)) {
    if (parameter.shape().rank() > 1) {
      parameter.replace(kernels::cast(testing::golden_weight(seed++, parameter.shape()), DType::float32));
    }
  }
}

template <class M>
std::shared_ptr<M> with_golden_weights(M model) {
  set_golden_weights(model);
  return std::make_shared<M>(std::move(model));
}

std::shared_ptr<optim::Optimizer> adam(nn::Module& model) {
  return std::make_shared<optim::Adam>(nn::parameters(model), optim::AdamOptions{.learning_rate = 1e-3});
}
std::shared_ptr<optim::Optimizer> sgd(nn::Module& model) {
  return std::make_shared<optim::SGD>(nn::parameters(model), optim::SGDOptions{.learning_rate = 0.01, .momentum = 0.9});
}

Training classifier(nn::Sequential network, const Tensor& x,
                    const std::function<std::shared_ptr<optim::Optimizer>(nn::Module&)>& optimizer) {
  const auto model = with_golden_weights(std::move(network));
  const auto loss = [model, x, target = labels(x.size(0))] {
    return losses::cross_entropy_with_logits(target, (*model)(x));
  };
  return {model, loss, optimizer(*model)};
}

nn::Sequential mlp() {
  using namespace nn;
  Sequential model{Dense({.in = 784, .out = 512}), ReLU(), Dense({.in = 512, .out = 512}), ReLU(),
                   Dense({.in = 512, .out = 10})};
  initialize(model, 0);
  return model;
}

Training autoencoder(std::int64_t batch) {
  const auto model = with_golden_weights(examples::autoencoder(0));
  const Variable x = images(batch);
  return {model, [=] { return losses::mean_squared_error(x, (*model)(x)); }, adam(*model)};
}

Training vae(std::int64_t batch) {
  examples::VAE network;
  nn::initialize(network, 0);
  const auto model = with_golden_weights(std::move(network));
  const Variable x = rows(batch, 784);
  const Variable noise = kernels::cast(testing::golden_numbers(101, {batch, 20}, std::sqrt(12.0)), DType::float32);
  return {model, [=] { return examples::vae_loss(x, (*model)(x, noise)); }, adam(*model)};
}

const std::vector<Benchmark> kBenchmarks = {
    {"speed_run_convnet", 250, [](auto n) { return classifier(examples::speed_run_convnet(0), images(n), sgd); }},
    {"resnet20", 128, [](auto n) { return classifier(examples::resnet(0), images(n), sgd); }},
    {"separable_convnet", 64, [](auto n) { return classifier(examples::separable_convnet(0), images(n), sgd); }},
    {"mlp", 128, [](auto n) { return classifier(mlp(), rows(n, 784), adam); }},
    {"autoencoder", 64, autoencoder},
    {"vae", 128, vae},
};

/// Floating-point operations of the products of a step, and bytes that its ops read and write, as the profile counts
/// them.
examples::Work work_of(const std::function<void()>& step) {
  Profile profile;
  step();
  profile.stop();
  examples::Work work;
  for (const ProfileRow& row : profile.rows()) {
    work.flop += row.flops;
    work.bytes += row.bytes;
  }
  return work;
}

/// The GFLOP/s of the library's matrix product at its best.
double product_rate() {
  const Tensor a = kernels::cast(testing::golden_numbers(1, {1024, 1024}, 1), DType::float32);
  const double ms = bench::least(bench::repeat([&] { kernels::matmul(a, a); }, {.warmup = 2, .calls = 8}));
  return 2 * std::pow(1024.0, 3) / (1e6 * ms);
}

/// The loss after five steps.
double loss_after_five_steps(const Benchmark& benchmark, std::int64_t batch) {
  Training training = benchmark.make(batch);
  nn::TrainingLoop loop;
  double loss = 0;
  for (int i = 0; i < 6; ++i) {  // the sixth loss is the one after five steps
    const nn::ForwardScope scope = loop.next(batch);
    loss = training.step();
  }
  return loss;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times a training step of whole networks.");
  int threads = 2, least_steps = 7;
  double seconds = 2;
  std::int64_t batch = 0;
  std::string only;
  bool verify = false, profile = false;
  app.add_option("--threads", threads)->capture_default_str();
  app.add_option("--only", only, "The networks whose names contain this");
  app.add_option("--batch", batch, "Rows, in place of the usual");
  app.add_option("--steps", least_steps, "At least so many steps")->capture_default_str();
  app.add_option("--seconds", seconds, "At least so long")->capture_default_str();
  app.add_flag("--verify", verify, "Also compute the loss after five fixed steps");
  app.add_flag("--profile", profile, "Print which op takes how much instead");
  CLI11_PARSE(app, argc, argv);

  set_num_threads(threads);
  for (const Benchmark& benchmark : kBenchmarks) {
    if (std::string_view(benchmark.name).find(only) == std::string_view::npos) {
      continue;
    }
    const std::int64_t n = batch > 0 ? batch : benchmark.batch;
    Training training = benchmark.make(n);
    nn::TrainingLoop loop;
    const auto step = [&] {
      const nn::ForwardScope scope = loop.next(n);
      training.step();
    };
    const std::vector<double> times = bench::repeat(step, {.warmup = 3, .calls = least_steps, .seconds = seconds});
    if (profile) {
      Profile measured;
      for (int i = 0; i < 5; ++i) {
        const ProfileStep counted;
        step();
      }
      measured.stop();
      fmt::print("{}\n{}\n", benchmark.name, measured.report());
      continue;
    }
    const examples::Work work = work_of(step);
    const double gflop_per_s = product_rate(), gb_per_s = examples::MemoryStream().rate();
    const double products_ms = work.flop / (1e6 * gflop_per_s), memory_ms = work.bytes / (1e6 * gb_per_s);
    nlohmann::ordered_json result = {{"peer", "gibbs"},
                                     {"shape", benchmark.name},
                                     {"batch", n},
                                     {"ms", bench::median(times)},
                                     {"best_ms", bench::least(times)},
                                     {"products_ms", products_ms},
                                     {"memory_ms", memory_ms},
                                     {"times_machine", bench::median(times) / (products_ms + memory_ms)}};
    if (verify) {
      result["loss_after_5_steps"] = loss_after_five_steps(benchmark, n);
    }
    fmt::print("{}\n", result.dump());
    std::fflush(stdout);
  }
  return 0;
}
