#include "tests/fuzz/training.h"

#include <sstream>

#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/weights.h"
#include "gibbs/train/detail/checkpoint_state.h"

namespace gibbs::fuzz {
namespace {

data::ImageDataset four_pictures() {
  return {.images = Tensor::from(std::vector<std::uint8_t>{0, 255, 1, 254}, {4, 1, 1, 1}),
          .labels = Tensor::from(std::vector<std::int64_t>{0, 1, 0, 1}, {4}),
          .class_names = {"dark", "bright"}};
}

Variable cross_entropy(const Tensor& labels, const Variable& logits) {
  return losses::cross_entropy_with_logits(labels, logits);
}

/// An optimizer's state, number by number.
struct StateText : StateVisitor {
  std::ostringstream text;
  void tensor(std::string_view name, Tensor& value) override {
    text << name;
    for (double element : value.to_vector()) {
      text << ' ' << element;
    }
  }
  void counter(std::string_view name, std::int64_t& value) override { text << name << ' ' << value; }
  void number(std::string_view name, double& value) override { text << name << ' ' << value; }
};

}  // namespace

train::FitResult TinyRun::fit(const std::string& checkpoint, int epochs) {
  std::ostringstream log;
  return train::fit(model, adam, cross_entropy, four_pictures(), {},
                    {.epochs = epochs,
                     .batch_size = 2,
                     .checkpoint = checkpoint,
                     .resume = true,
                     .progress = train::ProgressStyle::silent,
                     .out = &log});
}

train::TrainingState TinyRun::load(const std::string& checkpoint) {
  static const RunSettings settings = [] {
    const std::string state = io::read_safetensors(tiny_checkpoint()).metadata.at("state");
    return train::detail::from_json(state, "fuzz").training.settings;
  }();
  return train::load_checkpoint(checkpoint, parts(), settings);
}

std::string TinyRun::fingerprint() {
  StateText state;
  adam.visit_state(state);
  running.visit_state(state);
  return nn::weights_sha256(model) + state.text.str();
}

const std::string& tiny_checkpoint() {
  static const std::string path = [] {
    std::string file = scratch("tiny checkpoint");
    TinyRun().fit(file, 1);
    return file;
  }();
  return path;
}

}  // namespace gibbs::fuzz
