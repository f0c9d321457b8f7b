// The article's experiment: its ConvNet on CIFAR-10, trained with cross entropy or with the KL divergence.
//
// Network, optimizer and options stand in the article's order: Adam with Keras' defaults, batches of 250, 25 epochs,
// the last fifth of the training images for validation, pixels divided by 255; then "Test loss" and "Test accuracy".
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "examples/networks/article_convnet.h"
#include "examples/program/data_source.h"
#include "examples/program/json_file.h"
#include "examples/program/program.h"
#include "examples/training/pictures.h"
#include "gibbs/gibbs.h"
#include "gibbs/io/gnuplot.h"
#include "gibbs/io/run_folder.h"
#include "gibbs/tensor/printable.h"

namespace {

using namespace gibbs;
namespace fs = std::filesystem;

struct Arguments {
  std::string data;
  std::string loss = "ce";
  int epochs = 25;
  std::int64_t batch_size = 250;
  double validation_split = 0.2;
  double learning_rate = 0.001;
  std::uint64_t seed = 0;
  int threads = 0;
  std::int64_t limit = 0;
  fs::path out = "runs/cifar10_convnet";
  bool resume = false;
  std::string numerics = "exact";
  std::string bits;
  bool profile = false;
  bool quiet = false;
  data::ImageLimits limits = {};

  void declare(CLI::App& app) {
    app.add_option(
        "--data", data,
        "Folder of CIFAR-10's binary batches, or of train/ and test/ class folders, or of class folders alone, or "
        "'drawn' for the built-in set. Default: $GIBBS_DATA, else 'drawn'");
    app.add_option("--loss", loss, "ce (cross entropy) or kl (Kullback-Leibler divergence)")
        ->check(CLI::IsMember({"ce", "kl"}))
        ->capture_default_str();
    app.add_option("--epochs", epochs, "Passes over the training images")
        ->transform(examples::whole_number(1, examples::kLargestCount))
        ->capture_default_str();
    app.add_option("--batch-size", batch_size, "Images per step")
        ->transform(examples::whole_number(1, examples::kLargestCount))
        ->capture_default_str();
    app.add_option("--validation-split", validation_split, "Share of the training images kept for validation")
        ->check(examples::must_be("at least 0 and less than 1", [](double v) { return v >= 0 && v < 1; }))
        ->capture_default_str();
    app.add_option("--learning-rate", learning_rate, "Adam's")
        ->check(examples::must_be("a number above 0", [](double v) { return v > 0; }))
        ->capture_default_str();
    app.add_option("--seed", seed, "Of weights, orders and dropout")
        ->transform(examples::whole_number<std::uint64_t>(0, UINT64_MAX))
        ->capture_default_str();
    app.add_option("--threads", threads, "0: one per processor. The numbers do not depend on it")
        ->transform(examples::whole_number(0, examples::kMostThreads))
        ->capture_default_str();
    app.add_option("--limit", limit, "Use N training images and N/5 test images; 0: all")
        ->transform(examples::whole_number(0, examples::kLargestCount))
        ->capture_default_str();
    app.add_option(
           "--out", out,
           "Folder for results, model and checkpoint. Those of a finished run are replaced, an unfinished one is not")
        ->capture_default_str();
    app.add_flag("--resume", resume, "Go on from the checkpoint in --out");
    app.add_option("--numerics", numerics, "exact, or keras (clipped probabilities, for comparison)")
        ->check(CLI::IsMember({"exact", "keras"}))
        ->capture_default_str();
    app.add_option("--bits", bits,
                   "machine, or portable: the same bits on every machine (default: GIBBS_BITS, else machine)")
        ->check(CLI::IsMember({"machine", "portable"}));
    app.add_flag(
        "--profile", profile,
        "Show which op takes how much of a training step, and write trace.json, for ui.perfetto.dev: the first "
        "50 steps after two of warm-up. Validation lies outside of steps and is not counted");
    app.add_flag("--quiet", quiet, "No summary and no progress");
    examples::declare_picture_limits(app, limits);
  }
};

/// Exact losses work on logits. Keras' numerics are those of its losses behind a softmax layer, clipped at 1e-7.
train::LossFunction make_loss(const Arguments& arguments) {
  using Labels = const Tensor&;
  using Logits = const Variable&;
  const bool kl = arguments.loss == "kl";
  if (arguments.numerics == "keras") {
    namespace keras = losses::compat::keras;
    return [kl](Labels labels, Logits logits) {
      const Variable p = kernels::one_hot(labels, logits.size(1), logits.dtype()), q = softmax(logits);
      return kl ? keras::kl_divergence(p, q) : keras::categorical_crossentropy(p, q);
    };
  }
  return [kl](Labels labels, Logits logits) {
    return kl ? losses::kl_divergence_with_logits(labels, logits) : losses::cross_entropy_with_logits(labels, logits);
  };
}

struct Sets {
  data::Subset train, validation, test;
};

Sets prepare(const data::Source& source, const Arguments& arguments) {
  data::Subset train = source.train;
  data::Subset test = source.test;
  if (arguments.limit > 0) {
    train = data::take(train, std::min(arguments.limit, train.size()), arguments.seed);
    test = data::take(test, std::clamp<std::int64_t>(arguments.limit / 5, 1, test.size()), arguments.seed);
  }
  data::Split split = data::split_validation(train, arguments.validation_split, arguments.seed);
  return {std::move(split.train), std::move(split.validation), std::move(test)};
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  constexpr double kUnits = 1024 * 1024;  // bytes
#else
  constexpr double kUnits = 1024;  // kilobytes
#endif
  return static_cast<double>(usage.ru_maxrss) / kUnits;
}

void print_class_accuracy(const train::Evaluation& test, const std::vector<std::string>& names) {
  for (std::size_t k = 0; k < names.size(); ++k) {
    const double accuracy = test.confusion.class_accuracy(static_cast<std::int64_t>(k));
    fmt::print("  {:<12} {}\n", printable(names[k]),
               std::isnan(accuracy) ? "no images" : fmt::format("{:.4f}", accuracy));
  }
}

/// What a resumed run must have in common with its checkpoint, beside what fit compares itself.
RunSettings settings_of(const Arguments& arguments, const data::ImageDataset& set) {
  return {{"--loss", arguments.loss},
          {"--numerics", arguments.numerics},
          {"--learning-rate", fmt::format("{}", arguments.learning_rate)},
          {"list of classes", examples::json_text(set.class_names)}};
}

/// False when gnuplot is missing: it draws all but the filters.
bool draw_pictures(const io::RunFolder& out, nn::Sequential& model, const train::FitResult& result,
                   const train::Evaluation& test, const Sets& sets) {
  examples::draw_filters(out / "filters.png", nn::named_parameters(model).front().item.value());
  if (!io::gnuplot_found()) {
    fmt::print("gnuplot is not installed: loss, accuracy, confusion and mistakes are not drawn\n");
    return false;
  }
  examples::draw_curves(out / "", {{.name = "", .history = result.history}});
  examples::draw_confusion(out / "confusion.png", test.confusion, sets.test.dataset.class_names);
  examples::draw_mistakes(out / "mistakes.png", sets.test, test);
  return true;
}

/// Of all pixels, in their order.
std::string checksum_of_images(const data::Subset& images) {
  const RunSettings digest = data::ImageBatches(images, {.batch_size = 1}).digest();
  return std::ranges::find(digest, "images' order", &RunSettings::value_type::first)->second;
}

/// The model, and summary.json, which says that the run is finished: whether gnuplot works has no part in that.
void write_results(const Arguments& arguments, const io::RunFolder& out, nn::Sequential& model,
                   const train::FitResult& result, const train::Evaluation& test, const Sets& sets) {
  nn::save_weights(model, out / "model.safetensors",
                   {{"class_names", examples::json_text(sets.test.dataset.class_names)}});

  const train::EpochResult& last = result.history.epochs.back();
  const double step_seconds = result.median_step_seconds;
  nlohmann::ordered_json summary;
  summary["loss_name"] = arguments.loss == "ce" ? "cross_entropy" : "kl_divergence";
  summary["epochs"] = last.epoch;
  summary["train_images"] = sets.train.size();
  summary["val_loss"] = last["val_loss"];
  summary["val_accuracy"] = last["val_accuracy"];
  summary["test_loss"] = test.loss;
  summary["test_accuracy"] = test.accuracy;
  summary["step_ms_median"] = 1e3 * step_seconds;
  summary["images_per_second"] = step_seconds > 0 ? static_cast<double>(arguments.batch_size) / step_seconds : 0;
  summary["epoch_over_steps"] = result.epoch_over_steps;
  summary["validation_images_per_second"] = result.validation_rows_per_second;
  summary["peak_rss_mb"] = peak_rss_mb();
  summary["threads"] = num_threads();
  summary["blas_core"] = kernels::blas_core_name();
  summary["gemm"] = kernels::gemm_description();
  summary["bits"] = name_of(bits());
  summary["training_data"] = checksum_of_images(sets.train);
  summary["weights_sha256"] = nn::weights_sha256(model);
  examples::write_json(out / "summary.json", summary);
}

std::string data_of(const Arguments& arguments) {
  const char* from_environment = std::getenv("GIBBS_DATA");
  const bool has_environment = from_environment != nullptr && *from_environment != '\0';
  return !arguments.data.empty() ? arguments.data : has_environment ? from_environment : "drawn";
}

int run(const Arguments& arguments) {
  if (arguments.threads > 0) {
    set_num_threads(arguments.threads);
  }
  if (!arguments.bits.empty()) {
    set_bits(arguments.bits == "portable" ? Bits::portable : Bits::machine);
  }
  const io::RunFolder out(arguments.out);
  const fs::path checkpoint = out / "checkpoint.safetensors";
  if (!arguments.resume) {
    out.check_finished(checkpoint, out / "summary.json");
  } else if (std::error_code error; !fs::exists(checkpoint, error)) {
    fmt::print("--resume: {} holds no checkpoint; training begins with the first step\n",
               printable(arguments.out.string()));
  }
  const data::Source source =
      data::load(data_of(arguments), {.size = data::ImageSize{32, 32}, .limits = arguments.limits});
  fmt::print("{}\n", printable(source.description));
  examples::print_broken_files(source);
  const Sets sets = prepare(source, arguments);

  nn::Sequential model = examples::article_convnet(arguments.seed, source.train.classes());
  if (!arguments.quiet) {
    fmt::print("{}\nMatrix products: {}\nTrain on {} images, validate on {}, with {}.\n",
               nn::summary(model, {32, 32, 3}), kernels::gemm_description(), sets.train.size(), sets.validation.size(),
               arguments.loss == "ce" ? "cross entropy" : "the KL divergence");
  }
  optim::Adam adam(nn::parameters(model),
                   {.learning_rate = arguments.learning_rate, .epsilon_mode = optim::EpsilonMode::keras});
  const train::LossFunction loss = make_loss(arguments);
  std::optional<Profile> profile;
  if (arguments.profile) {
    profile.emplace(ProfileOptions{.warm_up_steps = 2, .trace_steps = 50});
  }
  const train::FitResult result =
      train::fit(model, adam, loss, sets.train, sets.validation,
                 {.epochs = arguments.epochs,
                  .batch_size = arguments.batch_size,
                  .seed = arguments.seed,
                  .checkpoint = checkpoint,
                  .resume = arguments.resume,
                  .settings = settings_of(arguments, source.train),
                  .history = out / "history.csv",
                  .progress = arguments.quiet ? train::ProgressStyle::silent : train::ProgressStyle::automatic});
  if (profile) {
    profile->write_trace(out / "trace.json");
    fmt::print("\n{}", profile->report());
  }
  if (result.interrupted) {
    fmt::print("\nInterrupted after step {}. The checkpoint is saved; the same command with --resume goes on.\n",
               result.steps);
    return 128 + result.signal;
  }
  const train::Evaluation test = train::evaluate(model, loss, sets.test);
  write_results(arguments, out, model, result, test, sets);
  fmt::print("\nAccuracy on the test images by class:\n");
  print_class_accuracy(test, sets.test.dataset.class_names);
  fmt::print("Test loss: {:.4f}\nTest accuracy: {:.4f}\n", test.loss, test.accuracy);
  const bool drawn = draw_pictures(out, model, result, test, sets);
  fmt::print("{} are in {}\n", drawn ? "Results, model and pictures" : "Results and model",
             printable(arguments.out.string()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains the article's ConvNet on CIFAR-10, or on pictures of yours, and reports what it learned.");
  Arguments arguments;
  arguments.declare(app);
  return examples::run_program(app, argc, argv, [&] { return run(arguments); });
}
