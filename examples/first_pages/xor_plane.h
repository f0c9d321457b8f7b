// What a network of two inputs and one output answers everywhere around the four points of XOR, as numbers and as a
// picture.
#pragma once

#include <filesystem>
#include <vector>

#include "gibbs/nn/module.h"

namespace gibbs::examples {

/// A network's answers on a square grid over [-0.5, 1.5] x [-0.5, 1.5].
struct XorPlane {
  /// Asks the network [N, 2] -> [N, 1], without tape.
  explicit XorPlane(nn::Layer& network);

  std::vector<double> first, second, answer;  // one entry per point of the grid: both inputs, and the output
};

/// Draws folder/xor_plane.svg and .png: both planes in colours, the four points with what they should be, and a line
/// where the answer is 1/2. Says so when gnuplot is not installed.
void draw_xor_planes(const std::filesystem::path& folder, const XorPlane& before, const XorPlane& after);

}  // namespace gibbs::examples
