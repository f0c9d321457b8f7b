// Element types of tensors, known at run time, and `dispatch`, the one bridge from a run-time dtype to a C++ type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <type_traits>

#include "gibbs/tensor/error.h"

namespace gibbs {

enum class DType : std::uint8_t { float32, float64, int64, uint8 };

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) { return dtype == DType::uint8 ? 1 : dtype == DType::float32 ? 4 : 8; }

/// Only float32 and float64 carry gradients.
constexpr bool is_floating(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

/// "float32", "float64", "int64" or "uint8".
const char* name_of(DType dtype);
std::ostream& operator<<(std::ostream& out, DType dtype);

/// The DType of a C++ element type: dtype_of<float> is DType::float32.
template <class T>
constexpr DType dtype_of = [] {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> ||
                    std::is_same_v<T, std::uint8_t>,
                "tensor elements are float, double, std::int64_t or std::uint8_t");
  if constexpr (std::is_same_v<T, float>) {
    return DType::float32;
  } else if constexpr (std::is_same_v<T, double>) {
    return DType::float64;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return DType::int64;
  } else {
    return DType::uint8;
  }
}();

/// Calls body(T{}) with the C++ type of dtype: dispatch(x.dtype(), [&](auto zero) { using T = decltype(zero); ... }).
template <class Body>
auto dispatch(DType dtype, Body body) {
  switch (dtype) {
    case DType::float32:
      return body(float{});
    case DType::float64:
      return body(double{});
    case DType::int64:
      return body(std::int64_t{});
    case DType::uint8:
      return body(std::uint8_t{});
  }
  fail("dispatch: unknown dtype");
}

/// The same for the two floating dtypes; any other is an error that names `op`.
template <class Body>
auto dispatch_floating(DType dtype, const char* op, Body body) {
  if (dtype == DType::float32) {
    return body(float{});
  }
  check(dtype == DType::float64, op, ": needs float32 or float64, not ", name_of(dtype), "; convert with cast");
  return body(double{});
}

}  // namespace gibbs
