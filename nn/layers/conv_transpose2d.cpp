#include "gibbs/nn/layers/conv_transpose2d.h"

#include <fmt/format.h>

#include <utility>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv2d.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

ConvTranspose2d::ConvTranspose2d(ConvTranspose2dOptions options) : options_(std::move(options)) {
  const auto& [in, out, kernel, stride, padding, more, dilation, groups, bias, weight_init] = options_;
  check_channels("ConvTranspose2d", in, out, groups);
  check_window("ConvTranspose2d", window());
  check(more.h >= 0 && more.w >= 0 && more.h < stride.h && more.w < stride.w,
        "ConvTranspose2d: output_padding must be at least 0 and less than the stride, ", to_string(stride), "; it is ",
        to_string(more));
  check(!padding.is_same() || more == Size2d(0),
        "ConvTranspose2d: Padding::same makes sizes size * stride; leave out output_padding, which is ",
        to_string(more));
  const std::int64_t taps = kernel.h * kernel.w;
  weight_ = Parameter::pending({kernel.h, kernel.w, out / groups, in}, weight_init, taps * (in / groups),
                               taps * (out / groups));
  if (bias) {
    bias_ = Parameter(Tensor::zeros({out}));
  }
}

void ConvTranspose2d::visit(ModuleVisitor& visitor) {
  visitor.parameter("weight", weight_);
  if (bias_.defined()) {
    visitor.parameter("bias", bias_);
  }
}

std::string ConvTranspose2d::describe() const {
  return fmt::format("ConvTranspose2d({} -> {}, kernel {}", options_.in, options_.out, to_string(options_.kernel)) +
         unless_usual("stride", to_string(options_.stride), "1x1") +
         unless_usual("padding", to_string(options_.padding), "valid") +
         unless_usual("output padding", to_string(options_.output_padding), "0x0") +
         unless_usual("dilation", to_string(options_.dilation), "1x1") +
         unless_usual("groups", std::to_string(options_.groups), "1") + (options_.bias ? ")" : ", no bias)");
}

std::unique_ptr<Module> ConvTranspose2d::share() const { return std::make_unique<ConvTranspose2d>(*this); }

double ConvTranspose2d::flops(const Shape& input, const Shape& /*output*/) const {
  const std::int64_t products = options_.kernel.h * options_.kernel.w * (options_.out / options_.groups);
  return 2.0 * static_cast<double>(products) * static_cast<double>(input.numel());
}

kernels::Conv2dGeometry ConvTranspose2d::geometry(const Shape& x) const {
  check(x.rank() == 4 && x[3] == options_.in && x[1] > 0 && x[2] > 0, "ConvTranspose2d: ", forward_name(),
        " expects [N, H, W, ", options_.in, "] with pixels, received ", x);
  const auto& [top, bottom, left, right] = options_.padding.pads();
  const auto size_of = [same = options_.padding.is_same()](std::int64_t size, std::int64_t stride, std::int64_t span,
                                                           std::int64_t taken, std::int64_t more) {
    return same ? size * stride : (size - 1) * stride - taken + span + more;
  };
  const Size2d size(size_of(x[1], options_.stride.h, options_.dilation.h * (options_.kernel.h - 1) + 1, top + bottom,
                            options_.output_padding.h),
                    size_of(x[2], options_.stride.w, options_.dilation.w * (options_.kernel.w - 1) + 1, left + right,
                            options_.output_padding.w));
  check(size.h > 0 && size.w > 0, "ConvTranspose2d: ", forward_name(), " makes pictures of ", to_string(size),
        " pixels from ", x, ": the padding takes away too much");
  const Shape y = {x[0], size.h, size.w, options_.out};
  return kernels::Conv2dGeometry::of(y, weight_.shape(),
                                     {.stride_h = options_.stride.h,
                                      .stride_w = options_.stride.w,
                                      .pads = pads_of("ConvTranspose2d", window(), y),
                                      .dilation_h = options_.dilation.h,
                                      .dilation_w = options_.dilation.w,
                                      .groups = options_.groups});
}

Variable ConvTranspose2d::forward(const Variable& x) {
  const kernels::Conv2dGeometry from_y_to_x = geometry(x.shape());
  check_parameter("ConvTranspose2d", x, weight_);
  const Variable y = conv2d_dx(x, weight_, from_y_to_x);
  return bias_.defined() ? y + bias_ : y;
}

}  // namespace gibbs::nn
