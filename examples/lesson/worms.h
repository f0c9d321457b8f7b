// The article's worms: which share of them has how many teeth, and the two models it is to be replaced by.
//
//   uniform      every number of teeth from 0 to n alike
//   binomial     each of n teeth is there with probability theta, whatever the others do;
//                the mean is n theta, so theta = mean / n
//
// Models are kept as ln q, in which no probability is too small to be a number.
#pragma once

#include <filesystem>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/reduction.h"

namespace gibbs::examples {

/// Shares of the worms with 0, 1, ... 10 teeth: [11], float64. The article shows them in a bar chart only; these were
/// read off it and are what public retellings use.
Tensor observed_worms();

/// The shares in a file of your own: [n + 1], float64, divided by their sum. Two forms of CSV:
///   one number per line: how many worms have 0, 1, 2 ... teeth;
///   the header "teeth,count", then lines like "3,14" in any order; teeth not mentioned have a count of 0.
/// Counts are numbers of at least 0, whole or not. Errors name file, line and value.
Tensor read_tooth_counts(const std::filesystem::path& path);

struct ToothModels {
  double mean_teeth = 0;
  double tooth_probability = 0;      // theta
  Tensor log_uniform, log_binomial;  // [n + 1], float64
};
ToothModels models_of(const Tensor& observed);

/// The article's three distributions as probabilities.
struct Worms {
  Tensor observed, uniform, binomial;
};
Worms worms();

/// ln C(n, k) + k ln theta + (n - k) ln(1 - theta) for k = 0 ... n.
Tensor log_binomial(std::int64_t teeth, double theta);

/// D(p || q) of p: [K] from ln q: [K], a scalar.
Variable kl_divergence_from(const Tensor& p, const Tensor& log_q, losses::Base base);

}  // namespace gibbs::examples
