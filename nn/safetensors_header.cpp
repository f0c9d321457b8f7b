#include "gibbs/nn/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

namespace gibbs::nn::detail {
namespace {

struct DTypeName {
  DType dtype;
  std::string_view name;
};
constexpr DTypeName kDTypes[] = {
    {DType::float32, "F32"}, {DType::float64, "F64"}, {DType::int64, "I64"}, {DType::uint8, "U8"}};

/// A reader of the header's text that knows where in the file it is.
class Cursor {
 public:
  Cursor(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  /// File offset of the next token.
  std::uint64_t offset() {
    skip_space();
    return kLengthBytes + position_;
  }
  bool at_end() {
    skip_space();
    return position_ == text_.size();
  }
  [[noreturn]] void expected(const std::string& what) { fail_at(file_, offset(), what, next_token()); }
  [[noreturn]] void expected_at(std::uint64_t at, const std::string& what, const std::string& found) {
    fail_at(file_, at, what, found);
  }

  /// Takes a punctuation mark if it is next.
  bool accept(char mark) {
    skip_space();
    if (position_ == text_.size() || text_[position_] != mark) {
      return false;
    }
    ++position_;
    return true;
  }
  void expect(char mark) {
    if (!accept(mark)) {
      expected(fmt::format("'{}'", mark));
    }
  }

  std::string string(const std::string& what) {
    skip_space();
    const std::size_t begin = position_;
    if (position_ == text_.size() || text_[position_] != '"') {
      expected(what);
    }
    for (++position_; position_ < text_.size() && text_[position_] != '"'; ++position_) {
      position_ += text_[position_] == '\\';
    }
    const std::size_t end = position_ + 1;
    // The library decodes escapes and refuses what is not UTF-8.
    const auto value = end <= text_.size() ? nlohmann::json::parse(text_.substr(begin, end - begin), nullptr, false)
                                           : nlohmann::json(nlohmann::json::value_t::discarded);
    if (value.is_discarded()) {
      fail_at(file_, kLengthBytes + begin, what, "text that is not a JSON string");
    }
    position_ = end;
    return value.get<std::string>();
  }

  /// A whole number in [0, 2^63): digits without sign, fraction or leading zeros.
  std::uint64_t number(const std::string& what) {
    skip_space();
    const std::size_t begin = position_;
    std::uint64_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      value = value * 10 + static_cast<std::uint64_t>(text_[position_++] - '0');
      if (value >> 63 || position_ - begin > 19) {
        fail_at(file_, kLengthBytes + begin, what, "a number that does not fit in 63 bits");
      }
    }
    if (position_ == begin || (position_ - begin > 1 && text_[begin] == '0')) {
      position_ = begin;
      expected(what);
    }
    return value;
  }

  /// "{" key ":" value "," ... "}": calls member(key, offset of key), which takes the value. Repeated keys are an
  /// error.
  template <class Member>
  void object(const std::string& key_is, Member member) {
    expect('{');
    std::unordered_set<std::string> keys;
    if (accept('}')) {
      return;
    }
    do {
      const std::uint64_t at = offset();
      const std::string key = string(key_is);
      if (!keys.insert(key).second) {
        fail_at(file_, at, key_is + " that was not there before", "\"" + key + "\" again");
      }
      expect(':');
      member(key, at);
    } while (accept(','));
    expect('}');
  }

  /// "[" number "," ... "]".
  std::vector<std::int64_t> numbers(const std::string& what, std::size_t most) {
    expect('[');
    std::vector<std::int64_t> values;
    if (accept(']')) {
      return values;
    }
    do {
      if (values.size() == most) {
        expected(fmt::format("at most {} numbers", most));
      }
      values.push_back(static_cast<std::int64_t>(number(what)));
    } while (accept(','));
    expect(']');
    return values;
  }

 private:
  void skip_space() {
    while (position_ < text_.size() && std::string_view(" \t\n\r").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }
  std::string next_token() const {
    if (position_ == text_.size()) {
      return "the end of the header";
    }
    const char next = text_[position_];
    return next > ' ' && next <= '~' ? fmt::format("'{}'", next)
                                     : fmt::format("byte 0x{:02x}", static_cast<unsigned char>(next));
  }

  const std::string& file_;
  std::string_view text_;
  std::size_t position_ = 0;
};

DType parse_dtype(Cursor& cursor) {
  const std::string expectation = "a dtype of F32, F64, I64 or U8";
  const std::uint64_t at = cursor.offset();
  const std::string name = cursor.string(expectation);
  const auto* known = std::find_if(std::begin(kDTypes), std::end(kDTypes), [&](auto& d) { return d.name == name; });
  if (known == std::end(kDTypes)) {
    cursor.expected_at(at, expectation, "\"" + name + "\"");
  }
  return known->dtype;
}

Shape parse_shape(Cursor& cursor, const std::string& name) {
  const std::uint64_t at = cursor.offset();
  const auto sizes = cursor.numbers("a size, a whole number from 0", Shape::kMaxRank);
  const Shape shape{std::span<const std::int64_t>(sizes)};
  try {
    shape.numel();
  } catch (const Error&) {
    cursor.expected_at(at, "a shape that memory can hold for \"" + name + "\"", to_string(shape));
  }
  return shape;
}

TensorEntry parse_entry(Cursor& cursor, const std::string& name) {
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
      offsets = cursor.numbers("an offset, a whole number from 0", 2);
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
  return {name,      *dtype, *shape, static_cast<std::uint64_t>(offsets[0]), static_cast<std::uint64_t>(offsets[1]),
          offsets_at};
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
  Cursor cursor(file, text);
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

}  // namespace gibbs::nn::detail
