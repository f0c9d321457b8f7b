// Wrong inputs, many ways: what ops and layers are tried on to see in whose name they refuse.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::battery {

struct Spoiled {
  std::string how;
  Tensor x;
};

/// x in other dtypes, in other shapes, and full of other numbers.
inline std::vector<Spoiled> spoiled(const Tensor& x) {
  std::vector<Spoiled> found;
  for (const DType dtype : {DType::float32, DType::float64, DType::int64, DType::uint8}) {
    if (dtype != x.dtype()) {
      found.push_back({std::string("as ") + name_of(dtype), kernels::cast(kernels::abs(x), dtype)});
    }
  }
  std::vector<Shape> shapes = {{}, {0}, {7}, x.shape().with_inserted(0, 2), x.shape().with_inserted(x.rank(), 3)};
  for (int axis = 0; axis < x.rank(); ++axis) {
    shapes.push_back(x.shape().without(axis));
    for (const std::int64_t size : {std::int64_t{0}, x.size(axis) + 1}) {
      shapes.push_back(x.shape());
      shapes.back().set(axis, size);
    }
  }
  for (const Shape& shape : shapes) {
    found.push_back({"as " + to_string(shape), Tensor::full(shape, .5, x.dtype())});
  }
  for (const double number :
       {-1.0, 2.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    found.push_back({"full of " + std::to_string(number), Tensor::full(x.shape(), number, x.dtype())});
  }
  return found;
}

}  // namespace gibbs::battery
