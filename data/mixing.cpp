#include "gibbs/data/mixing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::data {
namespace {

constexpr std::int64_t kGrain = 1 << 16;  // numbers of a parallel piece

/// The rows of x [B, ...], each as combine(row, the row before, its size, where it goes).
template <class Combine>
Tensor with_row_before(const Tensor& x, const Combine& combine) {
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  const std::int64_t rows = x.size(0), size = x.shape().without(0).numel();
  dispatch_floating(x.dtype(), "MixedBatches", [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    parallel_for(0, rows, std::max<std::int64_t>(kGrain / std::max<std::int64_t>(size, 1), 1),
                 [&](std::int64_t first, std::int64_t last) {
                   for (std::int64_t row = first; row < last; ++row) {
                     combine(from + row * size, from + (row + rows - 1) % rows * size, size, to + row * size);
                   }
                 });
  });
  return y;
}

/// lambda x_i + (1 - lambda) x_(i-1).
Tensor mixed(const Tensor& x, double lambda) {
  return with_row_before(x, [lambda]<class T>(const T* own, const T* other, std::int64_t size, T* to) {
    const T part = static_cast<T>(lambda), rest = static_cast<T>(1 - lambda);
    for (std::int64_t i = 0; i < size; ++i) {
      to[i] = part * own[i] + rest * other[i];
    }
  });
}

/// Rows and columns of a picture.
struct Box {
  std::int64_t top, bottom, left, right;

  /// Of the area 1 - lambda, with its middle anywhere in the picture: what lies outside is cut off.
  static Box drawn(std::int64_t height, std::int64_t width, double lambda, const RandomKey& key) {
    const double side = std::sqrt(1 - lambda);
    const auto interval = [&](std::int64_t size, std::uint64_t draw) {
      const auto half = static_cast<std::int64_t>(side * static_cast<double>(size)) / 2;
      const auto middle = static_cast<std::int64_t>(random_uniform(key, draw) * static_cast<double>(size));
      return std::pair(std::max<std::int64_t>(middle - half, 0), std::min(middle + half, size));
    };
    const auto [top, bottom] = interval(height, 0);
    const auto [left, right] = interval(width, 1);
    return {top, bottom, left, right};
  }
  std::int64_t area() const { return (bottom - top) * (right - left); }
};

/// x [B, H, W, C] with this box of the picture before.
Tensor pasted(const Tensor& x, const Box& box) {
  const std::int64_t line = x.size(2) * x.size(3), channels = x.size(3);
  return with_row_before(x, [&]<class T>(const T* own, const T* other, std::int64_t size, T* to) {
    std::copy(own, own + size, to);
    for (std::int64_t row = box.top; row < box.bottom; ++row) {
      const std::int64_t begin = row * line + box.left * channels, end = row * line + box.right * channels;
      std::copy(other + begin, other + end, to + begin);
    }
  });
}

void check_alpha(const char* name, double alpha) {
  check(std::isfinite(alpha) && alpha >= 0, "MixedBatches: ", name, " is ", alpha,
        "; it is the alpha of a Beta(alpha, alpha), finite and above 0, or 0 for none");
}

}  // namespace

MixedBatches::MixedBatches(Batches& batches, const Mixing& mixing, std::uint64_t seed)
    : batches_(batches), mixing_(mixing), seed_(seed) {
  check_alpha("mixup", mixing.mixup);
  check_alpha("cutmix", mixing.cutmix);
  check(!mixing.empty(), "MixedBatches: neither mixup nor cutmix is above 0; give one, or use the batches as they are");
  check(mixing.classes >= 0, "MixedBatches: classes must not be negative, it is ", mixing.classes);
}

Tensor MixedBatches::distributions(const Tensor& target) const {
  if (target.dtype() != DType::int64) {
    check(is_floating(target.dtype()) && target.rank() == 2,
          "MixedBatches: targets must be labels int64 [N] or distributions [N, K], they are ", target.dtype(), " ",
          target.shape());
    return target;
  }
  check(target.rank() == 1, "MixedBatches: targets must be labels int64 [N] or distributions [N, K], they are int64 ",
        target.shape());
  check(mixing_.classes > 0, "MixedBatches: targets are labels; say of how many .classes");
  for (const std::int64_t label : target.values<std::int64_t>()) {
    check(label >= 0 && label < mixing_.classes, "MixedBatches: there is a label ", label, ", which is none of ",
          mixing_.classes, " classes");
  }
  return kernels::one_hot(target, mixing_.classes);
}

Batch MixedBatches::make(const BatchPosition& position) {
  Batch batch = batches_.make(position);
  const Tensor x = batch.input(), p = distributions(batch.target());
  check(is_floating(x.dtype()), "MixedBatches: inputs must be float32 or float64, they are ", x.dtype());
  const RandomKey key =
      RandomKey{.seed = seed_}.derive("mixing").derive(static_cast<std::uint64_t>(batch.first_sample));
  const bool cuts = mixing_.mixup == 0 || (mixing_.cutmix > 0 && random_uniform(key, 0) < 0.5);
  double lambda = symmetric_beta(cuts ? mixing_.cutmix : mixing_.mixup, key.derive("lambda"));
  if (cuts) {
    check(x.rank() == 4 && x.numel() > 0, "MixedBatches: cutmix takes pictures [N, H, W, C], received ", x.shape());
    const Box box = Box::drawn(x.size(1), x.size(2), lambda, key.derive("box"));
    lambda = 1 - static_cast<double>(box.area()) / static_cast<double>(x.size(1) * x.size(2));
    batch.inputs = {pasted(x, box)};
  } else {
    batch.inputs = {mixed(x, lambda)};
  }
  batch.targets = {mixed(p, lambda)};
  return batch;
}

RunSettings MixedBatches::settings() const {
  RunSettings all = batches_.settings();
  all.emplace_back("mixing", fmt::format("mixup {}, cutmix {}, {} classes; drawn by seed {}", mixing_.mixup,
                                         mixing_.cutmix, mixing_.classes, seed_));
  return all;
}

/// Above 1/2 by Ulrich's formula, else by Jöhnk's rejection, in logarithms, since U^(1/alpha) of a small alpha is 0
/// (Devroye, "Non-uniform random variate generation", 1986, IX.4).
double symmetric_beta(double alpha, const RandomKey& key) {
  check(std::isfinite(alpha) && alpha > 0, "symmetric_beta: alpha must be finite and above 0, it is ", alpha);
  const auto log_uniform = [&key](std::uint64_t i) { return portable::log(1 - random_uniform(key, i)); };
  if (alpha > 0.5) {
    const double radius = std::sqrt(1 - portable::exp(log_uniform(0) * 2 / (2 * alpha - 1)));
    return (1 + radius * portable::cos(2 * std::numbers::pi * random_uniform(key, 1))) / 2;
  }
  for (std::uint64_t draw = 0;; draw += 2) {
    const double u = log_uniform(draw) / alpha, v = log_uniform(draw + 1) / alpha;
    if (portable::exp(u) + portable::exp(v) <= 1) {
      return 1 / (1 + portable::exp(v - u));
    }
  }
}

}  // namespace gibbs::data
