// Random changes of training pictures (augmentation), made by the loader on uint8 pixels before they become float32.
//
// A transform draws from the key it is given, and the loader derives that key from (seed, global sample position): the
// same pictures on resume and on any number of threads. docs/data.md shows what each of them does to pictures.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gibbs/tensor/random.h"

namespace gibbs::data {

/// The pixels of one picture, row by row: [height, width, channels].
struct Picture {
  std::span<std::uint8_t> pixels;
  std::int64_t height, width, channels;
  /// Which picture of the data set it is, in whatever order they come, and in which epoch.
  std::int64_t number = 0, epoch = 0;
};

/// Changes a picture in place. Runs on the loader's thread; what it throws comes out of the loader's next(). Any
/// function of these arguments is one; by its description a resumed run knows that it goes on with the same.
struct Transform {
  using Change = std::function<void(const Picture&, const RandomKey&)>;

  Transform() = default;
  template <std::invocable<const Picture&, const RandomKey&> F>
  Transform(F function) : change(std::move(function)) {}  // NOLINT: conversion is its purpose
  Transform(std::string text, Change function) : change(std::move(function)), description(std::move(text)) {}

  void operator()(const Picture& picture, const RandomKey& key) const { change(picture, key); }
  explicit operator bool() const { return static_cast<bool>(change); }

  Change change = {};
  std::string description = "own";
};

/// Left becomes right with probability p.
Transform random_horizontal_flip(double p = 0.5);

/// Left becomes right in every other epoch: for half of the pictures, chosen by a hash of (seed, number), in epochs 0,
/// 2, 4 ..., for the others in 1, 3, 5 ... So two epochs show every picture both ways, where chance shows half of them
/// one way only (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024).
Transform alternating_flip(std::uint64_t seed = 0);

/// What lies beyond the edge of a picture: black, or the picture again, mirrored at its outermost pixels, which are not
/// repeated (numpy's and PyTorch's "reflect").
enum class Border { zero, reflect };

/// Pads on all sides and cuts a piece of the old size out of it: a shift by up to `padding` pixels each way.
Transform random_crop(std::int64_t padding, Border border = Border::zero);

struct CutoutOptions {
  std::int64_t size;  // of the square's side; must be given
  /// The pixel that it is filled with, one number for every channel; empty: black. DeVries and Taylor fill in the mean,
  /// which is mean_pixel(normalization).
  std::vector<std::uint8_t> fill = {};
};
/// A square is lost whose middle lies anywhere in the picture, so that near an edge part of it lies outside (DeVries
/// and Taylor, "Improved regularization of convolutional neural networks with cutout", 2017).
Transform cutout(CutoutOptions options);

/// A turn about the middle by up to `degrees` either way, counter-clockwise where the angle is above 0; between pixels
/// bilinear. PyTorch's takes the nearest pixel unless told otherwise.
Transform random_rotation(double degrees, Border border = Border::zero);

struct ResizedCropOptions {
  double least_area = 0.08, most_area = 1;               // of the piece, as a share of the picture's
  double least_aspect = 3.0 / 4, most_aspect = 4.0 / 3;  // of the piece: width / height
};
/// A piece of the picture, resized to the size of the whole: its area is drawn uniformly, the logarithm of its aspect,
/// too, and then its place (Szegedy et al., "Going deeper with convolutions", 2014; PyTorch's RandomResizedCrop, with
/// its defaults). When ten draws give no piece that fits, it is the largest in the middle with the nearest aspect that
/// is allowed.
Transform random_resized_crop(const ResizedCropOptions& options = {});

struct ColourJitterOptions {
  double brightness = 0, contrast = 0, saturation = 0;  // a factor in [max(0, 1 - x), 1 + x]
  double hue = 0;                                       // turns of the circle of colours, up to 1/2 either way
};
/// Other colours, by what PyTorch's ColorJitter does, in an order that is drawn, too; grey = 0.299 R + 0.587 G + 0.114
/// B:
///   brightness: f v;   contrast: f v + (1 - f) (mean grey of the picture);   saturation: f v + (1 - f) (grey of the
///   pixel); hue: the hue of HSV moves on by the draw.
/// Each ends in [0, 255]; rounded once, at the end, where PyTorch cuts off after each. Pictures of 1 or 3 channels;
/// grey ones have neither saturation nor hue.
Transform colour_jitter(const ColourJitterOptions& options);

}  // namespace gibbs::data
