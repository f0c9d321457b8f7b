// Colour jitter against a naive double loop: each change by its definition, all of them in every order.
#include <algorithm>
#include <cmath>

#include "picture_of.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

using Values = std::vector<double>;

double in_range(double v) { return std::min(std::max(v, 0.0), 255.0); }

double grey(const Values& v, std::size_t i, std::size_t channels) {
  return channels == 1 ? v[i] : 0.299 * v[i] + 0.587 * v[i + 1] + 0.114 * v[i + 2];
}

/// RGB of hue (in turns), saturation and value, by the six sectors of the circle.
std::array<double, 3> rgb_of(double h, double s, double v) {
  const int sector = static_cast<int>(h * 6) % 6;
  const double f = h * 6 - std::floor(h * 6), p = v * (1 - s), q = v * (1 - s * f), t = v * (1 - s * (1 - f));
  const std::array<std::array<double, 3>, 6> sectors = {
      {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}}};
  return sectors[sector];
}

/// 0 brightness, 1 contrast, 2 saturation, 3 hue.
void change(Values& v, std::size_t channels, int which, double by) {
  double mean = 0;
  for (std::size_t i = 0; i < v.size(); i += channels) {
    mean += grey(v, i, channels) / static_cast<double>(v.size() / channels);
  }
  for (std::size_t i = 0; i < v.size(); i += channels) {
    const double g = grey(v, i, channels);
    for (std::size_t c = i; c < i + channels && which < 3; ++c) {
      v[c] = which == 0 ? in_range(by * v[c]) : in_range(by * v[c] + (1 - by) * (which == 1 ? mean : g));
    }
    if (which == 3 && channels == 3) {
      const double r = v[i], gr = v[i + 1], b = v[i + 2], most = std::max({r, gr, b}),
                   span = most - std::min({r, gr, b});
      if (span > 0) {
        const double h = most == r ? (gr - b) / span : most == gr ? 2 + (b - r) / span : 4 + (r - gr) / span;
        const auto colour = rgb_of(h / 6 + by - std::floor(h / 6 + by), span / most, most);
        std::copy(colour.begin(), colour.end(), v.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }
}

/// What the jitter makes, if the changes come in this order.
Values naive(const TestPicture& picture, const ColourJitterOptions& options, const RandomKey& key,
             const std::array<int, 4>& order) {
  Values v(picture.pixels.begin(), picture.pixels.end());
  const std::array<double, 4> reach = {options.brightness, options.contrast, options.saturation, options.hue};
  for (const int i : order) {
    if (reach[i] > 0) {
      const double low = i < 3 ? std::max(0.0, 1 - reach[i]) : -reach[i], high = i < 3 ? 1 + reach[i] : reach[i];
      change(v, static_cast<std::size_t>(picture.channels), i, low + (high - low) * random_uniform(key, i));
    }
  }
  return v;
}

double largest_difference(const TestPicture& a, const Values& b) {
  double largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b[i]));
  }
  return largest;
}

TEST(ColourJitter, EachChangeIsItsDefinition) {
  const TestPicture colour = random_picture(7, 6, 3, 1), grey_picture = random_picture(7, 6, 1, 2);
  const std::array<ColourJitterOptions, 4> all = {
      {{.brightness = 0.8}, {.contrast = 2}, {.saturation = 3}, {.hue = 0.5}}};
  for (std::size_t which = 0; which < all.size(); ++which) {
    for (const TestPicture& picture : {colour, grey_picture}) {
      for (std::uint64_t i = 0; i < 20; ++i) {
        const RandomKey key{.seed = 3, .stream = i};
        const TestPicture after = transformed(colour_jitter(all[which]), picture, key);
        EXPECT_LE(largest_difference(after, naive(picture, all[which], key, {0, 1, 2, 3})), 0.5 + 1e-3) << which;
        EXPECT_EQ(after.pixels == picture.pixels, picture.channels == 1 && which >= 2);
      }
    }
  }
}

TEST(ColourJitter, AllChangesInEveryOrder) {
  const TestPicture picture = random_picture(5, 5, 3, 4);
  const ColourJitterOptions options{.brightness = 0.9, .contrast = 0.9, .saturation = 0.9, .hue = 0.3};
  std::array<int, 24> seen{};
  for (std::uint64_t i = 0; i < 400; ++i) {
    const RandomKey key{.seed = 5, .stream = i};
    const TestPicture after = transformed(colour_jitter(options), picture, key);
    std::array<int, 4> order = {0, 1, 2, 3};
    bool found = false;
    for (std::size_t place = 0; place < seen.size(); ++place, std::ranges::next_permutation(order)) {
      const bool is_it = largest_difference(after, naive(picture, options, key, order)) <= 0.51;
      seen[place] += is_it ? 1 : 0;
      found = found || is_it;
    }
    ASSERT_TRUE(found) << i;
  }
  EXPECT_GE(*std::ranges::min_element(seen), 4);
}

TEST(ColourJitter, GreyStaysGreyAndBlackStaysBlack) {
  const Transform all = colour_jitter({.brightness = 0.5, .contrast = 0.5, .saturation = 0.5, .hue = 0.5});
  const TestPicture black = transformed(all, {2, 2, 3, std::vector<std::uint8_t>(12, 0)}, {.seed = 6});
  EXPECT_EQ(black.pixels, std::vector<std::uint8_t>(12, 0));
  const TestPicture grey_picture = transformed(all, {1, 2, 3, {90, 90, 90, 150, 150, 150}}, {.seed = 6});
  EXPECT_EQ(grey_picture.at(0, 0, 0), grey_picture.at(0, 0, 2));
  EXPECT_EQ(transformed(colour_jitter({}), random_picture(3, 3, 3, 7), {}).pixels, random_picture(3, 3, 3, 7).pixels);
}

TEST(ColourJitter, Description) {
  EXPECT_EQ(colour_jitter({.brightness = 0.4, .hue = 0.1}).description,
            "colour_jitter(brightness 0.4, contrast 0, saturation 0, hue 0.1)");
}

TEST(ColourJitter, Errors) {
  EXPECT_EQ(error_of([] { colour_jitter({.brightness = -1}); }),
            "colour_jitter: brightness must be at least 0 and finite, it is -1");
  EXPECT_EQ(error_of([] { colour_jitter({.contrast = std::nan("")}); }),
            "colour_jitter: contrast must be at least 0 and finite, it is nan");
  EXPECT_EQ(error_of([] { colour_jitter({.saturation = INFINITY}); }),
            "colour_jitter: saturation must be at least 0 and finite, it is inf");
  EXPECT_EQ(error_of([] { colour_jitter({.hue = 0.6}); }), "colour_jitter: hue must be in [0, 0.5], it is 0.6");
  EXPECT_EQ(error_of([] { transformed(colour_jitter({.hue = 0.1}), random_picture(2, 2, 4, 1), {}); }),
            "colour_jitter: a picture has 4 channels; it takes 1 (grey) or 3 (red, green, blue)");
}

}  // namespace
}  // namespace gibbs::data
