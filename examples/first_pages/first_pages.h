// What docs/primer.md and docs/network.md show: every figure of theirs, computed here by the library, and their
// pictures but for the one that 03_xor draws.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "gibbs/autograd/variable.h"

namespace gibbs::examples {

// Figures, printed and stored by their number: first_pages.cpp.
void straight_layers(nlohmann::ordered_json& figures);     // P1
void how_wrong(nlohmann::ordered_json& figures);           // P2
void three_rates(nlohmann::ordered_json& figures);         // P3
void who_is_to_blame(nlohmann::ordered_json& figures);     // P4
void logits_to_shares(nlohmann::ordered_json& figures);    // P5
void sum_in_a_window(nlohmann::ordered_json& figures);     // N1
void pooled_and_dropped(nlohmann::ordered_json& figures);  // N2
void article_network(nlohmann::ordered_json& figures);     // N3

/// One weight w from 0 on the loss (w - 3)^2, as gradient descent moves it: the start and five steps.
std::vector<double> descent(double rate);
/// The rates of the primer's picture: creeping, arriving, jumping out.
inline constexpr double kRates[] = {0.05, 0.25, 1.1};

/// w v + w at w = 2, v = 5, with notes for a picture.
Variable blame_graph();

/// The picture [5, 5] with a bright corner, the kernel [3, 3] that looks for upright edges, and the sums [3, 3].
struct WindowSums {
  std::vector<double> picture, kernel, sums;
};
WindowSums window_sums();

/// One layer of the article's network: what it is, the shape of what leaves it, and how many weights it has.
struct LayerLine {
  std::string layer;
  Shape shape;  // without the batch
  std::int64_t weights;
};
/// The layers in order, after a line for the picture itself.
std::vector<LayerLine> article_layers();

/// Draws into `folder`, as .svg and .png (first_pages_pictures.cpp):
///   three_rates      one weight, three learning rates
///   blame            four nodes, with values and gradients; takes graphviz, and says so when it is missing
///   convolution      a picture, a kernel, and the sum in one window
///   article_network  the sizes of what flows through the article's network
void draw_first_pages(const std::filesystem::path& folder);

}  // namespace gibbs::examples
