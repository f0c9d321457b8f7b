#include "gibbs/nn/layers/reshape.h"

#include <fmt/format.h>

#include <algorithm>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {
namespace {

constexpr std::int64_t kLeft = -1;  // the size that follows from the others

std::string sizes_text(const std::vector<std::int64_t>& sizes) { return fmt::format("{}", fmt::join(sizes, "x")); }

}  // namespace

Reshape::Reshape(const ReshapeOptions& options) : sizes_(options.shape) {
  check(std::ssize(sizes_) < Shape::kMaxRank, "Reshape: a shape has at most ", Shape::kMaxRank - 1, " sizes, not ",
        sizes_.size());
  check(std::count(sizes_.begin(), sizes_.end(), kLeft) <= 1 &&
            std::all_of(sizes_.begin(), sizes_.end(), [](std::int64_t size) { return size > 0 || size == kLeft; }),
        "Reshape: sizes must be positive, one of them may be -1, received ", sizes_text(sizes_));
}

std::string Reshape::describe() const { return "Reshape(" + sizes_text(sizes_) + ")"; }

std::unique_ptr<Module> Reshape::share() const { return std::make_unique<Reshape>(*this); }

Variable Reshape::forward(const Variable& x) {
  check(x.rank() >= 1, "Reshape: ", forward_name(), " expects [N, ...], received ", x.shape());
  const std::int64_t numbers = x.shape().without(0).numel();
  Shape known, sample;
  for (const std::int64_t size : sizes_) {
    known = size == kLeft ? known : known.followed_by({size});
  }
  const bool fits = known.rank() == std::ssize(sizes_) ? known.numel() == numbers : numbers % known.numel() == 0;
  check(fits, "Reshape: ", forward_name(), " makes ", sizes_text(sizes_), " of a sample, received ", x.shape(), ", ",
        numbers, " numbers a sample");
  for (const std::int64_t size : sizes_) {
    sample = sample.followed_by({size == kLeft ? numbers / known.numel() : size});
  }
  return reshape(x, Shape{x.size(0)}.followed_by(sample));
}

}  // namespace gibbs::nn
