#include "gibbs/data/detail/shapes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gibbs/tensor/portable_math.h"

namespace gibbs::data {
namespace {

constexpr double kPi = std::numbers::pi;

double length(Point p) { return std::sqrt(p.x * p.x + p.y * p.y); }

/// Distance from the nearest multiple of `period`.
double to_nearest_line(double x, double period) { return std::abs(x - period * std::round(x / period)); }

double disc(Point p, double size) { return length(p) - 0.85 * size; }

double ring(Point p, double size) { return std::abs(length(p) - 0.75 * size) - 0.19 * size; }

double box(Point p, double half_width, double half_height) {
  return std::max(std::abs(p.x) - half_width, std::abs(p.y) - half_height);
}

double square(Point p, double size) { return box(p, 0.78 * size, 0.78 * size); }

double triangle(Point p, double size) {
  const double slanted = std::sqrt(0.75) * std::abs(p.x) + 0.5 * p.y;
  return std::max(slanted, -p.y) - 0.55 * size;
}

double cross(Point p, double size) { return std::min(box(p, size, 0.25 * size), box(p, 0.25 * size, size)); }

/// Five points. Folded into the wedge between the middle of a point and the notch beside it, the edge is one line.
double star(Point p, double size) {
  constexpr double kWedge = kPi / 5;
  const double angle = to_nearest_line(portable::atan2(p.y, p.x), 2 * kWedge);
  const Point folded{length(p) * portable::cos(angle), length(p) * portable::sin(angle)};
  const double notch = 0.42 * size;
  const Point edge{notch * portable::cos(kWedge) - size,
                   notch * portable::sin(kWedge)};  // from the tip (size, 0) to the notch
  return ((folded.x - size) * edge.y - folded.y * edge.x) / length(edge);
}

double stripes(Point p, double size) {
  const double period = 0.7 * size;
  return to_nearest_line(p.x, period) - 0.25 * period;
}

double checker(Point p, double size) {
  const double cell = 0.5 * size;
  const bool dark = (std::lround(std::floor(p.x / cell)) + std::lround(std::floor(p.y / cell))) % 2 == 0;
  const double edge = std::min(to_nearest_line(p.x, cell), to_nearest_line(p.y, cell));
  return dark ? -edge : edge;
}

double dots(Point p, double size) {
  const double period = 0.85 * size;
  return length({to_nearest_line(p.x, period), to_nearest_line(p.y, period)}) - 0.26 * period;
}

/// One arm of Archimedes' spiral, radius = pitch * turns.
double spiral(Point p, double size) {
  const double pitch = 0.7 * size;
  const double turns = portable::atan2(p.y, p.x) / (2 * kPi);
  return to_nearest_line(length(p) - pitch * turns, pitch) - 0.24 * pitch;
}

constexpr ShapeClass kShapeClasses[] = {
    {"disc", disc}, {"ring", ring},       {"square", square},   {"triangle", triangle}, {"cross", cross},
    {"star", star}, {"stripes", stripes}, {"checker", checker}, {"dots", dots},         {"spiral", spiral}};

}  // namespace

std::span<const ShapeClass> shape_classes() { return kShapeClasses; }

}  // namespace gibbs::data
