#include "examples/laboratory/gradient_difference.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace gibbs::examples {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The place of x among all numbers of its type: neighbours differ by 1, and -0 stands where 0 does.
template <class T>
std::int64_t place(T x) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  const auto bits = static_cast<std::int64_t>(std::bit_cast<Bits>(x));
  return bits >= 0 ? bits : static_cast<std::int64_t>(std::numeric_limits<Bits>::min()) - bits;
}

template <class T>
double ulps_between(T a, T b) {
  return std::abs(static_cast<double>(place(a)) - static_cast<double>(place(b)));
}

template <class T>
GradientDifference of_tensor(const Tensor& a, const Tensor& b) {
  const auto x = a.values<T>(), y = b.values<T>();
  GradientDifference result;
  T largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::abs(x[i]));
    if (x[i] == y[i]) {
      continue;
    }
    result.equal = false;
    const double distance = std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
    const bool number = !std::isnan(distance);
    result.absolute = std::max(result.absolute, number ? distance : kInfinity);
    result.ulps = std::max(result.ulps, number ? ulps_between(x[i], y[i]) : kInfinity);
  }
  if (!result.equal) {
    const T next = std::nextafter(largest, std::numeric_limits<T>::infinity());
    result.relative = largest > 0 ? result.absolute / static_cast<double>(largest) : kInfinity;
    result.scaled_ulps = result.absolute / (static_cast<double>(next) - static_cast<double>(largest));
  }
  return result;
}

}  // namespace

GradientDifference gradient_difference(const std::vector<NamedGradient>& a, const std::vector<NamedGradient>& b) {
  check(a.size() == b.size(), "gradient_difference: ", a.size(), " gradients against ", b.size());
  GradientDifference all;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Tensor &x = a[i].value, &y = b[i].value;
    check(a[i].name == b[i].name && x.shape() == y.shape() && x.dtype() == y.dtype(),
          "gradient_difference: ", a[i].name, " is ", x.dtype(), " ", x.shape(), ", ", b[i].name, " is ", y.dtype(),
          " ", y.shape());
    const GradientDifference one = x.dtype() == DType::float32 ? of_tensor<float>(x, y) : of_tensor<double>(x, y);
    if (one.relative > all.relative) {
      all.relative = one.relative;
      all.where = a[i].name;
    }
    all.absolute = std::max(all.absolute, one.absolute);
    all.ulps = std::max(all.ulps, one.ulps);
    all.scaled_ulps = std::max(all.scaled_ulps, one.scaled_ulps);
    all.equal = all.equal && one.equal;
  }
  return all;
}

}  // namespace gibbs::examples
