#include "gibbs/nn/layers/pool2d.h"

#include <algorithm>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/pool2d.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/detail/check_input.h"

namespace gibbs::nn {
namespace {

Window2d checked_window(const char* layer, const Pool2dOptions& options) {
  const Window2d window{options.window, options.stride == Size2d() ? options.window : options.stride, options.padding};
  check_window(layer, window);
  const auto& [top, bottom, left, right] = window.padding.pads();
  check(std::max(top, bottom) < window.size.h && std::max(left, right) < window.size.w, layer, ": padding ",
        to_string(window.padding), " must be smaller than the window ", to_string(window.size),
        ", or windows would hold nothing but padding");
  return window;
}

std::string describe_pool(const char* layer, const Window2d& window) {
  std::string text = std::string(layer) + "(window " + to_string(window.size);
  if (window.stride != window.size) {
    text += ", stride " + to_string(window.stride);
  }
  if (const std::string padding = to_string(window.padding); padding != "valid") {
    text += ", padding " + padding;
  }
  return text + ")";
}

kernels::Pool2dOptions options_for(const char* layer, const Window2d& window, const Shape& x) {
  return {.window_h = window.size.h,
          .window_w = window.size.w,
          .stride_h = window.stride.h,
          .stride_w = window.stride.w,
          .pads = pads_of(layer, window, x)};
}

}  // namespace

MaxPool2d::MaxPool2d(const Pool2dOptions& options) : window_(checked_window("MaxPool2d", options)) {
  check(!options.count_padding, "MaxPool2d: count_padding is for means (AvgPool2d); padding is never the largest");
}

std::string MaxPool2d::describe() const { return describe_pool("MaxPool2d", window_); }

kernels::Pool2dOptions MaxPool2d::kernel_options(const Shape& x) const { return options_for("MaxPool2d", window_, x); }

std::unique_ptr<Module> MaxPool2d::share() const { return std::make_unique<MaxPool2d>(*this); }

Variable MaxPool2d::forward(const Variable& x) {
  check_floating("MaxPool2d", x);
  return max_pool2d(x, kernel_options(x.shape()));
}

AvgPool2d::AvgPool2d(const Pool2dOptions& options)
    : window_(checked_window("AvgPool2d", options)), count_padding_(options.count_padding) {}

std::string AvgPool2d::describe() const {
  const std::string text = describe_pool("AvgPool2d", window_);
  return count_padding_ ? text.substr(0, text.size() - 1) + ", padding counted)" : text;
}

double AvgPool2d::flops(const Shape& /*input*/, const Shape& output) const {
  return static_cast<double>(window_.size.h * window_.size.w) * static_cast<double>(output.numel());
}

std::unique_ptr<Module> AvgPool2d::share() const { return std::make_unique<AvgPool2d>(*this); }

Variable AvgPool2d::forward(const Variable& x) {
  check_floating("AvgPool2d", x);
  kernels::Pool2dOptions options = options_for("AvgPool2d", window_, x.shape());
  options.count_padding = count_padding_;
  return avg_pool2d(x, options);
}

double GlobalAvgPool2d::flops(const Shape& input, const Shape& /*output*/) const {
  return static_cast<double>(input.numel());
}

std::unique_ptr<Module> GlobalAvgPool2d::share() const { return std::make_unique<GlobalAvgPool2d>(*this); }

Variable GlobalAvgPool2d::forward(const Variable& x) {
  check_images("GlobalAvgPool2d", x);
  return mean(x, {1, 2});
}

std::unique_ptr<Module> GlobalMaxPool2d::share() const { return std::make_unique<GlobalMaxPool2d>(*this); }

Variable GlobalMaxPool2d::forward(const Variable& x) {
  check_images("GlobalMaxPool2d", x);
  return flatten(max_pool2d(x, {.window_h = x.size(1), .window_w = x.size(2)}));
}

}  // namespace gibbs::nn
