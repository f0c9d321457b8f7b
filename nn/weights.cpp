#include "gibbs/nn/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gibbs/io/sha256.h"
#include "gibbs/tensor/plain_text.h"
#include "gibbs/tensor/version.h"

namespace gibbs::nn {
namespace {

std::span<const std::byte> bytes_of(const Tensor& tensor) {
  return dispatch(tensor.dtype(), [&](auto zero) { return std::as_bytes(tensor.values<decltype(zero)>()); });
}

/// Of a Tensor or a Parameter: "float32 [3, 2]".
std::string kind_of(const auto& tensor) {
  return fmt::format("{} {}", name_of(tensor.dtype()), to_string(tensor.shape()));
}

/// A parameter or buffer of the module that is to be loaded, whose numbers may be pending.
struct Slot {
  std::string name, kind;
  const void* place;  // equal for tied ones
  std::int64_t numel;
};

std::vector<Slot> slots_of(Module& module) {
  std::vector<Slot> slots;
  for (const auto& [path, parameter] : named_parameters(module)) {
    const void* place = parameter.is_pending() ? parameter.id() : bytes_of(parameter.value()).data();
    slots.push_back({path, kind_of(parameter), place, parameter.shape().numel()});
  }
  for (const auto& [path, buffer] : named_buffers(module)) {
    slots.push_back({path, kind_of(buffer.value()), bytes_of(buffer.value()).data(), buffer.value().numel()});
  }
  return slots;
}

/// A line "  title: a, b, ... and 3 more" when there is something to list.
void list(std::ostream& message, const char* title, const std::vector<std::string>& items) {
  constexpr std::size_t kMost = 20;
  if (items.empty()) {
    return;
  }
  const auto shown = std::min(items.size(), kMost);
  message << "\n  " << title << ": " << fmt::to_string(fmt::join(items.begin(), items.begin() + shown, ", "));
  if (shown < items.size()) {
    message << " and " << items.size() - shown << " more";
  }
}

using TensorsByName = std::unordered_map<std::string, Tensor>;

void check_fit(const std::vector<Slot>& wanted, const TensorsByName& given, const NamedTensors& given_in_order,
               const std::string& source) {
  std::vector<std::string> missing, surplus, different;
  std::unordered_set<std::string> known;
  for (const auto& [name, kind, place, numel] : wanted) {
    known.insert(name);
    const auto found = given.find(name);
    if (found == given.end()) {
      missing.push_back(name);
    } else if (kind_of(found->second) != kind) {
      different.push_back(fmt::format("{} (expected {}, found {})", name, kind, kind_of(found->second)));
    }
  }
  for (const auto& [name, tensor] : given_in_order) {
    if (!known.contains(name)) {
      surplus.push_back(name);
    }
  }
  if (missing.empty() && surplus.empty() && different.empty()) {
    return;
  }
  PlainText message;
  message << source << ": the tensors do not fit the model; nothing was loaded";
  list(message, "missing", missing);
  list(message, "not in the model", surplus);
  list(message, "different", different);
  fail(message.str());
}

/// Whoever loads tensors from an untied model into a tied one would silently lose some.
void check_ties(const std::vector<Slot>& wanted, const TensorsByName& given, const std::string& source) {
  std::unordered_map<const void*, std::string> first_names;
  for (const auto& [name, kind, place, numel] : wanted) {
    const auto [first, is_new] = first_names.try_emplace(place, name);
    check(is_new || numel == 0 || same_bits(given.at(name), given.at(first->second)), source, ": '", first->second,
          "' and '", name, "' are one tensor in the model, but differ here; nothing was loaded");
  }
}

TensorsByName checked_by_name(Module& module, const NamedTensors& tensors, const std::string& source) {
  TensorsByName given;
  for (const auto& [name, tensor] : tensors) {
    check(tensor.defined(), source, ": tensor '", name, "' is undefined");
    check(given.emplace(name, tensor).second, source, ": two tensors are named '", name, "'");
  }
  const std::vector<Slot> wanted = slots_of(module);
  check_fit(wanted, given, tensors, source);
  check_ties(wanted, given, source);
  return given;
}

/// Takes a line off the text; "nothing" at its end.
std::string take_line(std::string_view& text) {
  if (text.empty()) {
    return "nothing";
  }
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// The first line in which two texts differ.
std::pair<std::string, std::string> first_difference(std::string_view a, std::string_view b) {
  std::string line_a, line_b;
  do {
    line_a = take_line(a);
    line_b = take_line(b);
  } while (line_a == line_b && !(a.empty() && b.empty()));
  return {line_a, line_b};
}

}  // namespace

NamedTensors named_tensors(Module& module) {
  NamedTensors tensors;
  for (const auto& [path, parameter] : named_parameters(module)) {
    check(!parameter.is_pending(), "named_tensors: parameter '", path,
          "' has no numbers yet; call nn::initialize(model, seed) first");
    tensors.push_back({path, parameter.value()});
  }
  for (const auto& [path, buffer] : named_buffers(module)) {
    tensors.push_back({path, buffer.value()});
  }
  return tensors;
}

void check_tensors(Module& module, const NamedTensors& tensors, const std::string& source) {
  checked_by_name(module, tensors, source);
}

void load_tensors(Module& module, const NamedTensors& tensors, const std::string& source) {
  const TensorsByName given = checked_by_name(module, tensors, source);
  for (auto& [path, parameter] : named_parameters(module)) {
    if (parameter.is_pending()) {
      parameter.replace(given.at(path).clone());
    } else {
      parameter.mutable_value().copy_from(given.at(path));
    }
  }
  for (auto& [path, buffer] : named_buffers(module)) {
    buffer.mutable_value().copy_from(given.at(path));
  }
}

void save_weights(Module& module, const std::filesystem::path& path, const io::Metadata& metadata) {
  io::Metadata all{{kArchitectureKey, architecture_text(module)}, {kVersionKey, std::string(kVersion)}};
  for (const auto& [key, text] : metadata) {
    check(!key.starts_with("gibbs."), "save_weights: metadata '", key, "': keys beginning with 'gibbs.' are taken");
    all[key] = text;
  }
  io::write_safetensors(path, named_tensors(module), all, {.checksum = true});
}

io::Metadata load_weights(Module& module, const std::filesystem::path& path, const LoadOptions& options) {
  return load_weights(module, io::read_safetensors(path), path, options);
}

io::Metadata load_weights(Module& module, io::Safetensors file, const std::filesystem::path& path,
                          const LoadOptions& options) {
  const auto saved_architecture = file.metadata.find(kArchitectureKey);
  if (options.compare_architecture && saved_architecture != file.metadata.end()) {
    const auto [saved, here] = first_difference(saved_architecture->second, architecture_text(module));
    check(saved == here, "load_weights: ", path.string(), ": saved from another architecture: '", saved,
          "' in the file, '", here,
          "' in the model; nothing was loaded. If this is wanted, load with .compare_architecture = false");
  }
  load_tensors(module, file.tensors, "load_weights: " + path.string());
  return std::move(file.metadata);
}

std::string weights_sha256(Module& module) {
  io::Sha256 hash;
  for (const auto& [name, tensor] : named_tensors(module)) {
    // The zero byte ends the name, so that no two lists of tensors give the same text.
    hash.update(name);
    hash.update("\0", 1);
    hash.update(kind_of(tensor));
    const auto bytes = bytes_of(tensor);
    hash.update(bytes.data(), bytes.size());
  }
  return hash.hex();
}

}  // namespace gibbs::nn
