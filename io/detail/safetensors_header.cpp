#include "gibbs/io/detail/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "gibbs/io/detail/json_cursor.h"

namespace gibbs::io::detail {
namespace {

struct DTypeName {
  DType dtype;
  std::string_view name;
};
constexpr DTypeName kDTypes[] = {
    {DType::float32, "F32"}, {DType::float64, "F64"}, {DType::int64, "I64"}, {DType::uint8, "U8"}};

/// "[" number "," ... "]", at most `most` of them.
std::vector<std::int64_t> numbers(JsonCursor& cursor, const std::string& what, std::size_t most) {
  std::vector<std::int64_t> values;
  cursor.array([&] {
    if (values.size() == most) {
      cursor.expected(fmt::format("at most {} numbers", most));
    }
    values.push_back(static_cast<std::int64_t>(cursor.number(what)));
  });
  return values;
}

DType parse_dtype(JsonCursor& cursor) {
  const std::string expectation = "a dtype of F32, F64, I64 or U8";
  const std::uint64_t at = cursor.offset();
  const std::string name = cursor.string(expectation);
  const auto* known = std::find_if(std::begin(kDTypes), std::end(kDTypes), [&](auto& d) { return d.name == name; });
  if (known == std::end(kDTypes)) {
    cursor.expected_at(at, expectation, "\"" + name + "\"");
  }
  return known->dtype;
}

Shape parse_shape(JsonCursor& cursor, const std::string& name) {
  const std::uint64_t at = cursor.offset();
  const auto sizes = numbers(cursor, "a size, a whole number from 0", Shape::kMaxRank);
  const Shape shape{std::span<const std::int64_t>(sizes)};
  try {
    shape.numel();
  } catch (const Error&) {
    cursor.expected_at(at, "a shape that memory can hold for \"" + name + "\"", to_string(shape));
  }
  return shape;
}

TensorEntry parse_entry(JsonCursor& cursor, const std::string& name) {
  const std::uint64_t entry_at = cursor.offset();
  std::optional<DType> dtype;
  std::optional<Shape> shape;
  std::vector<std::int64_t> offsets;
  std::uint64_t offsets_at = 0;
  cursor.object(R"("dtype", "shape" or "data_offsets")", [&](const std::string& key, std::uint64_t key_at) {
    if (key == "dtype") {
      dtype = parse_dtype(cursor);
    } else if (key == "shape") {
      shape = parse_shape(cursor, name);
    } else if (key == "data_offsets") {
      offsets_at = cursor.offset();
      offsets = numbers(cursor, "an offset, a whole number from 0", 2);
    } else {
      cursor.expected_at(key_at, R"("dtype", "shape" or "data_offsets")", "\"" + key + "\"");
    }
  });
  if (!dtype || !shape || offsets_at == 0) {
    cursor.expected_at(entry_at, R"("dtype", "shape" and "data_offsets" of ")" + name + "\"", "fewer");
  }
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    cursor.expected_at(offsets_at, "[begin, end] of \"" + name + "\" with begin <= end",
                       fmt::format("[{}]", fmt::join(offsets, ", ")));
  }
  const std::int64_t bytes = shape->numel() * static_cast<std::int64_t>(size_of(*dtype));
  if (offsets[1] - offsets[0] != bytes) {
    cursor.expected_at(offsets_at,
                       fmt::format("{} bytes for \"{}\" of shape {} and dtype {}", bytes, name, to_string(*shape),
                                   safetensors_dtype(*dtype)),
                       fmt::format("[{}, {}]", offsets[0], offsets[1]));
  }
  return {name,
          *dtype,
          *shape,
          static_cast<std::uint64_t>(offsets[0]),
          static_cast<std::uint64_t>(offsets[1]),
          kLengthBytes + offsets_at};
}

/// Sorted by begin, every tensor must start where the one before ended, and the last must end with the file.
void check_coverage(const std::string& file, const std::vector<TensorEntry>& entries, std::uint64_t header_bytes,
                    std::uint64_t data_bytes) {
  std::uint64_t covered = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != covered) {
      fail_at(file, entry.at,
              fmt::format("\"{}\" to begin at {}, where the tensor before it ends", entry.name, covered),
              fmt::format("{}, which leaves {}", entry.begin, entry.begin < covered ? "an overlap" : "a gap"));
    }
    if (entry.end > data_bytes) {
      fail_at(file, entry.at, fmt::format("\"{}\" to end within the {} bytes of data", entry.name, data_bytes),
              fmt::format("the end {}", entry.end));
    }
    covered = entry.end;
  }
  if (covered != data_bytes) {
    fail_at(file, kLengthBytes + header_bytes + covered, "the end of the file",
            fmt::format("{} bytes more", data_bytes - covered));
  }
}

}  // namespace

const char* safetensors_dtype(DType dtype) {
  const auto* known = std::find_if(std::begin(kDTypes), std::end(kDTypes), [&](auto& d) { return d.dtype == dtype; });
  return known->name.data();
}

void fail_at(const std::string& file, std::uint64_t offset, const std::string& expected, const std::string& found) {
  fail(file, ": byte ", offset, ": expected ", expected, ", found ", found);
}

SafetensorsHeader parse_safetensors_header(const std::string& file, std::string_view text, std::uint64_t data_bytes) {
  SafetensorsHeader header;
  JsonCursor cursor(text, "header", [&](std::uint64_t at, const std::string& expected, const std::string& found) {
    fail_at(file, kLengthBytes + at, expected, found);
  });
  cursor.object("a tensor's name", [&](const std::string& name, std::uint64_t /*at*/) {
    if (name == "__metadata__") {
      cursor.object("a key of the metadata", [&](const std::string& key, std::uint64_t /*key_at*/) {
        header.metadata[key] = cursor.string("a text of the metadata");
      });
    } else {
      header.entries.push_back(parse_entry(cursor, name));
    }
  });
  if (!cursor.at_end()) {
    cursor.expected("nothing but spaces after the header's '}'");
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  check_coverage(file, header.entries, text.size(), data_bytes);
  return header;
}

}  // namespace gibbs::io::detail
