#include "gibbs/train/run_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "gibbs/io/checksum.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/tensor/bits.h"
#include "gibbs/tensor/build_info.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train {
namespace {

constexpr const char* kNotSet = "not set";

std::string value_of(const RunSettings& settings, const std::string& name) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const auto& s) { return s.first == name; });
  return found == settings.end() ? std::string(kNotSet) : found->second;
}

bool is_checksum(const std::string& value) { return value.starts_with(io::kChecksumName); }

}  // namespace

std::string differences(const RunSettings& saved, const RunSettings& here) {
  constexpr std::size_t kMost = 10;
  std::vector<std::string> told, names;
  const auto compare = [&](const std::string& name) {
    const std::string a = value_of(saved, name), b = value_of(here, name);
    const bool checksums = is_checksum(a) && is_checksum(b);
    const bool follows = std::any_of(names.begin(), names.end(), [&](const auto& n) { return name.starts_with(n); });
    if (a != b && !(checksums && follows)) {
      names.push_back(name);
      told.push_back(checksums ? name + " changed" : fmt::format("{} is {} in the checkpoint and {} here", name, a, b));
    }
  };
  for (const auto& [name, value] : here) {
    compare(name);
  }
  for (const auto& [name, value] : saved) {
    if (value_of(here, name) == kNotSet) {
      compare(name);
    }
  }
  const std::size_t shown = std::min(told.size(), kMost);
  const std::string text =
      fmt::format("{}", fmt::join(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return told.size() > shown ? fmt::format("{} and {} more", text, told.size() - shown) : text;
}

void append(RunSettings& settings, RunSettings more) {
  std::move(more.begin(), more.end(), std::back_inserter(settings));
}

void check_names_differ(const char* who, const RunSettings& settings) {
  for (auto setting = settings.begin(); setting != settings.end(); ++setting) {
    const bool twice = std::any_of(settings.begin(), setting, [&](const auto& s) { return s.first == setting->first; });
    check(!twice, who, ": two settings are called '", printable(setting->first), "'; give each a name of its own");
  }
}

RunSettings prefixed(const std::string& prefix, RunSettings settings) {
  for (auto& [name, value] : settings) {
    name.insert(0, prefix);
  }
  return settings;
}

RunSettings describe_data(const std::string& prefix, const data::Batches& batches) {
  RunSettings digest = batches.digest();
  check(!digest.empty(), "fit: digest() of the ", prefix, "data is empty, and a checkpoint could not tell other data; ",
        "give a checksum, or say what the data are made from");
  return prefixed(prefix, std::move(digest));
}

RunSettings describe_bits() { return {{"bits", std::string(name_of(bits()))}}; }

RunSettings describe_arithmetic() {
  using kernels::Gemm;
  const Gemm by = kernels::gemm_in_use();
  return {{"matrix products", by == Gemm::own        ? "the library's own"
                              : by == Gemm::openblas ? "OpenBLAS'"
                                                     : "the library's own or OpenBLAS', by shape"},
          {"BLAS core", by == Gemm::own ? "not used" : kernels::blas_core_name()},
          {"instruction set", build_info().instruction_set},
          {"fusion of layers", nn::fusion_enabled() ? "on" : "off"}};
}

}  // namespace gibbs::train
