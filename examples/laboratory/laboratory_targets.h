// The targets of the laboratory: distributions that do not depend on the model, and their entropy.
#pragma once

#include <cstdint>
#include <string>

#include "gibbs/tensor/tensor.h"

namespace gibbs::examples {

enum class Targets { one_hot, smoothed, soft };

/// "one-hot", "smoothed" or "soft".
Targets targets_by_name(const std::string& name);

/// Share of the label's class that smoothed targets spread over all classes, and soft targets over a random mix.
inline constexpr double kSmoothing = 0.1, kMixing = 0.3;

/// p [N, K] of labels [N]:
///   one-hot:   p = e_y
///   smoothed:  p = 0.9 e_y + 0.1 / K
///   soft:      p = 0.7 e_y + 0.3 r, r uniform over all distributions (Dirichlet(1, ..., 1): exponential draws divided
///              by their sum), keyed by `seed` and the bytes of the picture. A picture has the same target in every
///              epoch and in every run.
Tensor make_targets(Targets targets, const Tensor& labels, const Tensor& images, std::int64_t classes, DType dtype,
                    std::uint64_t seed);

/// Mean over rows of H(p) = -sum p ln p in nats, summed in float64, whatever p's dtype.
double mean_entropy(const Tensor& p);

}  // namespace gibbs::examples
