#include "examples/first_pages/first_pages.h"

#include <algorithm>
#include <iterator>

#include "examples/first_pages/scalar_tape.h"
#include "examples/networks/article_convnet.h"
#include "examples/program/claim.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/notes.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv2d.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/autograd/ops/pool2d.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/regression.h"
#include "gibbs/nn/nn.h"

namespace gibbs::examples {
namespace {

Variable leaf(double value) { return Variable::leaf(Tensor::of(value, DType::float64)); }

/// The loss of the page's one weight: the answer w to the input 1 should be 3.
Variable one_weight_loss(const Variable& w) { return (w - 3.0) * (w - 3.0); }

}  // namespace

void straight_layers(nlohmann::ordered_json& figures) {
  Claim claim(figures, "P1", "A unit, 2 x1 - x2 + 3 at (4, 5); and two straight layers are one: 2 (3 x + 1) + 4");
  claim.figure("unit", number(dense(vector({{4, 5}}), vector({{2}, {-1}}), vector({3}))));
  const Variable x = leaf(5);
  const Variable y = 2.0 * (3.0 * x + 1.0) + 4.0;
  const double slope = number(grad(y, {x})[0]);
  claim.figure("slope", slope);
  claim.figure("offset", number(y) - slope * number(x));
}

void how_wrong(nlohmann::ordered_json& figures) {
  Claim claim(figures, "P2", "How wrong: the mean of the squared errors");
  const Tensor wanted = vector({0, 1, 1, 0});
  const auto loss = [&](const Tensor& answers) { return number(losses::mean_squared_error(wanted, answers)); };
  claim.figure("one_fifth_squared", loss(vector({.2, 1, 1, 0})) * 4);
  claim.figure("all_one_half", loss(vector({.5, .5, .5, .5})));
  claim.figure("two_wrong_by_a_fifth", loss(vector({0, .8, .8, 0})));
}

std::vector<double> descent(double rate) {
  std::vector<double> places{0};
  for (int step = 0; step < 5; ++step) {
    const Variable w = leaf(places.back());
    places.push_back(places.back() - rate * number(grad(one_weight_loss(w), {w})[0]));
  }
  return places;
}

void three_rates(nlohmann::ordered_json& figures) {
  Claim claim(figures, "P3", "One weight on the loss (w - 3)^2, from 0");
  const Variable w = leaf(0);
  claim.figure("loss_at_the_start", number(one_weight_loss(w)));
  claim.figure("slope_at_the_start", number(grad(one_weight_loss(w), {w})[0]));
  claim.figures("rates", {std::begin(kRates), std::end(kRates)});
  claim.figures("creeping", descent(kRates[0]));
  claim.figures("arriving", descent(kRates[1]));
  claim.figures("jumping_out", descent(kRates[2]));
  claim.figures("at_a_rate_of_1", descent(1));
}

Variable blame_graph() {
  const NotesScope watch;
  const Variable w = named("w", leaf(2)), v = named("v", leaf(5));
  return named("y", w * v + w);
}

void who_is_to_blame(nlohmann::ordered_json& figures) {
  Claim claim(figures, "P4", "y = w v + w at w = 2, v = 5: values, and by the scalar tape every gradient");
  ScalarTape tape;
  const Scalar w = tape.leaf(2), v = tape.leaf(5), product = w * v, y = product + w;
  const std::vector<double> gradients = tape.gradients(y);
  claim.figure("product", product.value);
  claim.figure("y", y.value);
  claim.figure("gradient_of_the_product", gradients[product.place]);
  claim.figure("gradient_of_v", gradients[v.place]);
  claim.figure("gradient_of_w", gradients[w.place]);
  const double more = w.value + 0.1;
  claim.figure("w_a_tenth_more", more);
  claim.figure("y_with_w_a_tenth_more", more * v.value + more);
}

void logits_to_shares(nlohmann::ordered_json& figures) {
  Claim claim(figures, "P5", "Softmax of the logits (2, 1, 0)");
  const auto shares = [](const Tensor& logits) { return softmax(logits).value().to_vector(); };
  claim.figures("softmax", shares(vector({{2, 1, 0}})));
  claim.figures("softmax_with_10_more", shares(vector({{12, 11, 10}})));
  claim.figures("softmax_of_equal_logits", shares(vector({{7, 7, 7, 7}})));
  claim.figure("loss_if_the_first_is_right",
               number(losses::cross_entropy_with_logits(vector({{1, 0, 0}}), vector({{2, 1, 0}}))));
  claim.figure("loss_if_the_last_is_right",
               number(losses::cross_entropy_with_logits(vector({{0, 0, 1}}), vector({{2, 1, 0}}))));
}

WindowSums window_sums() {
  const Tensor picture = vector({{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 1, 1, 1}, {0, 0, 1, 1, 1}, {0, 0, 1, 1, 1}});
  const Tensor kernel = vector({{-1, 0, 1}, {-1, 0, 1}, {-1, 0, 1}});
  const Variable sums = conv2d(picture.reshape({1, 5, 5, 1}), kernel.reshape({3, 3, 1, 1}));
  return {picture.to_vector(), kernel.to_vector(), sums.value().to_vector()};
}

void sum_in_a_window(nlohmann::ordered_json& figures) {
  Claim claim(figures, "N1", "A picture with a bright corner, under a kernel that looks for upright edges");
  const std::vector<double> sums = window_sums().sums;
  claim.figures("sums", sums);
  claim.figure("marked_sum", sums[3]);
  claim.figure("largest_sum", *std::max_element(sums.begin(), sums.end()));
}

void pooled_and_dropped(nlohmann::ordered_json& figures) {
  Claim claim(figures, "N2", "Max pooling of a picture of 4 x 4, and what dropout multiplies by");
  const Tensor picture = vector({{1, 3, 0, 2}, {2, 0, 1, 1}, {0, 0, 5, 4}, {6, 1, 2, 3}});
  const Variable x = Variable::leaf(picture.reshape({1, 4, 4, 1}));
  const Variable y = max_pool2d(x, {.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2});
  claim.figures("pooled", y.value().to_vector());
  claim.figures("gradient_of_their_sum", grad(sum(y), {x})[0].value().to_vector());
  nn::Dropout dropout({.rate = 0.5});
  const nn::ForwardScope training({.training = true});
  claim.figure("factor_of_those_that_stay", number(max(dropout(Tensor::ones({100}, DType::float64)))));
}

std::vector<LayerLine> article_layers() {
  nn::Sequential model = article_convnet(0);
  Variable x = Tensor::zeros({1, 32, 32, 3});
  std::vector<LayerLine> lines{{"picture", x.shape().without(0), 0}};
  for (std::size_t i = 0; i < model.size(); ++i) {
    x = model[i](x);
    lines.push_back({model[i].describe(), x.shape().without(0), nn::parameter_count(model[i])});
  }
  return lines;
}

void article_network(nlohmann::ordered_json& figures) {
  Claim claim(figures, "N3", "The article's network, layer by layer");
  double total = 0;
  std::vector<double> weights, numbers;
  for (const LayerLine& line : article_layers()) {
    weights.push_back(static_cast<double>(line.weights));
    numbers.push_back(static_cast<double>(line.shape.numel()));
    total += weights.back();
  }
  claim.figures("numbers_after", numbers);
  claim.figures("weights", weights);
  claim.figure("all_weights", total);
  claim.figure("weights_of_convolutions", weights[1] + weights[5]);
  claim.figure("if_the_first_were_dense", (numbers[0] + 1) * numbers[1]);
  constexpr double kTrainingPictures = 40'000, kBatch = 250;
  claim.figure("training_pictures", kTrainingPictures);
  claim.figure("batch", kBatch);
  claim.figure("steps_of_an_epoch", kTrainingPictures / kBatch);
}

}  // namespace gibbs::examples
