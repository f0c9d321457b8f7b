#include "bench/conformance/table.h"

#include <charconv>

namespace gibbs::conformance {
namespace {

DType dtype_from(const std::string& name) {
  for (const DType dtype : {DType::float32, DType::float64, DType::int64, DType::uint8}) {
    if (name == name_of(dtype)) {
      return dtype;
    }
  }
  fail("conformance: there is no dtype ", name);
}

}  // namespace

Tensor tensor_from(const json& value) {
  const auto sizes = value.at("shape").get<std::vector<std::int64_t>>();
  Tensor result = Tensor::uninitialized(Shape(sizes), dtype_from(value.at("dtype")));
  const auto& digits = value.at("data").get_ref<const std::string&>();
  const std::size_t bytes = result.byte_size();
  check(digits.size() == 2 * bytes, "conformance: ", digits.size(), " digits for ", bytes, " bytes");
  dispatch(result.dtype(), [&](auto zero) {
    auto* data = reinterpret_cast<std::uint8_t*>(result.mutable_data<decltype(zero)>());
    for (std::size_t i = 0; i < bytes; ++i) {
      std::from_chars(&digits[2 * i], &digits[2 * i] + 2, data[i], 16);
    }
  });
  return result;
}

json to_json(const Tensor& tensor) {
  const std::size_t bytes = tensor.byte_size();
  std::string digits;
  digits.reserve(2 * bytes);
  dispatch(tensor.dtype(), [&](auto zero) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(tensor.data<decltype(zero)>());
    for (std::size_t i = 0; i < bytes; ++i) {
      digits += "0123456789abcdef"[data[i] / 16];
      digits += "0123456789abcdef"[data[i] % 16];
    }
  });
  const Shape& shape = tensor.shape();
  return {{"dtype", name_of(tensor.dtype())},
          {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
          {"data", digits}};
}

Tensor tensor(const json& options, const char* name) {
  return options.contains(name) ? tensor_from(options.at(name)) : Tensor();
}

Shape shape(const json& options, const char* name) {
  const auto sizes = options.at(name).get<std::vector<std::int64_t>>();
  return Shape(sizes);
}

Axes axes(const json& options) { return options.value("axes", Axes()); }
int axis(const json& options) { return options.at("axis"); }
bool flag(const json& options, const char* name) { return options.value(name, false); }

losses::Reduction reduction(const json& options) {
  const std::string name = options.value("reduction", "mean");
  return name == "none" ? losses::Reduction::none : name == "sum" ? losses::Reduction::sum : losses::Reduction::mean;
}

losses::Base base(const json& options) { return flag(options, "bits") ? losses::Base::bits : losses::Base::nats; }

}  // namespace gibbs::conformance
