#include "gibbs/train/checkpoint.h"

#include <map>
#include <utility>

#include "gibbs/io/safetensors.h"
#include "gibbs/nn/weights.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/version.h"
#include "gibbs/train/detail/checkpoint_state.h"

namespace gibbs::train {
namespace {

using detail::CheckpointState;
using detail::Remembered;
using TensorsByName = std::map<std::string, Tensor>;

constexpr std::string_view kModel = "model/", kOptimizer = "optimizer/", kRunning = "running/";

/// Copies what something remembers out of it; its tensors' names get a prefix.
struct StateWriter : StateVisitor {
  std::string_view prefix;
  NamedTensors& tensors;
  Remembered& remembered;

  StateWriter(std::string_view name, NamedTensors& to, Remembered& rest)
      : prefix(name), tensors(to), remembered(rest) {}
  void tensor(std::string_view name, Tensor& value) override {
    tensors.push_back({std::string(prefix) + std::string(name), value});
  }
  void counter(std::string_view name, std::int64_t& value) override {
    check(value >= 0 && value <= detail::kLargestCount, "checkpoint: counter '", name, "' is ", value,
          "; it must be from 0 to 2^53, else report it as a number");
    check(remembered.counters.emplace(name, value).second, kTwice, name, "'");
  }
  void number(std::string_view name, double& value) override {
    check(remembered.numbers.emplace(name, value).second, kTwice, name, "'");
  }

 private:
  static constexpr const char* kTwice = "checkpoint: two parts of a state have one name; rename one: '";
};

/// Checks (first pass) or copies (second pass) what a checkpoint holds into what remembers it: `owner`.
struct StateReader : StateVisitor {
  std::string owner;
  const TensorsByName& tensors;
  const Remembered& remembered;
  const std::string& file;
  bool copy = false;
  std::size_t seen = 0;

  StateReader(std::string name, const TensorsByName& from, const Remembered& rest, const std::string& path)
      : owner(std::move(name)), tensors(from), remembered(rest), file(path) {}

  void tensor(std::string_view name, Tensor& value) override {
    const auto found = tensors.find(std::string(name));
    check(found != tensors.end() && found->second.shape() == value.shape() && found->second.dtype() == value.dtype(),
          "checkpoint: ", file, " has no ", owner, " tensor '", name, "' of shape ", value.shape(), " ", value.dtype(),
          "; it was written with another ", owner);
    ++seen;
    if (copy) {
      value.copy_from(found->second);
    }
  }
  void counter(std::string_view name, std::int64_t& value) override { read(remembered.counters, name, value); }
  void number(std::string_view name, double& value) override { read(remembered.numbers, name, value); }

  /// After the first pass: everything that is there belongs to the owner.
  void check_all_seen() const {
    const std::size_t there = tensors.size() + remembered.counters.size() + remembered.numbers.size();
    check(seen == there, "checkpoint: ", file, " holds ", there, " values of the ", owner, ", which has ", seen,
          "; it was written with another ", owner);
  }

 private:
  template <class T>
  void read(const std::map<std::string, T>& values, std::string_view name, T& value) {
    const auto found = values.find(std::string(name));
    check(found != values.end(), "checkpoint: ", file, " has no ", owner, " value '", name,
          "'; it was written with another ", owner);
    ++seen;
    if (copy) {
      value = found->second;
    }
  }
};

io::Safetensors read_contents(const std::filesystem::path& path) {
  try {
    return io::read_safetensors(path);
  } catch (const Error& error) {
    const std::string reason = error.what();
    const bool damaged = !reason.starts_with("read: ");  // which says that the system did not give the bytes
    fail("checkpoint: ", reason,
         damaged ? ". The file is damaged: delete it to begin anew, or choose another folder" : "");
  }
}

/// Tensors by their prefix, which is taken off.
struct CheckpointParts {
  NamedTensors model;
  TensorsByName optimizer, running;
};

CheckpointParts parts_of(const NamedTensors& tensors, const std::string& file) {
  CheckpointParts parts;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(kModel)) {
      parts.model.push_back({name.substr(kModel.size()), tensor});
    } else if (name.starts_with(kRunning)) {
      parts.running.emplace(name.substr(kRunning.size()), tensor);
    } else {
      check(name.starts_with(kOptimizer), "checkpoint: ", file, " holds a tensor '", name,
            "', which is neither the model's nor the optimizer's nor the metrics'");
      parts.optimizer.emplace(name.substr(kOptimizer.size()), tensor);
    }
  }
  return parts;
}

void check_same(const RunSettings& saved, const RunSettings& here, const std::string& file) {
  const std::string other = differences(saved, here);
  check(other.empty(), "checkpoint: ", file, " belongs to another run: ", other,
        "; give the same options, or another folder");
}

void check_architecture(const io::Metadata& metadata, nn::Module& model, const std::string& file) {
  const auto architecture = metadata.find(nn::kArchitectureKey);
  check(architecture != metadata.end() && architecture->second == nn::architecture_text(model), "checkpoint: ", file,
        " holds another model:\n", architecture == metadata.end() ? std::string("(not named)\n") : architecture->second,
        "This model is:\n", nn::architecture_text(model));
}

}  // namespace

std::string first_not_finite(nn::Module& model) {
  for (const auto& [path, parameter] : nn::named_parameters(model)) {
    const Tensor& value = parameter.value();
    if (value.numel() > 0 && kernels::min(kernels::isfinite(value)).item() == 0) {
      return path;
    }
  }
  return {};
}

void save_checkpoint(const std::filesystem::path& path, const TrainingParts& parts, const TrainingState& state) {
  const std::string broken = first_not_finite(parts.model);
  check(broken.empty(), "checkpoint: parameter '", broken,
        "' holds NaN or infinity; it is not saved over a good checkpoint. Lower the learning rate");
  CheckpointState everything{
      .training = state, .optimizer_settings = parts.optimizer.settings(), .optimizer = {}, .running = {}};
  NamedTensors tensors;
  for (auto& [name, tensor] : nn::named_tensors(parts.model)) {
    tensors.push_back({std::string(kModel) + name, tensor});
  }
  StateWriter of_optimizer(kOptimizer, tensors, everything.optimizer);
  parts.optimizer.visit_state(of_optimizer);
  StateWriter of_metrics(kRunning, tensors, everything.running);
  parts.running.visit_state(of_metrics);
  io::write_safetensors(path, tensors,
                        {{"state", detail::to_json(everything, path.string())},
                         {nn::kArchitectureKey, nn::architecture_text(parts.model)},
                         {nn::kVersionKey, std::string(kVersion)}},
                        {.checksum = true});
}

TrainingState load_checkpoint(const std::filesystem::path& path, const TrainingParts& parts,
                              const RunSettings& settings, const std::function<void(const TrainingState&)>& accept) {
  const std::string file = path.string();
  const io::Safetensors contents = read_contents(path);
  const auto entry = contents.metadata.find("state");
  check(entry != contents.metadata.end(), "checkpoint: ", file, " is not a checkpoint: its metadata has no 'state'");
  const CheckpointState everything = detail::from_json(entry->second, file);
  check(contents.checked, "checkpoint: ", file,
        " has no checksum, so it is not as it was written. Delete it to begin anew, or choose another folder");
  check_same(everything.training.settings, settings, file);
  check_architecture(contents.metadata, parts.model, file);

  const CheckpointParts saved = parts_of(contents.tensors, file);
  StateReader of_optimizer("optimizer", saved.optimizer, everything.optimizer, file);
  parts.optimizer.visit_state(of_optimizer);
  of_optimizer.check_all_seen();
  check_same(everything.optimizer_settings, parts.optimizer.settings(), file);
  StateReader of_metrics("list of metrics", saved.running, everything.running, file);
  parts.running.visit_state(of_metrics);
  of_metrics.check_all_seen();
  nn::check_tensors(parts.model, saved.model, "checkpoint: " + file);
  if (accept) {
    accept(everything.training);
  }

  nn::load_tensors(parts.model, saved.model, "checkpoint: " + file);
  of_optimizer.copy = of_metrics.copy = true;
  parts.optimizer.visit_state(of_optimizer);
  parts.running.visit_state(of_metrics);
  return everything.training;
}

}  // namespace gibbs::train
