// The laboratory: when are cross entropy and the KL divergence the same loss?
//
// They have equal gradients when the target does not depend on the model and both are computed exactly. Part 1 shows it
// on logits; --lockstep and --free on trainings of the article's ConvNet; --break shows where it ends.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "examples/laboratory/breaks.h"
#include "examples/laboratory/equivalence_report.h"
#include "examples/laboratory/lockstep.h"
#include "examples/laboratory/logit_gradients.h"
#include "examples/laboratory/training_curve.h"
#include "examples/networks/article_convnet.h"
#include "examples/program/data_source.h"
#include "examples/program/json_file.h"
#include "examples/program/program.h"
#include "gibbs/gibbs.h"
#include "gibbs/io/gnuplot.h"
#include "gibbs/io/run_folder.h"
#include "gibbs/tensor/printable.h"

namespace {

using namespace gibbs;
namespace fs = std::filesystem;

struct Arguments {
  bool lockstep = false, free = false, float64 = false;
  std::string break_name;
  std::string data;
  std::string targets = "one-hot";
  std::int64_t steps = 0, epochs = 0, batch_size = 250, limit = 0;
  double learning_rate = 0.001;
  std::uint64_t seed = 0;
  int threads = 0;
  fs::path out = "runs/ce_vs_kl";
  data::ImageLimits limits = {};

  void declare(CLI::App& app) {
    auto* mode = app.add_option_group("mode", "What to do after the gradients on logits");
    mode->add_flag("--lockstep", lockstep, "One set of weights, both losses on every batch");
    mode->add_flag("--free", free, "Two trainings from the same seed, and their drift");
    mode->add_option("--break", break_name,
                     "One way the equality ends: " + fmt::format("{}", fmt::join(examples::break_names(), ", ")))
        ->check(CLI::IsMember(examples::break_names()));
    mode->require_option(0, 1);
    app.add_option(
        "--data", data,
        "Folder of CIFAR-10's binary batches, or of train/ and test/ class folders, or of class folders alone, or "
        "'drawn' for the built-in set. Default: $GIBBS_DATA, else 'drawn'");
    app.add_option("--targets", targets,
                   "one-hot, smoothed (0.1 spread over all classes), or soft (0.3 in a random mix)")
        ->check(CLI::IsMember({"one-hot", "smoothed", "soft"}))
        ->capture_default_str();
    auto* by_steps = app.add_option("--steps", steps, "Training steps; 200 unless --epochs is given");
    by_steps->transform(examples::whole_number(1, examples::kLargestCount));
    app.add_option("--epochs", epochs, "Passes over the training images, instead of --steps")
        ->transform(examples::whole_number(1, examples::kLargestCount))
        ->excludes(by_steps);
    app.add_option("--batch-size", batch_size, "Images per step")
        ->transform(examples::whole_number(1, examples::kLargestCount))
        ->capture_default_str();
    app.add_option("--limit", limit, "Use N training images; 0: all")
        ->transform(examples::whole_number(0, examples::kLargestCount))
        ->capture_default_str();
    app.add_option("--learning-rate", learning_rate, "Adam's; SGD's is 50 times as large")
        ->check(examples::must_be("a number above 0", [](double v) { return v > 0; }))
        ->capture_default_str();
    app.add_option("--seed", seed, "Of weights, orders, dropout and soft targets")
        ->transform(examples::whole_number<std::uint64_t>(0, UINT64_MAX))
        ->capture_default_str();
    app.add_option("--threads", threads, "0: one per processor. The numbers do not depend on it")
        ->transform(examples::whole_number(0, examples::kMostThreads))
        ->capture_default_str();
    app.add_flag("--float64", float64, "Train in float64");
    app.add_option("--out", out, "Folder for equivalence.json, steps.csv and pictures")->capture_default_str();
    examples::declare_picture_limits(app, limits);
  }

  const char* mode() const { return lockstep ? "lockstep" : free ? "free" : break_name.empty() ? "logits" : "break"; }
  DType dtype() const { return float64 ? DType::float64 : DType::float32; }
  examples::LockstepOptions options(std::int64_t classes) const {
    return {.free = free,
            .targets = examples::targets_by_name(targets),
            .dtype = dtype(),
            .classes = classes,
            .seed = seed,
            .learning_rate = learning_rate};
  }
};

/// The training images, the network at its start, and how many steps to take.
struct Scene {
  data::Subset set;
  nn::Sequential model;
  std::int64_t steps;
};

Scene prepare(const Arguments& arguments) {
  const char* from_environment = std::getenv("GIBBS_DATA");
  const bool has_environment = from_environment != nullptr && *from_environment != '\0';
  const std::string name = !arguments.data.empty() ? arguments.data : has_environment ? from_environment : "drawn";
  const data::Source source = data::load(name, {.size = data::ImageSize{32, 32}, .limits = arguments.limits});
  fmt::print("{}\n", printable(source.description));
  examples::print_broken_files(source);
  data::Subset set = source.train;
  if (arguments.limit > 0) {
    set = data::take(set, std::min(arguments.limit, set.size()), arguments.seed);
  }
  const std::int64_t steps_per_epoch = (set.size() + arguments.batch_size - 1) / arguments.batch_size;
  const std::int64_t steps = arguments.epochs > 0  ? arguments.epochs * steps_per_epoch
                             : arguments.steps > 0 ? arguments.steps
                                                   : 200;
  return {std::move(set), examples::article_convnet(arguments.seed, source.train.classes()), steps};
}

/// Takes the scene's steps, or ends with the one of which `enough` says so.
template <class Enough>
std::vector<examples::StepReport> run_steps(examples::Lockstep& lab, const Scene& scene, const Arguments& arguments,
                                            Enough enough) {
  data::DataLoader loader(scene.set, {.batch_size = arguments.batch_size, .seed = arguments.seed});
  std::vector<examples::StepReport> steps;
  while (std::ssize(steps) < scene.steps) {
    steps.push_back(lab.step(loader.next()));
    if (enough(steps.back())) {
      break;
    }
  }
  return steps;
}

void print_step(const examples::StepReport& s, const Arguments& arguments) {
  fmt::print("step {:>5}  CE {:.6f}  KL {:.6f}  H(p) {:.6f}  residual {:>9.2e}  gradients {:.2e} relative  {} {:.2e}\n",
             s.step, s.loss_ce, s.loss_kl, s.target_entropy, s.residual, s.gradient.relative,
             arguments.free ? "drift" : "weights", s.weight_difference);
}

int train_pair(const Arguments& arguments, nlohmann::ordered_json& json) {
  const Scene scene = prepare(arguments);
  examples::Lockstep lab(scene.model, {}, arguments.options(scene.set.dataset.classes()));
  std::string wrong;
  const auto steps = run_steps(lab, scene, arguments, [&](const examples::StepReport& step) {
    if (step.step == 1 || step.step % 20 == 0) {
      print_step(step, arguments);
    }
    wrong = arguments.free ? "" : examples::what_is_wrong(step, arguments.dtype());
    return !wrong.empty();
  });
  const auto summary = examples::summary_of(steps);
  json["summary"] = summary;
  json["verdict"] = !wrong.empty() ? wrong : arguments.free ? "drift" : "equivalent";
  io::write_file_atomically(arguments.out / "steps.csv", examples::as_csv(steps));
  fmt::print("\n{}", examples::as_text(summary, arguments.dtype(), arguments.free));
  if (!wrong.empty()) {
    fmt::print(stderr, "NOT EQUIVALENT: {}\n", wrong);
    return 1;
  }
  if (!arguments.free) {
    fmt::print("EQUIVALENT in every step, up to rounding.\n");
  }
  if (io::gnuplot_found()) {
    examples::draw_equivalence(arguments.out, steps, arguments.free);
  }
  return 0;
}

int break_equality(const Arguments& arguments, nlohmann::ordered_json& json) {
  const examples::Break broken = examples::break_by_name(arguments.break_name);
  Scene scene = prepare(arguments);
  Parameter last_weight = nn::parameters(scene.model).at(nn::parameters(scene.model).size() - 2).item;
  last_weight.replace(kernels::mul(last_weight.value(), broken.start_scale));
  examples::LockstepOptions options = arguments.options(scene.set.dataset.classes());
  if (broken.needs_full_support && options.targets == examples::Targets::one_hot) {
    fmt::print("One-hot targets make the {} infinite: smoothed ones are used.\n", broken.second_name);
    options.targets = examples::Targets::smoothed;
  }
  fmt::print("\n{}\n\n{}", broken.why, examples::example_table(broken));
  if (broken.start_scale != 1) {
    fmt::print("Training starts with the last layer's weights times {}: sure of itself, and wrong.\n",
               broken.start_scale);
  }

  // In float64, where rounding cannot be taken for a difference.
  examples::LockstepOptions exact = options;
  exact.dtype = DType::float64;
  examples::Lockstep lab(scene.model, broken.losses, exact);
  const double limit = examples::rounding_of({}, exact.dtype).gradient;
  const auto steps =
      run_steps(lab, scene, arguments, [limit](const auto& step) { return step.gradient.relative > limit; });
  const bool differs = steps.back().gradient.relative > limit;
  json["break"] = {{"name", broken.name}, {"why", broken.why}, {"example", examples::example_json(broken)}};
  json["first_step_with_different_gradients"] =
      differs ? nlohmann::ordered_json(steps.back().step) : nlohmann::ordered_json();
  json["relative_gradient_difference_there"] = steps.back().gradient.relative;
  io::write_file_atomically(arguments.out / "steps.csv", examples::as_csv(steps));
  fmt::print("The gradients {} step {}: {:.3g} of their size.\n", differs ? "differ from" : "are equal up to",
             steps.back().step, steps.back().gradient.relative);

  const auto curves = examples::train_both(
      broken, scene.model, scene.set, {.steps = scene.steps, .batch_size = arguments.batch_size, .lockstep = options});
  fmt::print("Cross entropy and accuracy over the last 10 of {} steps:\n", scene.steps);
  const auto last = static_cast<std::size_t>(scene.steps - 1);
  for (const examples::TrainingCurve& curve : curves) {
    fmt::print("  {:<36} {:>8.4f} {:>7.3f}\n", curve.name, examples::running_mean(curve.cross_entropy, last),
               examples::running_mean(curve.accuracy, last));
    json["trainings"][curve.name] = {{"cross_entropy", curve.cross_entropy}, {"accuracy", curve.accuracy}};
  }
  if (io::gnuplot_found()) {
    examples::draw_break(arguments.out, broken.name, curves);
  }
  return 0;
}

int run(const Arguments& arguments) {
  if (arguments.threads > 0) {
    set_num_threads(arguments.threads);
  }
  const io::RunFolder out(arguments.out);
  const auto rows = examples::logit_gradients({}, arguments.seed);
  fmt::print("Gradients with respect to logits, float64: largest differences of two sources\n{}\n",
             examples::as_table(rows));
  const std::string wrong = examples::what_is_wrong(rows);
  nlohmann::ordered_json json;
  json["mode"] = arguments.mode();
  json["targets"] = arguments.targets;
  json["dtype"] = arguments.float64 ? "float64" : "float32";
  json["batch_size"] = arguments.batch_size;
  json["seed"] = arguments.seed;
  json["logit_gradients"] = examples::as_json(rows);
  int code = wrong.empty() ? 0 : 1;
  if (!wrong.empty()) {
    json["verdict"] = wrong;
    fmt::print(stderr, "NOT EQUIVALENT: {}\n", wrong);
  } else if (arguments.lockstep || arguments.free) {
    code = train_pair(arguments, json);
  } else if (!arguments.break_name.empty()) {
    code = break_equality(arguments, json);
  } else {
    json["verdict"] = "equivalent";
  }
  examples::write_json(arguments.out / "equivalence.json", json);
  fmt::print("Figures{} are in {}\n", io::gnuplot_found() ? " and pictures" : "", printable(arguments.out.string()));
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("When are cross entropy and the KL divergence the same loss? Gradients, trainings, counterexamples.");
  Arguments arguments;
  arguments.declare(app);
  return examples::run_program(app, argc, argv, [&] { return run(arguments); });
}
