#include "gibbs/train/detail/fit_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gibbs/tensor/printable.h"
#include "gibbs/train/detail/save_path.h"

namespace gibbs::train {
namespace {

void check_length(const FitOptions& options) {
  check(!options.epochs || !options.steps, "fit: epochs and steps are given; give one of them");
  check(options.epochs.value_or(1) >= 1, "fit: epochs must be at least 1, it is ", options.epochs.value_or(1));
  check(options.steps.value_or(1) >= 1, "fit: steps must be at least 1, it is ", options.steps.value_or(1));
  check(options.shards >= 1, "fit: shards must be at least 1, it is ", options.shards);
  check(options.validate_every >= 1, "fit: validate_every must be at least 1, it is ", options.validate_every);
}

/// Epochs are counted in ints.
void check_epochs_fit(const FitOptions& options, const data::Batches& train) {
  const std::int64_t batches = train.batches_per_epoch();
  check(batches >= 1, "fit: an epoch of the training batches has ", batches, "; there must be at least one");
  check(options.steps.value_or(1) / batches < std::numeric_limits<int>::max(), "fit: ", options.steps.value_or(1),
        " steps are more than ", std::numeric_limits<int>::max(), " epochs; ask for fewer");
}

void check_files(const FitOptions& options) {
  const auto [steps, seconds] = options.checkpoint_every;
  check(steps >= 0 && std::isfinite(seconds) && seconds >= 0, "fit: checkpoint_every is ", steps, " steps and ",
        seconds, " seconds; both must be finite and at least 0");
  check((steps == 0 && seconds == 0) || !options.checkpoint.empty(),
        "fit: checkpoint_every needs a checkpoint; name its file");
  check(!options.resume || !options.checkpoint.empty(), "fit: resume needs a checkpoint; name its file");
  for (const auto& path : {options.checkpoint, options.history}) {
    if (!path.empty()) {
      check_save_path("fit", path);
    }
  }
}

void check_callbacks(const Callbacks& callbacks) {
  for (auto callback = callbacks.begin(); callback != callbacks.end(); ++callback) {
    check(*callback != nullptr, "fit: callback ", callback - callbacks.begin(), " is null");
    const auto twin = std::find(callbacks.begin(), callback, *callback);
    check(twin == callback, "fit: callbacks ", twin - callbacks.begin(), " and ", callback - callbacks.begin(),
          " are the same object, which would be called twice; list it once");
  }
}

}  // namespace

void check_same_classes(const data::ImageDataset& train, const data::ImageDataset& validation) {
  const auto &names = train.class_names, &others = validation.class_names;
  for (std::size_t k = 0; k < std::min(names.size(), others.size()); ++k) {
    check(names[k] == others[k], "fit: class ", k, " is '", printable(names[k]), "' in the training set and '",
          printable(others[k]), "' in the validation set; give both the same list of classes");
  }
}

void check_fit_arguments(nn::Module& model, const optim::Optimizer& optimizer, const data::Batches& train,
                         const data::Batches* validation, const FitOptions& options, const Callbacks& callbacks) {
  check(options.out != nullptr, "fit: out is null; give a stream, and ProgressStyle::silent for no progress");
  check(!options.batch_size && options.transforms.empty() && options.mixing.empty() && options.normalization.empty(),
        "fit: ",
        options.batch_size            ? "batch_size"
        : !options.transforms.empty() ? "transforms"
        : !options.mixing.empty()     ? "mixing"
                                      : "normalization",
        " is for sets of pictures; Batches are made with their own");
  check(validation != &train,
        "fit: training and validation are the same Batches; make two of them, over the same data ", "if that is meant");
  check_length(options);
  check_epochs_fit(options, train);
  check_files(options);
  check_callbacks(callbacks);
  const std::vector<Named<Parameter>> parameters = nn::parameters(model);
  const bool trains = std::any_of(parameters.begin(), parameters.end(), [&](const Named<Parameter>& own) {
    return std::any_of(optimizer.parameters().begin(), optimizer.parameters().end(),
                       [&](const Named<Parameter>& other) { return other.item.same_as(own.item); });
  });
  check(trains,
        "fit: the optimizer has none of the model's parameters, so that training would change nothing; make it from "
        "nn::parameters(model)");
}

void check_steps_left(const TrainingState& state, const FitOptions& options) {
  const bool in_steps = options.steps.has_value();
  const std::int64_t all = in_steps ? *options.steps : options.epochs.value_or(1);
  const std::int64_t begun = in_steps ? state.step : state.position.epoch + (state.position.batch > 0 ? 1 : 0);
  const char* unit = in_steps ? "step" : "epoch";
  check(begun <= all, "fit: ", options.checkpoint.string(), " is in ", unit, " ", begun, ", beyond the ", all,
        " that are asked for; ask for at least ", begun, ", or begin anew");
  const bool done = in_steps ? state.step == all : state.position.epoch == all;
  if (done && options.progress != ProgressStyle::silent) {
    *options.out << fmt::format("All {} {}s are done already\n", all, unit);
  }
}

}  // namespace gibbs::train
