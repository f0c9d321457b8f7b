#include "examples/laboratory/laboratory_targets.h"

#include <cmath>
#include <string_view>
#include <vector>

#include "gibbs/tensor/random.h"

namespace gibbs::examples {
namespace {

/// The stream of a picture: a function of the seed and of what is seen.
RandomKey key_of(std::uint64_t seed, const Tensor& image) {
  const auto pixels = image.values<float>();
  const std::string_view bytes(reinterpret_cast<const char*>(pixels.data()), pixels.size_bytes());  // NOLINT
  return RandomKey{.seed = seed}.derive("soft target").derive(bytes);
}

/// A draw from Dirichlet(1, ..., 1).
std::vector<double> random_distribution(const RandomKey& key, std::int64_t classes) {
  std::vector<double> r;
  double total = 0;
  for (std::int64_t k = 0; k < classes; ++k) {
    r.push_back(-std::log1p(-random_uniform(key, static_cast<std::uint64_t>(k))));
    total += r.back();
  }
  for (double& share : r) {
    share /= total;
  }
  return r;
}

}  // namespace

Targets targets_by_name(const std::string& name) {
  check(name == "one-hot" || name == "smoothed" || name == "soft", "targets: '", name,
        "' is none of one-hot, smoothed, soft");
  return name == "one-hot" ? Targets::one_hot : name == "smoothed" ? Targets::smoothed : Targets::soft;
}

Tensor make_targets(Targets targets, const Tensor& labels, const Tensor& images, std::int64_t classes, DType dtype,
                    std::uint64_t seed) {
  Tensor p = Tensor::zeros({labels.numel(), classes}, dtype);
  const auto label_of = labels.values<std::int64_t>();
  const double mixed = targets == Targets::one_hot ? 0 : targets == Targets::smoothed ? kSmoothing : kMixing;
  for (std::int64_t n = 0; n < labels.numel(); ++n) {
    std::vector<double> other(static_cast<std::size_t>(classes), 1.0 / static_cast<double>(classes));
    if (targets == Targets::soft) {
      other = random_distribution(key_of(seed, images[n]), classes);
    }
    for (std::int64_t k = 0; k < classes; ++k) {
      const double one_hot = k == label_of[static_cast<std::size_t>(n)] ? 1 : 0;
      p.set({n, k}, (1 - mixed) * one_hot + mixed * other[static_cast<std::size_t>(k)]);
    }
  }
  return p;
}

double mean_entropy(const Tensor& p) {
  double total = 0;
  for (double share : p.to_vector()) {
    total -= share > 0 ? share * std::log(share) : 0;
  }
  return total / static_cast<double>(p.size(0));
}

}  // namespace gibbs::examples
