#include "gibbs/train/detail/fit_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "gibbs/tensor/printable.h"
#include "gibbs/train/detail/save_path.h"

namespace gibbs::train {
namespace {

void check_options(const FitOptions& options) {
  check(options.epochs >= 1, "fit: epochs must be at least 1, it is ", options.epochs);
  check(options.out != nullptr, "fit: out is null; give a stream, and ProgressStyle::silent for no progress");
  for (std::size_t i = 0; i < options.transforms.size(); ++i) {
    check(static_cast<bool>(options.transforms[i]), "fit: transform ", i, " is empty");
  }
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

/// Labels are numbers: in both sets they must mean the same.
void check_classes(const data::ImageDataset& train, const data::ImageDataset& validation) {
  const auto &names = train.class_names, &others = validation.class_names;
  for (std::size_t k = 0; k < std::min(names.size(), others.size()); ++k) {
    check(names[k] == others[k], "fit: class ", k, " is '", printable(names[k]), "' in the training set and '",
          printable(others[k]), "' in the validation set; give both the same list of classes");
  }
}

}  // namespace

void check_fit_arguments(nn::Module& model, const optim::Optimizer& optimizer, const LossFunction& loss,
                         const data::Subset& train, const data::Subset& validation, const FitOptions& options,
                         const Callbacks& callbacks) {
  check_options(options);
  check(static_cast<bool>(loss), "fit: there is no loss function");
  check_callbacks(callbacks);
  if (validation.size() > 0) {
    check_classes(train.dataset, validation.dataset);
  }
  const std::vector<Parameter> parameters = nn::parameters(model);
  const bool trains = std::any_of(parameters.begin(), parameters.end(), [&](const Parameter& parameter) {
    return std::any_of(optimizer.parameters().begin(), optimizer.parameters().end(),
                       [&](const Parameter& other) { return other.same_as(parameter); });
  });
  check(trains,
        "fit: the optimizer has none of the model's parameters, so that training would change nothing; make it from "
        "nn::parameters(model)");
}

void check_epochs_left(const data::BatchPosition& position, const FitOptions& options) {
  const std::int64_t begun = position.epoch + (position.batch > 0 ? 1 : 0);
  check(begun <= options.epochs, "fit: ", options.checkpoint.string(), " is in epoch ", begun, ", beyond the ",
        options.epochs, " that are asked for; ask for at least ", begun, ", or begin anew");
  if (position.epoch == options.epochs && options.progress != ProgressStyle::silent) {
    *options.out << fmt::format("All {} epochs are done already\n", options.epochs);
  }
}

}  // namespace gibbs::train
