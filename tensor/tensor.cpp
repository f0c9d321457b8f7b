// Creation, element access, views and copies. Everything that computes is in kernels/.
#include "gibbs/tensor/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "gibbs/tensor/parallel.h"

namespace gibbs {
namespace {

constexpr std::int64_t kCopyGrain = 1 << 18;  // bytes of a piece of a parallel copy

void copy_bytes(std::byte* to, const std::byte* from, std::int64_t bytes) {
  parallel_for(0, bytes, kCopyGrain, [&](std::int64_t first, std::int64_t last) {
    std::memcpy(to + first, from + first, static_cast<std::size_t>(last - first));
  });
}

/// `value` as an element; a whole-number type must be able to hold it (converting anything else is undefined in C++).
template <class T>
T element_of(double value, const char* op) {
  if constexpr (!std::is_floating_point_v<T>) {
    const double whole = std::trunc(value);
    check(whole >= static_cast<double>(std::numeric_limits<T>::lowest()) &&
              whole < std::ldexp(1.0, std::numeric_limits<T>::digits),
          op, ": ", value, " does not fit ", dtype_of<T>);
  }
  return static_cast<T>(value);
}

/// An element converted to T, which must be able to hold it: a whole-number type holds neither NaN nor 1e30.
template <class T, class From>
T converted(From value, const char* op) {
  if constexpr (std::is_floating_point_v<From>) {
    return element_of<T>(static_cast<double>(value), op);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    check(std::in_range<T>(value), op, ": ", value, " does not fit ", dtype_of<T>);
    return static_cast<T>(value);
  }
}

/// The shape with its one -1 replaced by whatever makes numel right.
Shape resolve_shape(std::initializer_list<std::int64_t> sizes, const Tensor& x) {
  std::vector<std::int64_t> resolved(sizes);
  std::int64_t known = 1;
  auto unknown = resolved.end();
  for (auto it = resolved.begin(); it != resolved.end(); ++it) {
    if (*it == -1) {
      check(unknown == resolved.end(), "reshape: only one size may be -1");
      unknown = it;
    } else {
      known *= *it;
    }
  }
  if (unknown != resolved.end()) {
    check(known > 0 && x.numel() % known == 0, "reshape: ", x.numel(), " elements of ", x.shape(),
          " are not divisible by ", known);
    *unknown = x.numel() / known;
  }
  return Shape(std::span<const std::int64_t>(resolved));
}

}  // namespace

Shape NestedList::flatten_into(std::vector<double>& values) const {
  if (!is_list_) {
    values.push_back(value_);
    return {};
  }
  Shape inner;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Shape shape = items_[i].flatten_into(values);
    check(i == 0 || shape == inner, "Tensor::of: rows of a nested list have shapes ", inner, " and ", shape,
          "; they must be equal");
    inner = shape;
  }
  return inner.with_inserted(0, static_cast<std::int64_t>(items_.size()));
}

Tensor::Tensor(Storage storage, std::int64_t offset, const Shape& shape, DType dtype)
    : storage_(std::move(storage)), offset_(offset), numel_(shape.numel()), shape_(shape), dtype_(dtype) {}

Tensor Tensor::uninitialized(const Shape& shape, DType dtype) {
  return {Storage(static_cast<std::size_t>(shape.numel()) * size_of(dtype)), 0, shape, dtype};
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) { return full(shape, 0, dtype); }

Tensor Tensor::ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  Tensor result = uninitialized(shape, dtype);
  result.fill(value);
  return result;
}

Tensor Tensor::arange(double start, double stop, double step, DType dtype) {
  check(step != 0 && std::isfinite((stop - start) / step), "arange: step ", step, " never reaches ", stop, " from ",
        start);
  const double steps = std::max(0.0, std::ceil((stop - start) / step));
  check(steps < 0x1p59, "arange: ", steps, " elements are more than any memory holds");
  const auto count = static_cast<std::int64_t>(steps);
  Tensor result = uninitialized({count}, dtype);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* values = result.mutable_data<T>();
    for (std::int64_t i = 0; i < count; ++i) {
      values[i] = element_of<T>(start + static_cast<double>(i) * step, "arange");
    }
  });
  return result;
}

Tensor Tensor::eye(std::int64_t n, DType dtype) {
  Tensor result = zeros({n, n}, dtype);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* values = result.mutable_data<T>();
    for (std::int64_t i = 0; i < n; ++i) {
      values[i * (n + 1)] = T{1};
    }
  });
  return result;
}

Tensor Tensor::of(const NestedList& list, DType dtype) {
  std::vector<double> values;
  const Shape shape = list.flatten_into(values);
  Tensor result = uninitialized(shape, dtype);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    std::transform(values.begin(), values.end(), result.mutable_data<T>(),
                   [](double v) { return element_of<T>(v, "Tensor::of"); });
  });
  return result;
}

template <class T>
Tensor Tensor::from(const T* data, const Shape& shape) {
  Tensor result = uninitialized(shape, dtype_of<T>);
  if (result.numel() > 0) {
    copy_bytes(result.storage_.bytes(), reinterpret_cast<const std::byte*>(data),
               result.numel() * static_cast<std::int64_t>(sizeof(T)));
  }
  return result;
}

template <class T>
Tensor Tensor::from(const std::vector<T>& values, const Shape& shape) {
  check(static_cast<std::int64_t>(values.size()) == shape.numel(), "Tensor::from: ", values.size(),
        " values do not fill shape ", shape);
  return from(values.data(), shape);
}

template <class T>
const T* Tensor::data() const {
  check(dtype_ == dtype_of<T>, "tensor: elements are ", dtype_, ", not ", dtype_of<T>, "; convert with cast");
  return reinterpret_cast<const T*>(storage_.bytes()) + offset_;
}

template <class T>
T* Tensor::mutable_data() {
  const T* elements = data<T>();
  storage_.announce_write();
  return const_cast<T*>(elements);
}

template <class T>
T Tensor::item() const {
  check(numel_ == 1 && defined(), "item: needs a tensor of one element, not of shape ", shape_);
  return dispatch(dtype_, [&](auto zero) { return converted<T>(*data<decltype(zero)>(), "item"); });
}

std::int64_t Tensor::flat_index(std::initializer_list<std::int64_t> index) const {
  check(defined(), "tensor: an undefined tensor has no elements");
  check(static_cast<int>(index.size()) == rank(), "tensor: ", index.size(), " indices for shape ", shape_);
  std::int64_t flat = 0;
  int axis = 0;
  for (std::int64_t i : index) {
    check(i >= -size(axis) && i < size(axis), "tensor: index ", i, " is outside axis ", axis, " of ", shape_);
    flat = flat * size(axis) + (i < 0 ? i + size(axis) : i);
    ++axis;
  }
  return flat;
}

template <class T>
T Tensor::at(std::initializer_list<std::int64_t> index) const {
  const std::int64_t flat = flat_index(index);
  return dispatch(dtype_, [&](auto zero) { return converted<T>(data<decltype(zero)>()[flat], "at"); });
}

void Tensor::set(std::initializer_list<std::int64_t> index, double value) {
  const std::int64_t flat = flat_index(index);
  dispatch(dtype_, [&](auto zero) {
    using T = decltype(zero);
    mutable_data<T>()[flat] = element_of<T>(value, "set");
  });
}

std::vector<double> Tensor::to_vector() const {
  if (!defined()) {
    return {};
  }
  return dispatch(dtype_, [&](auto zero) {
    const auto elements = values<decltype(zero)>();
    std::vector<double> result(elements.size());
    std::transform(elements.begin(), elements.end(), result.begin(), [](auto v) { return static_cast<double>(v); });
    return result;
  });
}

Tensor Tensor::operator[](std::int64_t i) const {
  check(rank() >= 1, "tensor: a scalar has no leading axis to index");
  check(i >= -size(0) && i < size(0), "tensor: index ", i, " is outside axis 0 of ", shape_);
  const std::int64_t row = i < 0 ? i + size(0) : i;
  const Shape inner = shape_.sub(1, rank());
  return {storage_, offset_ + row * inner.numel(), inner, dtype_};
}

Tensor Tensor::rows(std::int64_t first, std::int64_t last) const {
  check(rank() >= 1, "tensor: a scalar has no rows");
  check(0 <= first && first <= last && last <= size(0), "tensor: rows [", first, ", ", last, ") are outside ", shape_);
  Shape shape = shape_;
  shape.set(0, last - first);
  return {storage_, offset_ + first * shape_.sub(1, rank()).numel(), shape, dtype_};
}

Tensor Tensor::reshape(std::initializer_list<std::int64_t> sizes) const { return reshape(resolve_shape(sizes, *this)); }

Tensor Tensor::reshape(const Shape& shape) const {
  check(shape.numel() == numel_, "reshape: ", shape_, " has ", numel_, " elements, ", shape, " has ", shape.numel());
  return {storage_, offset_, shape, dtype_};
}

Tensor Tensor::clone() const {
  if (!defined()) {
    return {};
  }
  Tensor result = uninitialized(shape_, dtype_);
  result.copy_from(*this);
  return result;
}

void Tensor::copy_from(const Tensor& source) {
  check(source.shape_ == shape_ && source.dtype_ == dtype_, "copy_from: the target is ", shape_, " ", dtype_,
        ", the source ", source.shape_, " ", source.dtype_);
  check(defined() == source.defined(), "copy_from: the ", defined() ? "source" : "target", " is undefined");
  if (shares_storage_with(source) && offset_ != source.offset_) {
    return copy_from(source.clone());  // the two may overlap, and pieces are copied in any order
  }
  dispatch(dtype_, [&](auto zero) {
    using T = decltype(zero);
    copy_bytes(reinterpret_cast<std::byte*>(mutable_data<T>()), reinterpret_cast<const std::byte*>(source.data<T>()),
               numel_ * static_cast<std::int64_t>(sizeof(T)));
  });
}

void Tensor::fill(double value) {
  dispatch(dtype_, [&](auto zero) {
    using T = decltype(zero);
    const T element = element_of<T>(value, "fill");
    T* elements = mutable_data<T>();
    parallel_for(0, numel_, kCopyGrain / static_cast<std::int64_t>(sizeof(T)),
                 [&](std::int64_t first, std::int64_t last) { std::fill(elements + first, elements + last, element); });
  });
}

#define GIBBS_INSTANTIATE(T)                                            \
  template Tensor Tensor::from<T>(const T*, const Shape&);              \
  template Tensor Tensor::from<T>(const std::vector<T>&, const Shape&); \
  template const T* Tensor::data<T>() const;                            \
  template T* Tensor::mutable_data<T>();                                \
  template T Tensor::item<T>() const;                                   \
  template T Tensor::at<T>(std::initializer_list<std::int64_t>) const;
GIBBS_INSTANTIATE(float)
GIBBS_INSTANTIATE(double)
GIBBS_INSTANTIATE(std::int64_t)
GIBBS_INSTANTIATE(std::uint8_t)
#undef GIBBS_INSTANTIATE

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && dispatch(a.dtype(), [&](auto zero) {
           using T = decltype(zero);
           return a.numel() == 0 || std::memcmp(a.data<T>(), b.data<T>(), a.byte_size()) == 0;
         });
}

}  // namespace gibbs
