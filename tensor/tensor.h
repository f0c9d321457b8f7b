// Tensor: a cheap handle on shared storage, a shape and an offset. Row-major and always contiguous.
//
// Copying a Tensor shares its elements; `clone` copies them. `reshape` and leading-axis selection (`x[i]`, `x.rows(a,
// b)`) are views on the same elements; every other rearrangement is a copy with a name (kernels/layout.h). Arithmetic
// lives in kernels/; a Tensor knows numbers and memory, and nothing of gradients.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "gibbs/tensor/dtype.h"
#include "gibbs/tensor/shape.h"
#include "gibbs/tensor/storage.h"

namespace gibbs {

/// Nested braces of numbers, as in Tensor::of({{1, 2}, {3, 4}}). Only used as that argument.
class NestedList {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> NestedList(T value)
      : value_(static_cast<double>(value)) {}  // NOLINT: conversion is its purpose
  NestedList(std::initializer_list<NestedList> items) : items_(items), is_list_(true) {}

  /// The shape, and the numbers in row-major order appended to `values`. Ragged lists are an error.
  Shape flatten_into(std::vector<double>& values) const;

 private:
  double value_ = 0;
  std::vector<NestedList> items_;
  bool is_list_ = false;
};

class Tensor {
 public:
  /// An undefined tensor: it has no elements and no dtype worth asking for. `defined()` is false.
  Tensor() = default;

  // ---- creation ----
  /// Elements are undefined until written; for kernels that write every element.
  static Tensor uninitialized(const Shape& shape, DType dtype);
  static Tensor zeros(const Shape& shape, DType dtype = DType::float32);
  static Tensor ones(const Shape& shape, DType dtype = DType::float32);
  static Tensor full(const Shape& shape, double value, DType dtype = DType::float32);
  /// start, start + step, ... while before stop.
  static Tensor arange(double start, double stop, double step = 1, DType dtype = DType::float32);
  /// The n x n identity matrix.
  static Tensor eye(std::int64_t n, DType dtype = DType::float32);
  /// From nested braces: of({{1, 2, 3}, {4, 5, 6}}) is [2, 3]; of(5) is a scalar. Numbers pass through double: int64
  /// values beyond 2^53 are rounded, so make those with `from`. As in `full` and `arange`, a number that an integer
  /// dtype cannot hold is an error.
  static Tensor of(const NestedList& list, DType dtype = DType::float32);
  /// A copy of numel(shape) elements at `data`; the dtype is T's.
  template <class T>
  static Tensor from(const T* data, const Shape& shape);
  /// A copy of a whole vector; its size must equal numel(shape).
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape);

  // ---- what it is ----
  bool defined() const { return static_cast<bool>(storage_); }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  /// Size of an axis; negative axes count from the end.
  std::int64_t size(int axis) const { return shape_[axis]; }
  std::int64_t numel() const { return numel_; }
  DType dtype() const { return dtype_; }
  /// Of all elements together.
  std::size_t byte_size() const { return static_cast<std::size_t>(numel_) * size_of(dtype_); }

  // ---- elements ----
  /// Row-major elements. T must be the dtype's type; else an error.
  template <class T>
  const T* data() const;
  /// The same for writing; announces a write to whoever saved this storage. Fetch it once, outside loops.
  template <class T>
  T* mutable_data();
  template <class T>
  std::span<const T> values() const {
    return {data<T>(), static_cast<std::size_t>(numel_)};
  }
  /// The only element of a one-element tensor, converted to T: truncated toward zero for a whole-number T, which must
  /// be able to hold it. NaN as an integer is an error, as is 300 as an uint8.
  template <class T = double>
  T item() const;
  /// The element at an index per axis, converted to T: x.at({1, 2}).
  template <class T = double>
  T at(std::initializer_list<std::int64_t> index) const;
  /// Writes one element: for tests and small set-ups.
  void set(std::initializer_list<std::int64_t> index, double value);
  /// All elements converted to double, in row-major order.
  std::vector<double> to_vector() const;

  // ---- views: they share elements ----
  /// x[i]: the i-th entry of the leading axis, which disappears.
  Tensor operator[](std::int64_t i) const;
  /// Entries [first, last) of the leading axis.
  Tensor rows(std::int64_t first, std::int64_t last) const;
  /// The same elements under another shape of equal numel; one size may be -1 and is computed.
  Tensor reshape(std::initializer_list<std::int64_t> sizes) const;
  Tensor reshape(const Shape& shape) const;

  /// A copy with storage of its own.
  Tensor clone() const;
  /// Overwrites the elements with those of a tensor of the same shape and dtype.
  void copy_from(const Tensor& source);
  void fill(double value);

  bool shares_storage_with(const Tensor& other) const { return storage_.same_as(other.storage_); }
  /// How often a write to this storage was announced; Saved (autograd/variable.h) compares it.
  std::uint64_t version() const { return storage_.version(); }

 private:
  Tensor(Storage storage, std::int64_t offset, const Shape& shape, DType dtype);
  std::int64_t flat_index(std::initializer_list<std::int64_t> index) const;

  Storage storage_;
  std::int64_t offset_ = 0;  // in elements
  std::int64_t numel_ = 0;
  Shape shape_;
  DType dtype_ = DType::float32;
};

/// Whether shapes, dtypes and every bit of the elements are equal: 0 and -0 differ, and a NaN is equal to itself.
bool same_bits(const Tensor& a, const Tensor& b);

/// Prints like NumPy: nested brackets, aligned columns, "..." in the middle of long axes when there are over 1,000
/// elements.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
std::string to_string(const Tensor& tensor);

}  // namespace gibbs
