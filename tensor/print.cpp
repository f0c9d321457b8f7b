// Tensors as text: what NumPy's str(array) prints with its default options (NumPy 2.4: 8 decimals, lines of 75 columns,
// three edge items above 1,000 elements). All elements of a tensor share one format, which the printed ones determine.
// A number has the fewest digits that name it in its own type, rounded to 8 decimals when there are more.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <ostream>

#include "gibbs/tensor/tensor.h"

namespace gibbs {
namespace {

constexpr int kPrecision = 8;         // decimals of a number
constexpr std::size_t kColumns = 75;  // of a line
constexpr std::int64_t kEdge = 3;     // items before and after "..."
constexpr std::int64_t kAll = 1'000;  // larger tensors are abridged

/// The text of the element at a row-major position.
using Format = std::function<std::string(std::int64_t)>;

template <class T, class... Arguments>
std::string digits_of(T value, Arguments... arguments) {
  std::array<char, 512> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, arguments...);
  return {text.data(), end.ptr};
}

std::string left_padded(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

/// A finite number in parts: -0.25 is "-0", "25", "" and 1.5e+10 is "1", "5", "+10".
struct Parts {
  std::string whole, decimals, exponent;
};

Parts split(const std::string& text) {
  const auto e = text.find('e');
  const std::string mantissa = text.substr(0, e);
  const auto point = mantissa.find('.');
  return {mantissa.substr(0, point), point == std::string::npos ? "" : mantissa.substr(point + 1),
          e == std::string::npos ? "" : text.substr(e + 1)};
}

/// The shortest digits, or kPrecision decimals if there are more; without zeros at the end.
template <class T>
Parts parts_of(T value, std::chars_format style) {
  Parts parts = split(digits_of(value, style));
  if (parts.decimals.size() > kPrecision) {
    parts = split(digits_of(value, style, kPrecision));
  }
  parts.decimals.erase(parts.decimals.find_last_not_of('0') + 1);
  return parts;
}

std::string non_finite(double value) { return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf"; }

/// Scientific when the numbers are large, small or far apart.
template <class T>
bool needs_exponents(const std::vector<T>& finite) {
  T largest = 0, smallest = std::numeric_limits<T>::infinity();
  for (T value : finite) {
    if (value != 0) {
      largest = std::max(largest, std::abs(value));
      smallest = std::min(smallest, std::abs(value));
    }
  }
  const T large = std::is_same_v<T, float> ? T(1e6) : T(1e8);
  return largest > 0 && (largest >= large || smallest < T(1e-4) || largest / smallest > 1000);
}

/// One format for all `shown` elements: points in one column, and equally many digits in scientific notation.
template <class T>
Format floating_format(const T* elements, const std::vector<std::int64_t>& shown) {
  std::vector<T> finite;
  bool negative_infinity = false;
  for (std::int64_t i : shown) {
    if (std::isfinite(elements[i])) {
      finite.push_back(elements[i]);
    }
    negative_infinity |= elements[i] == -std::numeric_limits<T>::infinity();
  }
  const bool exponents = needs_exponents(finite);
  const auto style = exponents ? std::chars_format::scientific : std::chars_format::fixed;
  std::size_t whole = 0, decimals = 0, exponent = 0;
  for (T value : finite) {
    const Parts parts = parts_of(value, style);
    whole = std::max(whole, parts.whole.size());
    decimals = std::max(decimals, parts.decimals.size());
    exponent = std::max(exponent, parts.exponent.size());
  }
  const std::size_t right = decimals + (exponents ? exponent + 1 : 0);  // what follows the point
  if (finite.size() < shown.size()) {
    const std::size_t widest = negative_infinity ? 4 : 3;  // "-inf" or "nan"
    whole = std::max(whole, widest - std::min(widest, right + 1));
  }
  return [=](std::int64_t i) {
    if (!std::isfinite(elements[i])) {
      return left_padded(non_finite(static_cast<double>(elements[i])), whole + 1 + right);
    }
    if (!exponents) {
      Parts parts = parts_of(elements[i], style);
      parts.decimals.resize(decimals, ' ');
      return left_padded(parts.whole, whole) + '.' + parts.decimals;
    }
    const Parts parts = split(digits_of(elements[i], style, static_cast<int>(decimals)));
    return left_padded(parts.whole, whole) + '.' + parts.decimals + 'e' + parts.exponent.substr(0, 1) +
           std::string(exponent - std::min(exponent, parts.exponent.size()), '0') + parts.exponent.substr(1);
  };
}

/// Right-aligned.
template <class T>
Format integer_format(const T* elements, const std::vector<std::int64_t>& shown) {
  std::size_t width = 0;
  for (std::int64_t i : shown) {
    width = std::max(width, digits_of(elements[i]).size());
  }
  return [=](std::int64_t i) { return left_padded(digits_of(elements[i]), width); };
}

/// A number alone is written in full: "0.1", "5.0", "1e-05".
template <class T>
std::string scalar_text(T value) {
  if constexpr (std::is_integral_v<T>) {
    return digits_of(value);
  } else {
    if (!std::isfinite(value)) {
      return non_finite(static_cast<double>(value));
    }
    const double size = std::abs(static_cast<double>(value));
    const bool exponents = size != 0 && (size < 1e-4 || size >= (std::is_same_v<T, float> ? 1e6 : 1e16));
    std::string text = digits_of(value, exponents ? std::chars_format::scientific : std::chars_format::fixed);
    return exponents || text.find('.') != std::string::npos ? text : text + ".0";
  }
}

/// Brackets, line breaks and "..." around the elements of a tensor.
class Layout {
 public:
  explicit Layout(const Shape& shape) : shape_(shape), abridged_(shape.numel() > kAll) {}

  /// Row-major positions of the elements that are printed.
  std::vector<std::int64_t> shown() const {
    std::vector<std::int64_t> positions{0};
    for (std::int64_t size : shape_) {
      std::vector<std::int64_t> next;
      for (std::int64_t position : positions) {
        for (std::int64_t i = 0; i < size; i = following(i, size)) {
          next.push_back(position * size + i);
        }
      }
      positions = std::move(next);
    }
    return positions;
  }

  std::string text(const Format& format) const { return block(0, 0, format); }

 private:
  bool cuts(std::int64_t size) const { return abridged_ && size > 2 * kEdge; }
  std::int64_t following(std::int64_t i, std::int64_t size) const {
    return cuts(size) && i == kEdge - 1 ? size - kEdge : i + 1;
  }

  /// The sub-tensor that begins at `position` of the tensor's first `axis` axes.
  std::string block(int axis, std::int64_t position, const Format& format) const {
    const std::int64_t size = shape_[axis];
    const std::string indent(static_cast<std::size_t>(axis) + 1, ' ');
    const bool innermost = axis == shape_.rank() - 1;
    // Brackets that close at the end of the line need room too.
    const std::size_t room = kColumns - static_cast<std::size_t>(axis) - 1;
    std::string text, line = indent;
    const auto place = [&](const std::string& word) {
      if (innermost && line.size() + word.size() > room && line.size() > indent.size()) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        line = indent;
      }
      line += word;
    };
    const std::string separator =
        innermost ? " " : std::string(static_cast<std::size_t>(shape_.rank() - axis - 1), '\n') + indent;
    for (std::int64_t i = 0; i < size; i = following(i, size)) {
      place(innermost ? format(position * size + i) : block(axis + 1, position * size + i, format));
      line += i + 1 < size ? separator : "";
      if (cuts(size) && i == kEdge - 1) {
        place("...");
        line += separator;
      }
    }
    text += line;
    return '[' + text.substr(indent.size()) + ']';
  }

  Shape shape_;
  bool abridged_;
};

}  // namespace

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) {
    return "undefined";
  }
  if (tensor.numel() == 0) {
    return "[]";
  }
  return dispatch(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* elements = tensor.data<T>();
    if (tensor.rank() == 0) {
      return scalar_text(*elements);
    }
    const Layout layout(tensor.shape());
    if constexpr (std::is_floating_point_v<T>) {
      return layout.text(floating_format(elements, layout.shown()));
    } else {
      return layout.text(integer_format(elements, layout.shown()));
    }
  });
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << to_string(tensor); }

}  // namespace gibbs
