// ImageDataset: pictures and labels in memory; Subset: some of them, in some order, as a list of indices.
//
// Splitting and taking never copy pixels: they make index lists over the same tensors. Pictures stay uint8 until a
// DataLoader makes float32 batches of them. Nothing here knows files or models.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs::data {

struct ImageDataset {
  Tensor images = {};                         // uint8 [N, H, W, C]
  Tensor labels = {};                         // int64 [N], each in [0, number of classes)
  std::vector<std::string> class_names = {};  // in the order of the labels
  bool class_ordered = false;              // all of class 0 first, then class 1 ...: shuffle before cutting a piece off
  std::vector<std::string> problems = {};  // one line per file that was left out because it is broken
  /// In place of images where sizes differ: N times uint8 [H, W, C]. ImageBatches make one size of them.
  std::vector<Tensor> pictures = {};

  std::int64_t size() const { return labels.defined() ? labels.size(0) : 0; }
  std::int64_t classes() const { return static_cast<std::int64_t>(class_names.size()); }
};

enum class Sizes { equal, any };
/// Throws unless dtypes, shapes and labels are as declared above, and sizes equal unless any will do. `op` opens the
/// message.
void validate(const ImageDataset& dataset, const char* op, Sizes sizes = Sizes::equal);

/// Pictures indices[0], indices[1], ... of a dataset, whose tensors it shares. A dataset converts to all of itself.
struct Subset {
  Subset() = default;
  Subset(const ImageDataset& all);  // NOLINT: conversion is its purpose
  Subset(const ImageDataset& dataset, std::vector<std::int64_t> indices);

  std::int64_t size() const { return static_cast<std::int64_t>(indices.size()); }
  std::int64_t label(std::int64_t i) const;
  std::vector<std::int64_t> labels() const;
  /// uint8 [H, W, C], a view.
  Tensor image(std::int64_t i) const;

  ImageDataset dataset;
  std::vector<std::int64_t> indices;
  bool class_ordered = false;
};

/// The same pictures in an order that depends on `seed` alone when they are class ordered; otherwise unchanged.
Subset mix_classes(const Subset& subset, std::uint64_t seed);

/// The first `count` pictures of mix_classes(subset, seed): what --limit means. Errors: count not in [1, size].
Subset take(const Subset& subset, std::int64_t count, std::uint64_t seed);

struct Split {
  Subset train, validation;
};
/// Cuts off the last round(fraction N) pictures for validation, after mix_classes: as Keras' validation_split, but safe
/// on data in class order. Errors: fraction not in [0, 1), or a part of a positive fraction that comes out empty.
Split split_validation(const Subset& subset, double fraction, std::uint64_t seed);

}  // namespace gibbs::data
