#include "gibbs/io/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <new>
#include <unordered_set>

#include "gibbs/io/atomic_file.h"
#include "gibbs/io/checksum.h"
#include "gibbs/io/detail/json_cursor.h"
#include "gibbs/io/detail/safetensors_header.h"
#include "gibbs/io/input_file.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::io {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie in memory");

constexpr const char* kRewritten =
    ". Its bytes are not those that were written; a program that changes the file must leave out 'gibbs.checksum'";
constexpr std::uint64_t kLargestHeader = 100'000'000;  // as in the reference implementation

const char* elements_of(const Tensor& tensor) {
  return dispatch(tensor.dtype(),
                  [&](auto zero) { return reinterpret_cast<const char*>(tensor.data<decltype(zero)>()); });
}

char* mutable_elements_of(Tensor& tensor) {
  return dispatch(tensor.dtype(),
                  [&](auto zero) { return reinterpret_cast<char*>(tensor.mutable_data<decltype(zero)>()); });
}

/// What stands in the place of the checksum while it is computed.
constexpr std::string_view kNoChecksum = "xxh3-64:0000000000000000";
static_assert(kNoChecksum.size() == kChecksumLength);

bool looks_like_checksum(std::string_view text) {
  return text.size() == kChecksumLength && text.starts_with(kChecksumName) &&
         text.find_first_not_of("0123456789abcdef", kChecksumName.size()) == std::string_view::npos;
}

/// Where the checksum stands in a header; npos when there is none. Inside of a JSON string this text cannot be: there
/// its quotes would have backslashes.
std::size_t checksum_place(std::string_view header) {
  const std::string before = fmt::format(R"("{}":")", kChecksumKey);
  const std::size_t found = header.find(before);
  return found == std::string_view::npos ? found : found + before.size();
}

void check_names(const std::string& file, const NamedTensors& tensors, const Metadata& metadata) {
  std::unordered_set<std::string> names;
  for (const auto& [name, tensor] : tensors) {
    check(tensor.defined(), "save: ", file, ": tensor '", name, "' is undefined");
    check(name != "__metadata__", "save: ", file, ": '__metadata__' is the format's own name; rename the tensor");
    check(names.insert(name).second, "save: ", file, ": two tensors are named '", name, "'");
  }
  for (const auto& [key, text] : metadata) {
    check(key != kChecksumKey && !looks_like_checksum(text), "save: ", file, ": metadata '", key,
          "' would be taken for the checksum; choose another ", key == kChecksumKey ? "key" : "text");
  }
}

std::string quoted(const std::string& file, const std::string& text) {
  std::optional<std::string> result = detail::json_quoted(text);
  check(result.has_value(), "save: ", file, ": a name or text is not UTF-8: ", printable(text));
  return *std::move(result);
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
    const std::size_t end = begin + tensor.byte_size();
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
  explicit Reader(const std::filesystem::path& path) : file_(path), name_(path.string()) {}

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return static_cast<std::uint64_t>(file_.size()); }

  void read(char* to, std::size_t bytes) {
    const std::int64_t got = file_.read(position_, static_cast<std::int64_t>(bytes), to);
    check(got == static_cast<std::int64_t>(bytes), name_, ": byte ", position_, ": expected ", bytes, " bytes, found ",
          got);
    position_ += got;
  }

 private:
  InputFile file_;
  std::string name_;
  std::int64_t position_ = 0;
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

/// The beginning of the file, with the checksum's digits as zeros.
void add_header(Checksum& checksum, std::string_view header) {
  const std::uint64_t length = header.size();
  checksum.update(&length, sizeof length);
  checksum.update(header);
}

/// Takes the checksum out of the metadata and replaces its digits in the header by zeros; empty when there is none. A
/// damaged key must not make a file look like one without: its value tells.
std::string take_checksum(const std::string& file, std::string& header, Metadata& metadata) {
  for (const auto& [key, text] : metadata) {
    check((key == kChecksumKey) == looks_like_checksum(text), file, ": metadata '", key,
          key == kChecksumKey ? "' is no checksum" : "' has the form of the checksum", "; the file is damaged");
  }
  const auto entry = metadata.extract(kChecksumKey);
  if (entry.empty()) {
    return {};
  }
  const std::size_t place = checksum_place(header);
  check(place != std::string::npos && header.compare(place, kChecksumLength, entry.mapped()) == 0, file,
        ": its checksum is not written as gibbs writes it", kRewritten);
  header.replace(place, kChecksumLength, kNoChecksum);
  return entry.mapped();
}

Safetensors read_checked(Reader& file) {
  std::string text = read_header_text(file);
  detail::SafetensorsHeader header =
      detail::parse_safetensors_header(file.name(), text, file.size() - detail::kLengthBytes - text.size());
  const std::string checksum = take_checksum(file.name(), text, header.metadata);
  Checksum found;
  add_header(found, text);
  Safetensors result{.tensors = {}, .metadata = std::move(header.metadata), .checked = !checksum.empty()};
  for (detail::TensorEntry& entry : header.entries) {
    Tensor tensor = Tensor::uninitialized(entry.shape, entry.dtype);
    file.read(mutable_elements_of(tensor), tensor.byte_size());
    found.update(elements_of(tensor), tensor.byte_size());
    result.tensors.push_back({std::move(entry.name), std::move(tensor)});
  }
  check(checksum.empty() || checksum == found.text(), file.name(), ": its checksum is ", checksum,
        " and that of its bytes ", found.text(), kRewritten);
  return result;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata,
                       const WriteOptions& options) {
  const std::string file = path.string();
  check_names(file, tensors, metadata);
  std::vector<const Named<Tensor>*> ordered;
  for (const Named<Tensor>& named : tensors) {
    ordered.push_back(&named);
  }
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto* a, const auto* b) { return size_of(a->item.dtype()) > size_of(b->item.dtype()); });
  Metadata all = metadata;
  if (options.checksum) {
    all[kChecksumKey] = kNoChecksum;
  }
  std::string header = header_text(file, ordered, all);
  const std::uint64_t length = header.size();
  if (options.checksum) {
    Checksum checksum;
    add_header(checksum, header);
    for (const Named<Tensor>* named : ordered) {
      checksum.update(elements_of(named->item), named->item.byte_size());
    }
    header.replace(checksum_place(header), kChecksumLength, checksum.text());
  }
  write_file_atomically(path, [&](FileWriter& out) {
    out.write(&length, sizeof length);
    out.write(header);
    for (const Named<Tensor>* named : ordered) {
      out.write(elements_of(named->item), named->item.byte_size());
    }
  });
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  Reader file(path);
  try {
    return read_checked(file);
  } catch (const std::bad_alloc&) {
    fail("read: no memory for the ", file.size(), " bytes of ", file.name());
  }
}

}  // namespace gibbs::io
