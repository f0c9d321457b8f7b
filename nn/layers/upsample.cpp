#include "gibbs/nn/layers/upsample.h"

#include "gibbs/autograd/ops/resample2d.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {
namespace {

constexpr std::int64_t kLargestScale = 1 << 20;

bool is_given(const Size2d& size) { return size != Size2d(); }

}  // namespace

Upsample::Upsample(const UpsampleOptions& options) : options_(options) {
  const Size2d &scale = options.scale, &size = options.size;
  check(is_given(scale) != is_given(size), "Upsample: give either a scale or a size, not ",
        is_given(scale) ? "both" : "neither", ": {.scale = 2} or {.size = {64, 48}}");
  check_size("Upsample", is_given(scale) ? "the scale" : "the size", is_given(scale) ? scale : size);
  check(std::max(scale.h, scale.w) <= kLargestScale, "Upsample: the scale must be at most ", kLargestScale, ", not ",
        to_string(scale));
  check(options.mode == Interpolation::nearest || options.mode == Interpolation::bilinear,
        "Upsample: the mode must be nearest or bilinear");
  check(!options.align_corners || options.mode == Interpolation::bilinear,
        "Upsample: align_corners is for bilinear; nearest has no corners to align");
}

std::string Upsample::describe() const {
  std::string text = is_given(options_.scale) ? "Upsample(scale " + to_string(options_.scale)
                                              : "Upsample(to " + to_string(options_.size);
  text += options_.mode == Interpolation::nearest ? ", nearest" : ", bilinear";
  return text + (options_.align_corners ? ", align_corners)" : ")");
}

std::unique_ptr<Module> Upsample::share() const { return std::make_unique<Upsample>(*this); }

kernels::AxisWeights Upsample::weights(std::int64_t inputs, std::int64_t outputs) const {
  return options_.mode == Interpolation::nearest
             ? kernels::AxisWeights::nearest(inputs, outputs)
             : kernels::AxisWeights::linear(inputs, outputs, options_.align_corners);
}

double Upsample::flops(const Shape& input, const Shape& output) const {
  if (options_.mode == Interpolation::nearest) {
    return 0;
  }
  const auto taps = [&](int axis) { return static_cast<double>(weights(input[axis], output[axis]).taps()); };
  return 2 * static_cast<double>(output[0] * output[3]) * taps(1) * taps(2);
}

Variable Upsample::forward(const Variable& x) {
  check_images("Upsample", x);
  const bool scaled = is_given(options_.scale);
  return resample2d(x, weights(x.size(1), scaled ? x.size(1) * options_.scale.h : options_.size.h),
                    weights(x.size(2), scaled ? x.size(2) * options_.scale.w : options_.size.w));
}

}  // namespace gibbs::nn
