#include "gibbs/train/run_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "gibbs/io/checksum.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/tensor/build_info.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train {
namespace {

constexpr const char* kNotSet = "not set";

std::string value_of(const RunSettings& settings, const std::string& name) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const auto& s) { return s.first == name; });
  return found == settings.end() ? std::string(kNotSet) : found->second;
}

bool is_checksum(const std::string& value) { return value.starts_with(io::kChecksumName); }

std::string as_checksum(std::uint64_t value) { return fmt::format("{}{:016x}", io::kChecksumName, value); }

std::uint64_t checksum_of_pair(std::uint64_t a, std::uint64_t b) {
  const std::array<std::uint64_t, 2> pair = {a, b};
  return io::checksum_of(pair.data(), sizeof pair);
}

/// A checksum of each picture of the set, in its order.
std::vector<std::uint64_t> checksums_of_images(const data::Subset& set) {
  const Tensor& images = set.dataset.images;
  const std::int64_t bytes = images.shape().without(0).numel();
  const auto* pixels = images.data<std::uint8_t>();
  std::vector<std::uint64_t> sums(set.indices.size());
  constexpr std::int64_t kPieceBytes = 1 << 20;
  parallel_for(0, set.size(), kPieceBytes / std::max<std::int64_t>(1, bytes),
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = first; i < last; ++i) {
                   const auto place = static_cast<std::size_t>(i);
                   sums[place] = io::checksum_of(pixels + set.indices[place] * bytes, static_cast<std::size_t>(bytes));
                 }
               });
  return sums;
}

void describe_set(const std::string& name, const data::Subset& set, RunSettings& settings) {
  if (set.size() == 0) {
    settings.emplace_back(name, "none");
    return;
  }
  data::validate(set.dataset, "fit");
  for (const std::int64_t index : set.indices) {
    check(index >= 0 && index < set.dataset.size(), "fit: index ", index, " of the ", name, " is not in [0, ",
          set.dataset.size(), ")");
  }
  const std::vector<std::uint64_t> sums = checksums_of_images(set);
  std::uint64_t images = 0, classes = 0;  // a sum of checksums does not depend on their order
  for (std::size_t i = 0; i < sums.size(); ++i) {
    images += sums[i];
    classes += checksum_of_pair(sums[i], static_cast<std::uint64_t>(set.label(static_cast<std::int64_t>(i))));
  }
  settings.emplace_back(name, as_checksum(images));
  settings.emplace_back("classes of " + name, as_checksum(classes));
  settings.emplace_back("order of " + name, as_checksum(io::checksum_of(sums.data(), sums.size() * sizeof sums[0])));
}

}  // namespace

std::string differences(const RunSettings& saved, const RunSettings& here) {
  constexpr std::size_t kMost = 10;
  std::vector<std::string> told, names;
  const auto compare = [&](const std::string& name) {
    const std::string a = value_of(saved, name), b = value_of(here, name);
    const bool checksums = is_checksum(a) && is_checksum(b);
    const bool follows = std::any_of(names.begin(), names.end(), [&](const auto& n) { return name.ends_with(n); });
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

RunSettings describe_data(const data::Subset& train, const data::Subset& validation) {
  RunSettings settings;
  const std::vector<std::string>& names = train.dataset.class_names;
  for (std::size_t k = 0; k < names.size(); ++k) {
    settings.emplace_back(fmt::format("name of class {}", k), printable(names[k]));
  }
  if (train.size() > 0) {
    settings.emplace_back("size of the images", to_string(train.dataset.images.shape().without(0)));
  }
  describe_set("training images", train, settings);
  describe_set("validation images", validation, settings);
  return settings;
}

RunSettings describe_arithmetic() {
  return {{"BLAS core", kernels::blas_core_name()},
          {"instruction set", build_info().instruction_set},
          {"fusion of layers", nn::fusion_enabled() ? "on" : "off"}};
}

}  // namespace gibbs::train
