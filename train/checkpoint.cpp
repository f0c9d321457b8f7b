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

constexpr std::string_view kModelPrefix = "model/";
constexpr std::string_view kOptimizerPrefix = "optimizer/";

/// Copies what the optimizer remembers out of it.
struct StateWriter : StateVisitor {
  NamedTensors tensors;
  CheckpointState& state;

  explicit StateWriter(CheckpointState& to) : state(to) {}
  void tensor(std::string_view name, Tensor& value) override {
    tensors.push_back({std::string(kOptimizerPrefix) + std::string(name), value});
  }
  void counter(std::string_view name, std::int64_t& value) override { state.counters[std::string(name)] = value; }
  void number(std::string_view name, double& value) override { state.numbers[std::string(name)] = value; }
};

/// Checks (first pass) or copies (second pass) what a checkpoint holds into the optimizer.
struct StateReader : StateVisitor {
  const std::map<std::string, Tensor>& tensors;
  const CheckpointState& state;
  const std::string& file;
  bool copy = false;
  std::size_t seen = 0;

  StateReader(const std::map<std::string, Tensor>& from, const CheckpointState& values, const std::string& path)
      : tensors(from), state(values), file(path) {}

  void tensor(std::string_view name, Tensor& value) override {
    const auto found = tensors.find(std::string(name));
    check(found != tensors.end() && found->second.shape() == value.shape() && found->second.dtype() == value.dtype(),
          "checkpoint: ", file, " has no optimizer tensor '", name, "' of shape ", value.shape(), " ", value.dtype(),
          "; it was written with another optimizer");
    ++seen;
    if (copy) {
      value.copy_from(found->second);
    }
  }
  void counter(std::string_view name, std::int64_t& value) override { read(state.counters, name, value); }
  void number(std::string_view name, double& value) override { read(state.numbers, name, value); }

  /// After the first pass: everything that is there belongs to the optimizer.
  void check_all_seen() const {
    const std::size_t there = tensors.size() + state.counters.size() + state.numbers.size();
    check(seen == there, "checkpoint: ", file, " holds ", there, " values of the optimizer, which has ", seen,
          "; it was written with another optimizer");
  }

 private:
  template <class T>
  void read(const std::map<std::string, T>& values, std::string_view name, T& value) {
    const auto found = values.find(std::string(name));
    check(found != values.end(), "checkpoint: ", file, " has no optimizer value '", name,
          "'; it was written with another optimizer");
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
struct Parts {
  NamedTensors model;
  std::map<std::string, Tensor> optimizer;
};

Parts parts_of(const NamedTensors& tensors, const std::string& file) {
  Parts parts;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(kModelPrefix)) {
      parts.model.push_back({name.substr(kModelPrefix.size()), tensor});
    } else {
      check(name.starts_with(kOptimizerPrefix), "checkpoint: ", file, " holds a tensor '", name,
            "', which is neither the model's nor the optimizer's");
      parts.optimizer.emplace(name.substr(kOptimizerPrefix.size()), tensor);
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

void save_checkpoint(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer,
                     const TrainingState& state) {
  const std::string broken = first_not_finite(model);
  check(broken.empty(), "checkpoint: parameter '", broken,
        "' holds NaN or infinity; it is not saved over a good checkpoint. Lower the learning rate");
  CheckpointState everything{.training = state, .optimizer = optimizer.settings(), .counters = {}, .numbers = {}};
  StateWriter writer(everything);
  optimizer.visit_state(writer);
  NamedTensors tensors;
  for (auto& [name, tensor] : nn::named_tensors(model)) {
    tensors.push_back({std::string(kModelPrefix) + name, tensor});
  }
  std::move(writer.tensors.begin(), writer.tensors.end(), std::back_inserter(tensors));
  io::write_safetensors(path, tensors,
                        {{"state", detail::to_json(everything, path.string())},
                         {nn::kArchitectureKey, nn::architecture_text(model)},
                         {nn::kVersionKey, std::string(kVersion)}},
                        {.checksum = true});
}

TrainingState load_checkpoint(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer,
                              const RunSettings& settings, const std::function<void(const TrainingState&)>& accept) {
  const std::string file = path.string();
  const io::Safetensors contents = read_contents(path);
  const auto entry = contents.metadata.find("state");
  check(entry != contents.metadata.end(), "checkpoint: ", file, " is not a checkpoint: its metadata has no 'state'");
  const CheckpointState everything = detail::from_json(entry->second, file);
  check(contents.checked, "checkpoint: ", file,
        " has no checksum, so it is not as it was written. Delete it to begin anew, or choose another folder");
  check_same(everything.training.settings, settings, file);
  check_architecture(contents.metadata, model, file);

  const Parts parts = parts_of(contents.tensors, file);
  StateReader reader(parts.optimizer, everything, file);
  optimizer.visit_state(reader);
  reader.check_all_seen();
  check_same(everything.optimizer, optimizer.settings(), file);
  nn::check_tensors(model, parts.model, "checkpoint: " + file);
  if (accept) {
    accept(everything.training);
  }

  nn::load_tensors(model, parts.model, "checkpoint: " + file);
  reader.copy = true;
  optimizer.visit_state(reader);
  return everything.training;
}

}  // namespace gibbs::train
