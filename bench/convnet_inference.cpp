// The article's network at work, without tape: images per second in batches, and how long one image takes.
//
// Prints one JSON line. bench/inference.sh runs it in turn with bench/peers/pytorch_inference.py; the checksum of
// the logits of fixed images and weights proves that both compute the same.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/checksum.h"
#include "bench/timing.h"
#include "examples/networks/article_convnet.h"
#include "gibbs/gibbs.h"

int main(int argc, char** argv) {
  using namespace gibbs;
  CLI::App app("Times the article's network at inference.");
  int threads = 2;
  std::int64_t batch = 1000;
  app.add_option("--threads", threads)->capture_default_str();
  app.add_option("--batch", batch)->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  set_num_threads(threads);
  const NoTape no_tape;
  nn::Sequential model = examples::article_convnet(0);
  testing::set_golden_parameters(model, DType::float32);
  const Tensor images = testing::golden_images(batch, DType::float32), image = images.rows(0, 1);
  Variable logits;
  const double one = bench::median(bench::repeat([&] { logits = model(image); }, {.warmup = 50, .calls = 500}));
  const double all = bench::median(bench::repeat([&] { logits = model(images); }, {.calls = 15, .seconds = 1}));
  nlohmann::ordered_json result;
  result["peer"] = "gibbs";
  result["images_per_s"] = 1e3 * static_cast<double>(batch) / all;
  result["latency_ms"] = one;
  result["checksums"]["logits"] = bench::checksum(logits.value());
  fmt::print("{}\n", result.dump());
  return 0;
}
