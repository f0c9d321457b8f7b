#include "gibbs/nn/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "gibbs/nn/safetensors_header.h"
#include "gibbs/tensor/atomic_file.h"

namespace gibbs::nn {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie in memory");

constexpr std::uint64_t kLargestHeader = 100'000'000;  // as in the reference implementation

std::size_t bytes_of(const Tensor& tensor) {
  return static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype());
}

const char* elements_of(const Tensor& tensor) {
  return dispatch(tensor.dtype(),
                  [&](auto zero) { return reinterpret_cast<const char*>(tensor.data<decltype(zero)>()); });
}

char* mutable_elements_of(Tensor& tensor) {
  return dispatch(tensor.dtype(),
                  [&](auto zero) { return reinterpret_cast<char*>(tensor.mutable_data<decltype(zero)>()); });
}

void check_names(const std::string& file, const NamedTensors& tensors) {
  std::unordered_set<std::string> names;
  for (const auto& [name, tensor] : tensors) {
    check(tensor.defined(), "save: ", file, ": tensor '", name, "' is undefined");
    check(name != "__metadata__", "save: ", file, ": '__metadata__' is the format's own name; rename the tensor");
    check(names.insert(name).second, "save: ", file, ": two tensors are named '", name, "'");
  }
}

/// Text as a JSON string.
std::string quoted(const std::string& file, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    fail("save: ", file, ": a name or text is not UTF-8: ", text);
  }
}

std::string header_text(const std::string& file, const std::vector<const Named<Tensor>*>& tensors,
                        const Metadata& metadata) {
  std::vector<std::string> members;
  if (!metadata.empty()) {
    std::vector<std::string> texts;
    for (const auto& [key, text] : metadata) {
      texts.push_back(quoted(file, key) + ":" + quoted(file, text));
    }
    members.push_back(fmt::format("\"__metadata__\":{{{}}}", fmt::join(texts, ",")));
  }
  std::size_t begin = 0;
  for (const Named<Tensor>* named : tensors) {
    const Tensor& tensor = named->item;
    const std::size_t end = begin + bytes_of(tensor);
    members.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                  quoted(file, named->path), detail::safetensors_dtype(tensor.dtype()),
                                  fmt::join(tensor.shape(), ","), begin, end));
    begin = end;
  }
  std::string text = fmt::format("{{{}}}", fmt::join(members, ","));
  text.resize((text.size() + 7) / 8 * 8, ' ');
  check(text.size() <= kLargestHeader, "save: ", file, ": names and metadata take ", text.size(), " bytes, more than ",
        kLargestHeader);
  return text;
}

/// A file that is read from front to back.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : name_(path.string()), stream_(path, std::ios::binary) {
    check(stream_.is_open(), name_, ": cannot open: ", std::strerror(errno));
    check(std::filesystem::is_regular_file(path), name_, ": not a regular file");
    size_ = std::filesystem::file_size(path);
  }

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }

  void read(char* to, std::size_t bytes) {
    stream_.read(to, static_cast<std::streamsize>(bytes));
    check(stream_.gcount() == static_cast<std::streamsize>(bytes), name_, ": byte ", position_, ": expected ", bytes,
          " bytes, but reading failed after ", stream_.gcount());
    position_ += bytes;
  }

 private:
  std::string name_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
};

std::string read_header_text(Reader& file) {
  const auto expect = [&](bool ok, const std::string& what, std::uint64_t found) {
    if (!ok) {
      detail::fail_at(file.name(), 0, what, fmt::format("{}", found));
    }
  };
  expect(file.size() >= detail::kLengthBytes, "a file of at least 8 bytes", file.size());
  std::uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), sizeof length);
  expect(length <= kLargestHeader, fmt::format("a header length of at most {}", kLargestHeader), length);
  expect(length <= file.size() - detail::kLengthBytes,
         fmt::format("a header length that fits in a file of {} bytes", file.size()), length);
  std::string text(length, '\0');
  file.read(text.data(), text.size());
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata) {
  const std::string file = path.string();
  check_names(file, tensors);
  std::vector<const Named<Tensor>*> ordered;
  for (const Named<Tensor>& named : tensors) {
    ordered.push_back(&named);
  }
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto* a, const auto* b) { return size_of(a->item.dtype()) > size_of(b->item.dtype()); });
  const std::string header = header_text(file, ordered, metadata);
  write_file_atomically(path, [&](FileWriter& out) {
    const std::uint64_t length = header.size();
    out.write(&length, sizeof length);
    out.write(header);
    for (const Named<Tensor>* named : ordered) {
      out.write(elements_of(named->item), bytes_of(named->item));
    }
  });
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  Reader file(path);
  const std::string text = read_header_text(file);
  detail::SafetensorsHeader header =
      detail::parse_safetensors_header(file.name(), text, file.size() - detail::kLengthBytes - text.size());
  Safetensors result{{}, std::move(header.metadata)};
  for (detail::TensorEntry& entry : header.entries) {
    Tensor tensor = Tensor::uninitialized(entry.shape, entry.dtype);
    file.read(mutable_elements_of(tensor), bytes_of(tensor));
    result.tensors.push_back({std::move(entry.name), std::move(tensor)});
  }
  return result;
}

}  // namespace gibbs::nn
