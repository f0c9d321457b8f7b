// The pictures of a training run: curves, confusion matrix, first-layer kernels, most confident mistakes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gibbs/data/dataset.h"
#include "gibbs/train/evaluate.h"
#include "gibbs/train/history.h"

namespace gibbs::examples {

/// A history with the name it has in the legend.
struct Run {
  std::string name;
  train::History history;
};

/// Validation values that somebody has published, drawn as points of their own.
struct Published {
  std::string name;
  std::vector<double> epoch, loss, accuracy;
};

/// folder/loss.svg, loss.png, accuracy.svg, accuracy.png: training (dashed) and validation (solid) per epoch, one
/// colour a run, and published values beside them.
void draw_curves(const std::filesystem::path& folder, const std::vector<Run>& runs,
                 const std::vector<Published>& published = {});

/// Labels down, predictions across, counts in the cells, shaded by their share of the label.
void draw_confusion(const std::filesystem::path& png, const train::ConfusionMatrix& confusion,
                    const std::vector<std::string>& class_names);

/// weight [kh, kw, 3, filters] as a grid of enlarged RGB tiles, each scaled to its own range.
void draw_filters(const std::filesystem::path& png, const Tensor& weight);

/// The `count` errors with the highest confidence: the picture, "label" and "taken for, with probability".
void draw_mistakes(const std::filesystem::path& png, const data::Subset& set, const train::Evaluation& evaluation,
                   int count = 20);

}  // namespace gibbs::examples
