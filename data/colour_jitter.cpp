#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "gibbs/data/transforms.h"

namespace gibbs::data {
namespace {

/// A picture as float32 numbers from 0 to 255.
struct Colours {
  std::vector<float> values;
  std::size_t channels;
};

float grey_of(const float* pixel, std::size_t channels) {
  return channels == 3 ? 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2] : pixel[0];
}

float in_range(float value) { return std::clamp(value, 0.0F, 255.0F); }

void scale_brightness(Colours& colours, float factor) {
  for (float& value : colours.values) {
    value = in_range(factor * value);
  }
}

void scale_contrast(Colours& colours, float factor) {
  double sum = 0;
  for (std::size_t i = 0; i < colours.values.size(); i += colours.channels) {
    sum += grey_of(&colours.values[i], colours.channels);
  }
  const double pixels = static_cast<double>(colours.values.size() / colours.channels);
  const float rest = (1 - factor) * static_cast<float>(sum / pixels);
  for (float& value : colours.values) {
    value = in_range(factor * value + rest);
  }
}

void scale_saturation(Colours& colours, float factor) {
  for (std::size_t i = 0; i < colours.values.size() && colours.channels == 3; i += 3) {
    const float rest = (1 - factor) * grey_of(&colours.values[i], 3);
    for (std::size_t c = i; c < i + 3; ++c) {
      colours.values[c] = in_range(factor * colours.values[c] + rest);
    }
  }
}

/// Of a pixel that is not grey, in sixths of a turn from red, 0 to 6 (HSV: Smith, "Color gamut transform pairs", 1978).
float hue_of(float r, float g, float b, float largest, float span) {
  const float sixths = largest == r ? (g - b) / span : largest == g ? 2 + (b - r) / span : 4 + (r - g) / span;
  return sixths < 0 ? sixths + 6 : sixths;
}

void move_hue(Colours& colours, float turns) {
  for (std::size_t i = 0; i < colours.values.size() && colours.channels == 3; i += 3) {
    float* pixel = &colours.values[i];
    const auto [least, largest] = std::minmax({pixel[0], pixel[1], pixel[2]});
    const float span = largest - least;
    if (span > 0) {
      const float hue = hue_of(pixel[0], pixel[1], pixel[2], largest, span) + 6 * turns;
      for (int c = 0; c < 3; ++c) {
        float k = hue + static_cast<float>(5 - 2 * c);  // in sixths of a turn
        k -= 6 * std::floor(k / 6);
        pixel[c] = largest - span * std::clamp(std::min(k, 4 - k), 0.0F, 1.0F);
      }
    }
  }
}

/// 0, 1, 2, 3 in random order.
std::array<std::size_t, 4> draw_order(const RandomKey& key, std::uint64_t first) {
  std::array<std::size_t, 4> order = {0, 1, 2, 3};
  for (std::size_t left = order.size(); left > 1; --left) {
    const double u = random_uniform(key, first + left);
    std::swap(order[left - 1], order[static_cast<std::size_t>(u * static_cast<double>(left))]);
  }
  return order;
}

void jitter(const Picture& picture, const ColourJitterOptions& options, const RandomKey& key) {
  check(picture.channels == 1 || picture.channels == 3, "colour_jitter: a picture has ", picture.channels,
        " channels; it takes 1 (grey) or 3 (red, green, blue)");
  thread_local Colours colours;  // stays with the thread, so that nothing is allocated for each picture
  colours.values.assign(picture.pixels.begin(), picture.pixels.end());
  colours.channels = static_cast<std::size_t>(picture.channels);
  using Change = void (*)(Colours&, float);
  constexpr std::array<Change, 4> kChanges = {scale_brightness, scale_contrast, scale_saturation, move_hue};
  const std::array<double, 4> reach = {options.brightness, options.contrast, options.saturation, options.hue};
  const std::array<double, 4> middle = {1, 1, 1, 0}, least = {0, 0, 0, -0.5};
  for (const std::size_t i : draw_order(key, 4)) {
    if (reach[i] > 0) {
      const double low = std::max(least[i], middle[i] - reach[i]), high = middle[i] + reach[i];
      kChanges[i](colours, static_cast<float>(low + (high - low) * random_uniform(key, i)));
    }
  }
  std::transform(colours.values.begin(), colours.values.end(), picture.pixels.begin(),
                 [](float v) { return static_cast<std::uint8_t>(v + 0.5F); });
}

}  // namespace

Transform colour_jitter(const ColourJitterOptions& options) {
  const auto [brightness, contrast, saturation, hue] = options;
  for (const auto& [name, x] :
       {std::pair("brightness", brightness), {"contrast", contrast}, {"saturation", saturation}}) {
    check(x >= 0 && std::isfinite(x), "colour_jitter: ", name, " must be at least 0 and finite, it is ", x);
  }
  check(hue >= 0 && hue <= 0.5, "colour_jitter: hue must be in [0, 0.5], it is ", hue);
  return {fmt::format("colour_jitter(brightness {}, contrast {}, saturation {}, hue {})", brightness, contrast,
                      saturation, hue),
          [options](const Picture& picture, const RandomKey& key) { jitter(picture, options, key); }};
}

}  // namespace gibbs::data
