#include "gibbs/optim/detail/options.h"

#include <fmt/format.h>

#include <cmath>

#include "gibbs/tensor/error.h"

namespace gibbs::optim::detail {

void check_share(const char* method, const char* option, double value) {
  check(value >= 0 && value < 1, method, ": ", option, " is ", value, "; it must be in [0, 1)");
}

void check_from_0(const char* method, const char* option, double value) {
  check(std::isfinite(value) && value >= 0, method, ": ", option, " is ", value, "; it must be finite and at least 0");
}

void check_epsilon(const char* method, double epsilon, const std::vector<Named<Parameter>>& parameters) {
  check(std::isfinite(epsilon) && epsilon > 0, method, ": epsilon is ", epsilon, "; it must be finite and above 0");
  for (const auto& [path, parameter] : parameters) {
    const bool is_zero = parameter.dtype() == DType::float32 && static_cast<float>(epsilon) == 0;
    check(!is_zero, method, ": epsilon is ", epsilon, ", which is 0 in float32, the dtype of parameter '", path,
          "'; 0 / 0 would make NaN of weights whose gradient is 0");
  }
}

std::string setting(double value) { return fmt::format("{}", value); }
std::string setting(bool value) { return value ? "on" : "off"; }

RunSettings with(RunSettings settings, std::initializer_list<RunSettings::value_type> more) {
  settings.insert(settings.end(), more);
  return settings;
}

}  // namespace gibbs::optim::detail
