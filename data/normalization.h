// Normalization: the mean and deviation of every channel, taken out of pixels as they become numbers.
//
// Measured once, from the training set; kept with the model as text; and given to whatever makes numbers of pixels for
// it: training, evaluation, and the naming of a single picture. A network that sees other numbers than it learned from
// is wrong without a sign of it.
//
//   const data::Normalization normalization = data::measure_normalization(split.train);
//   train::fit(model, adam, loss, split.train, split.validation, {.normalization = normalization});
//   nn::save_weights(model, "model.safetensors", {{"normalization", data::to_string(normalization)}});
#pragma once

#include <string>
#include <vector>

#include "gibbs/data/dataset.h"

namespace gibbs::data {

/// value = (v - mean[c]) / deviation[c] for the channel c, where v is what the pixel would be without: pixel / 255,
/// unless another scale is asked for. Of no channels: values stay as they are.
struct Normalization {
  std::vector<double> mean = {}, deviation = {};

  bool empty() const { return mean.empty() && deviation.empty(); }
  bool operator==(const Normalization&) const = default;
};

/// Throws unless it is empty, or has a finite mean and a finite deviation above 0 for each of the channels. `op` opens
/// the message.
void validate(const Normalization& normalization, std::int64_t channels, const char* op);

/// Mean and deviation (the root of the mean square difference) of pixel / 255 for every channel, over all pixels of the
/// set, which are counted: the same bits on any number of threads and in any order. Errors: an empty set, a channel in
/// which all pixels are equal.
Normalization measure_normalization(const Subset& set);

/// The pixel that becomes nearest to 0, the mean, for every channel: what cutout fills in where it is to carry nothing.
std::vector<std::uint8_t> mean_pixel(const Normalization& normalization);

/// "mean 0.49 0.48 0.45 deviation 0.25 0.24 0.26", of the digits that give the same numbers again; "none" when empty.
std::string to_string(const Normalization& normalization);
/// The other way. Text of others is checked: errors say what was expected. `name` opens the message.
Normalization parse_normalization(const std::string& text, const std::string& name);

/// pixels: uint8 [..., C] -> float32 of the same shape: the numbers that ImageBatches makes of the same pixels.
Tensor normalized(const Tensor& pixels, const Normalization& normalization = {});

}  // namespace gibbs::data
