// A training that takes a moment: pictures of a few pixels, a small model, and a callback that interrupts it.
#pragma once

#include <csignal>
#include <sstream>

#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "gibbs/train/fit.h"

namespace gibbs::train {

/// Pictures of 4x4 pixels whose class is the quarter that is bright, with noise.
inline data::ImageDataset bright_quarters(std::int64_t count) {
  data::ImageDataset set{.images = Tensor::uninitialized({count, 4, 4, 1}, DType::uint8),
                         .labels = Tensor::uninitialized({count}, DType::int64),
                         .class_names = {"top left", "top right", "bottom left", "bottom right"},
                         .problems = {}};
  auto* pixels = set.images.mutable_data<std::uint8_t>();
  auto* labels = set.labels.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    labels[i] = i * 7 % 4;
    for (std::int64_t k = 0; k < 16; ++k) {
      const bool bright = (k / 8 * 2 + k % 4 / 2) == labels[i];
      const auto noise = random_bits({.seed = 5}, static_cast<std::uint64_t>(i * 16 + k)) % 120;
      pixels[i * 16 + k] = static_cast<std::uint8_t>(noise + (bright ? 100 : 0));
    }
  }
  return set;
}

inline Variable cross_entropy(const Tensor& labels, const Variable& logits) {
  return losses::cross_entropy_with_logits(labels, logits);
}

/// A small model with dropout and batch norm, so that randomness and running averages have to be resumed, too.
struct Fitting {
  nn::Sequential model = nn::initialized(
      nn::Sequential{nn::Conv2d({.in = 1, .out = 4, .kernel = 3, .padding = nn::Padding::same}), nn::ReLU(),
                     nn::MaxPool2d({.window = 2}), nn::BatchNorm({.features = 4, .keep = 0.9}),
                     nn::Dropout({.rate = 0.25}), nn::Flatten(), nn::Dense({.in = 16, .out = 4})},
      3);
  optim::Adam adam{nn::parameters(model), {.learning_rate = 0.01}};
  data::Split sets = data::split_validation(bright_quarters(250), 0.2, 0);
  std::ostringstream log;

  FitOptions options(int epochs) {
    return {.epochs = epochs, .batch_size = 32, .seed = 9, .progress = ProgressStyle::lines, .out = &log};
  }
  FitResult fit(const FitOptions& fit_options, const Callbacks& callbacks = {}) {
    return train::fit(model, adam, cross_entropy, sets.train, sets.validation, fit_options, callbacks);
  }
  std::string weights() { return nn::weights_sha256(model); }
};

/// Raises SIGINT after a given step, as Ctrl-C would.
class InterruptAt : public Callback {
 public:
  explicit InterruptAt(std::int64_t step) : step_(step) {}
  void on_step_end(FitState& state) override {
    if (state.step == step_) {
      std::raise(SIGINT);
    }
  }

 private:
  std::int64_t step_;
};

}  // namespace gibbs::train
