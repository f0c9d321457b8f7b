// Ten flat shapes and textures as signed distances: negative inside, positive outside, in pixels near the edge.
//
// A distance makes an anti-aliased edge one subtraction: coverage = clamp(0.5 - distance, 0, 1). Textures fill the
// plane, so that a class is known by its pattern and not by its outline. Nothing here knows colours or pictures.
#pragma once

#include <span>

namespace gibbs::data {

struct Point {
  double x, y;
};

struct ShapeClass {
  const char* name;
  /// Signed distance of `p` from the edge of the shape that is centred on the origin and fits a circle of radius
  /// `size`; textures repeat every 0.7 to 0.85 size.
  double (*distance)(Point p, double size);
};

/// disc, ring, square, triangle, cross, star, stripes, checker, dots, spiral.
std::span<const ShapeClass> shape_classes();

}  // namespace gibbs::data
