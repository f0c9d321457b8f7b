#include "gibbs/train/checkpoint.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "gibbs/nn/safetensors.h"
#include "gibbs/nn/weights.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::train {
namespace {

using nlohmann::json;

constexpr const char* kModelPrefix = "model/";
constexpr const char* kOptimizerPrefix = "optimizer/";
constexpr int kFormat = 2;

/// Numbers as JSON: the shortest text that reads back to the same bits; NaN, which JSON lacks, as null.
double number_or_nan(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

json to_json(const EpochResult& e) {
  return json::array({e.epoch, e.loss, e.accuracy, e.val_loss, e.val_accuracy, e.seconds});
}

EpochResult epoch_from_json(const json& e) {
  return {e.at(0).get<int>(),     number_or_nan(e.at(1)), number_or_nan(e.at(2)),
          number_or_nan(e.at(3)), number_or_nan(e.at(4)), number_or_nan(e.at(5))};
}

json to_json(const TrainingState& state) {
  json epochs = json::array();
  for (const EpochResult& e : state.history.epochs) {
    epochs.push_back(to_json(e));
  }
  return {{"step", state.step},
          {"epoch", state.position.epoch},
          {"batch", state.position.batch},
          {"loss_sum", state.loss.sum()},
          {"loss_rows", state.loss.rows()},
          {"correct", state.correct},
          {"epoch_seconds", state.epoch_seconds},
          {"history", epochs},
          {"callbacks", state.callbacks},
          {"stop_reason", state.stop_reason},
          {"settings", state.settings}};
}

TrainingState state_from_json(const json& j) {
  TrainingState state{.step = j.at("step"),
                      .position = {.epoch = j.at("epoch"), .batch = j.at("batch")},
                      .correct = j.at("correct"),
                      .epoch_seconds = j.at("epoch_seconds"),
                      .callbacks = j.at("callbacks").get<std::vector<std::string>>(),
                      .stop_reason = j.at("stop_reason"),
                      .settings = j.at("settings").get<RunSettings>()};
  state.loss.restore(j.at("loss_sum"), j.at("loss_rows"));
  for (const json& e : j.at("history")) {
    state.history.epochs.push_back(epoch_from_json(e));
  }
  return state;
}

/// Copies what the optimizer remembers out of it.
struct StateWriter : optim::StateVisitor {
  nn::NamedTensors tensors;
  json values = json::object();

  void tensor(std::string_view name, Tensor& value) override {
    tensors.push_back({kOptimizerPrefix + std::string(name), value});
  }
  void counter(std::string_view name, std::int64_t& value) override { values[std::string(name)] = value; }
  void number(std::string_view name, double& value) override { values[std::string(name)] = value; }
};

/// Checks (first pass) or copies (second pass) what a checkpoint holds into the optimizer.
struct StateReader : optim::StateVisitor {
  const std::map<std::string, Tensor>& tensors;
  const json& values;
  const std::string& file;
  bool copy = false;

  StateReader(const std::map<std::string, Tensor>& from, const json& numbers, const std::string& path)
      : tensors(from), values(numbers), file(path) {}

  void tensor(std::string_view name, Tensor& value) override {
    const auto found = tensors.find(kOptimizerPrefix + std::string(name));
    check(found != tensors.end() && found->second.shape() == value.shape() && found->second.dtype() == value.dtype(),
          "checkpoint: ", file, " has no optimizer tensor '", name, "' of shape ", value.shape(), " ", value.dtype(),
          "; it was written with another optimizer");
    if (copy) {
      value.copy_from(found->second);
    }
  }
  void counter(std::string_view name, std::int64_t& value) override { read(name, value); }
  void number(std::string_view name, double& value) override { read(name, value); }

 private:
  template <class T>
  void read(std::string_view name, T& value) {
    const auto found = values.find(std::string(name));
    check(found != values.end() && found->is_number(), "checkpoint: ", file, " has no optimizer value '", name,
          "'; it was written with another optimizer");
    if (copy) {
      value = found->template get<T>();
    }
  }
};

/// "batch size is 32 in the checkpoint and 250 here, ..."; empty for equal settings.
std::string differences(const RunSettings& saved, const RunSettings& here) {
  const auto value_of = [](const RunSettings& settings, const std::string& name) {
    const auto found = std::find_if(settings.begin(), settings.end(), [&](const auto& s) { return s.first == name; });
    return found == settings.end() ? std::string("not set") : found->second;
  };
  std::string text;
  const auto compare = [&](const std::string& name) {
    const std::string a = value_of(saved, name), b = value_of(here, name);
    if (a != b) {
      text += (text.empty() ? "" : ", ") + name + " is " + a + " in the checkpoint and " + b + " here";
    }
  };
  for (const auto& [name, value] : here) {
    compare(name);
  }
  for (const auto& [name, value] : saved) {
    if (value_of(here, name) == "not set") {
      compare(name);
    }
  }
  return text;
}

nn::Safetensors read_contents(const std::filesystem::path& path) {
  try {
    return nn::read_safetensors(path);
  } catch (const Error& error) {
    fail("checkpoint: ", error.what(), ". The file is damaged: delete it to begin anew, or choose another folder");
  }
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
  StateWriter writer;
  optimizer.visit_state(writer);
  nn::NamedTensors tensors;
  for (auto& [name, tensor] : nn::named_tensors(model)) {
    tensors.push_back({kModelPrefix + name, tensor});
  }
  std::move(writer.tensors.begin(), writer.tensors.end(), std::back_inserter(tensors));
  const json everything = {{"format", kFormat}, {"training", to_json(state)}, {"optimizer", writer.values}};
  nn::write_safetensors(path, tensors,
                        {{"state", everything.dump()}, {nn::kArchitectureKey, nn::architecture_text(model)}});
}

TrainingState load_checkpoint(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer,
                              const RunSettings& settings) {
  const std::string file = path.string();
  const nn::Safetensors contents = read_contents(path);
  const auto entry = contents.metadata.find("state");
  check(entry != contents.metadata.end(), "checkpoint: ", file, " is not a checkpoint: its metadata has no 'state'");
  json everything;
  TrainingState state;
  try {
    everything = json::parse(entry->second);
    check(everything.at("format") == kFormat, "checkpoint: ", file, " has format ", everything.at("format").dump(),
          ", expected ", kFormat);
    state = state_from_json(everything.at("training"));
  } catch (const json::exception& error) {
    fail("checkpoint: ", file, " has a damaged 'state': ", error.what());
  }
  const std::string other = differences(state.settings, settings);
  check(other.empty(), "checkpoint: ", file, " belongs to another run: ", other,
        "; give the same options, or another folder");

  const auto architecture = contents.metadata.find(nn::kArchitectureKey);
  check(architecture != contents.metadata.end() && architecture->second == nn::architecture_text(model),
        "checkpoint: ", file, " holds another model:\n",
        architecture == contents.metadata.end() ? std::string("(not named)\n") : architecture->second,
        "This model is:\n", nn::architecture_text(model));

  nn::NamedTensors model_tensors;
  std::map<std::string, Tensor> optimizer_tensors;
  for (const auto& [name, tensor] : contents.tensors) {
    if (name.rfind(kModelPrefix, 0) == 0) {
      model_tensors.push_back({name.substr(std::string_view(kModelPrefix).size()), tensor});
    } else {
      optimizer_tensors.emplace(name, tensor);
    }
  }
  StateReader reader(optimizer_tensors, everything.at("optimizer"), file);
  optimizer.visit_state(reader);
  nn::load_tensors(model, model_tensors, "checkpoint: " + file);
  reader.copy = true;
  optimizer.visit_state(reader);
  return state;
}

}  // namespace gibbs::train
