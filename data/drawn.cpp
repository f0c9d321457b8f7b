#include "gibbs/data/drawn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "gibbs/data/detail/shapes.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/portable_math.h"
#include "gibbs/tensor/random.h"

namespace gibbs::data {
namespace {

constexpr std::int64_t kPixels = kDrawnSide * kDrawnSide;
constexpr std::int64_t kPicturesOfAPiece = 32;  // of the parallel loop
constexpr double kMiddle = kDrawnSide / 2.0;
constexpr double kMaxTurn = 0.4;  // radians each way; a square never becomes a diamond

using Colour = std::array<double, 3>;  // red, green, blue in [0, 1]

/// Draws from one stream, one after the other.
class Draws {
 public:
  explicit Draws(const RandomKey& key) : key_(key) {}
  double uniform(double low, double high) { return low + (high - low) * random_uniform(key_, count_++); }
  Colour colour() { return {uniform(0, 1), uniform(0, 1), uniform(0, 1)}; }
  Point direction() {
    const double angle = uniform(0, 2 * std::numbers::pi);
    return {portable::cos(angle), portable::sin(angle)};
  }

 private:
  RandomKey key_;
  std::uint64_t count_ = 0;
};

Colour mix(const Colour& a, const Colour& b, double weight) {
  Colour result;
  for (std::size_t c = 0; c < 3; ++c) {
    result[c] = a[c] + (b[c] - a[c]) * weight;
  }
  return result;
}

double brightness(const Colour& colour) { return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]; }

double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }

/// From one colour to another along a direction, over the width of a picture.
struct Gradient {
  Colour from, to;
  Point direction;

  Colour at(Point p) const {
    const double along = dot({p.x - kMiddle, p.y - kMiddle}, direction) / kDrawnSide + 0.5;
    return mix(from, to, std::clamp(along, 0.0, 1.0));
  }
};

/// Everything that is drawn at random about a picture, but for the noise.
struct Scene {
  Gradient background, foreground;
  double size;
  Point centre, turn;  // turn: cosine and sine
  Colour blot;
  Point blot_centre;
  double blot_radius;
  double noise;
};

/// Of a few random colours the one whose brightness differs most from the background's.
Colour contrasting(Draws& draws, const Colour& background) {
  constexpr int kTries = 6;
  const auto contrast = [&](const Colour& colour) { return std::abs(brightness(colour) - brightness(background)); };
  Colour best = draws.colour();
  for (int i = 1; i < kTries; ++i) {
    if (const Colour other = draws.colour(); contrast(other) > contrast(best)) {
      best = other;
    }
  }
  return best;
}

Scene draw_scene(Draws& draws) {
  const Colour back = draws.colour();
  const Colour fore = contrasting(draws, back);
  const double size = draws.uniform(10, 14);
  const double slack = 0.75 * (kMiddle - 0.8 * size);  // a shape may lose a bit of its edge
  const double angle = draws.uniform(-kMaxTurn, kMaxTurn);
  return {.background = {back, mix(back, draws.colour(), 0.3), draws.direction()},
          .foreground = {fore, mix(fore, draws.colour(), 0.3), draws.direction()},
          .size = size,
          .centre = {kMiddle + draws.uniform(-slack, slack), kMiddle + draws.uniform(-slack, slack)},
          .turn = {portable::cos(angle), portable::sin(angle)},
          .blot = draws.colour(),
          .blot_centre = {draws.uniform(0, kDrawnSide), draws.uniform(0, kDrawnSide)},
          .blot_radius = draws.uniform(1, 2.5),
          .noise = draws.uniform(0.01, 0.06)};
}

double coverage(double distance) { return std::clamp(0.5 - distance, 0.0, 1.0); }

Colour colour_at(const Scene& scene, const ShapeClass& shape, Point p) {
  const Point moved{p.x - scene.centre.x, p.y - scene.centre.y};
  const Point turned{dot(moved, scene.turn), dot(moved, {-scene.turn.y, scene.turn.x})};
  const double inside = coverage(shape.distance(turned, scene.size));
  const Colour flat = mix(scene.background.at(p), scene.foreground.at(p), inside);
  const double from_blot = portable::hypot(p.x - scene.blot_centre.x, p.y - scene.blot_centre.y) - scene.blot_radius;
  return mix(flat, scene.blot, 0.5 * coverage(from_blot));
}

/// pixels: [32, 32, 3].
void draw_picture(const RandomKey& key, const ShapeClass& shape, std::uint8_t* pixels) {
  Draws draws(key.derive("scene"));
  const Scene scene = draw_scene(draws);
  const RandomKey noise = key.derive("noise");
  for (std::int64_t i = 0; i < kPixels; ++i) {
    const std::int64_t row = i / kDrawnSide, column = i % kDrawnSide;
    const Point centre{static_cast<double>(column) + 0.5, static_cast<double>(row) + 0.5};
    const Colour colour = colour_at(scene, shape, centre);
    std::uint64_t bits = random_bits(noise, static_cast<std::uint64_t>(i));
    for (std::size_t c = 0; c < 3; ++c, bits >>= 20) {
      // The sum of two 10-bit numbers: a triangle from -1 to 1, close enough to a bell.
      const double error = static_cast<double>((bits & 1023) + (bits >> 10 & 1023)) / 1023 - 1;
      const double value = std::clamp(colour[c] + scene.noise * error, 0.0, 1.0);
      pixels[3 * i + static_cast<std::int64_t>(c)] = static_cast<std::uint8_t>(std::lround(255 * value));
    }
  }
}

}  // namespace

ImageDataset drawn_images(std::int64_t count, std::uint64_t seed, std::int64_t first) {
  check(count >= 1 && first >= 0, "drawn_images: needs at least 1 picture from number 0 on, not ", count, " from ",
        first);
  const auto shapes = shape_classes();
  ImageDataset result{.images = Tensor::uninitialized({count, kDrawnSide, kDrawnSide, 3}, DType::uint8),
                      .labels = Tensor::uninitialized({count}, DType::int64)};
  for (const ShapeClass& shape : shapes) {
    result.class_names.emplace_back(shape.name);
  }
  const RandomKey key = RandomKey{.seed = seed}.derive("drawn_images");
  auto* pixels = result.images.mutable_data<std::uint8_t>();
  auto* labels = result.labels.mutable_data<std::int64_t>();
  parallel_for(0, count, kPicturesOfAPiece, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto number = static_cast<std::uint64_t>(first + i);
      const std::size_t label = number % shapes.size();
      labels[i] = static_cast<std::int64_t>(label);
      draw_picture(key.derive(number), shapes[label], pixels + i * kPixels * 3);
    }
  });
  return result;
}

}  // namespace gibbs::data
