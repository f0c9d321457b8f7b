#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>

#include "gibbs/data/detail/border.h"
#include "gibbs/data/detail/spare_picture.h"
#include "gibbs/data/transforms.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::data {
namespace {

/// A picture that can be asked for what lies between its pixels, and beyond its edges.
class Bilinear {
 public:
  Bilinear(const Picture& shape, const std::uint8_t* pixels, Border border)
      : shape_(shape), pixels_(pixels), border_(border) {}

  /// to: one pixel, at (y, x).
  void write(double y, double x, std::uint8_t* to) const {
    const double top = std::floor(y), left = std::floor(x), down = y - top, across = x - left;
    const auto row = static_cast<std::int64_t>(top), column = static_cast<std::int64_t>(left);
    const std::array<const std::uint8_t*, 4> corners = {at(row, column), at(row, column + 1), at(row + 1, column),
                                                        at(row + 1, column + 1)};
    const std::array<double, 4> weights = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across),
                                           down * across};
    for (std::int64_t c = 0; c < shape_.channels; ++c) {
      double sum = 0.5;  // for rounding
      for (std::size_t k = 0; k < corners.size(); ++k) {
        sum += corners[k] != nullptr ? weights[k] * corners[k][c] : 0;
      }
      to[c] = static_cast<std::uint8_t>(sum);
    }
  }

 private:
  /// Null: black.
  const std::uint8_t* at(std::int64_t y, std::int64_t x) const {
    const bool inside = y >= 0 && y < shape_.height && x >= 0 && x < shape_.width;
    if (!inside && border_ == Border::zero) {
      return nullptr;
    }
    return pixels_ + (reflected(y, shape_.height) * shape_.width + reflected(x, shape_.width)) * shape_.channels;
  }

  const Picture& shape_;
  const std::uint8_t* pixels_;
  Border border_;
};

void rotate(const Picture& picture, double angle, Border border) {
  const double cosine = portable::cos(angle), sine = portable::sin(angle);
  const double middle_y = static_cast<double>(picture.height - 1) / 2,
               middle_x = static_cast<double>(picture.width - 1) / 2;
  const Bilinear before(picture, spare_copy(picture.pixels).data(), border);
  std::uint8_t* to = picture.pixels.data();
  for (std::int64_t y = 0; y < picture.height; ++y) {
    for (std::int64_t x = 0; x < picture.width; ++x, to += picture.channels) {
      const double dy = static_cast<double>(y) - middle_y, dx = static_cast<double>(x) - middle_x;
      before.write(middle_y + sine * dx + cosine * dy, middle_x + cosine * dx - sine * dy, to);
    }
  }
}

}  // namespace

Transform random_rotation(double degrees, Border border) {
  check(degrees >= 0 && degrees <= 180, "random_rotation: degrees must be in [0, 180], it is ", degrees);
  return {fmt::format("random_rotation({}{})", degrees, border == Border::reflect ? ", reflect" : ""),
          [=](const Picture& picture, const RandomKey& key) {
            const double angle = degrees * (2 * random_uniform(key, 0) - 1);
            rotate(picture, angle * std::numbers::pi / 180, border);
          }};
}

}  // namespace gibbs::data
