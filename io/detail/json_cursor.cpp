#include "gibbs/io/detail/json_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>

#include "gibbs/tensor/error.h"
#include "gibbs/tensor/parse_number.h"

namespace gibbs::io::detail {
namespace {

/// The number that all of `text` is; nothing when it is none, or does not fit.
template <class T>
std::optional<T> parsed(std::string_view text) {
  const std::size_t digits = text.starts_with('-') ? 1 : 0;
  const bool leading_zero =
      text.size() > digits + 1 && text[digits] == '0' && text[digits + 1] >= '0' && text[digits + 1] <= '9';
  T value{};
  return !leading_zero && parse_number(text, value) == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<std::string> json_quoted(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

std::uint64_t JsonCursor::offset() {
  skip_space();
  return position_;
}

bool JsonCursor::at_end() {
  skip_space();
  return position_ == text_.size();
}

void JsonCursor::expected(const std::string& what) { expected_at(offset(), what, next_token()); }

void JsonCursor::expected_at(std::uint64_t at, const std::string& what, const std::string& found) {
  fail_at_(at, what, found);
  fail("byte ", at, ": expected ", what, ", found ", found);
}

bool JsonCursor::accept(char mark) {
  skip_space();
  if (position_ == text_.size() || text_[position_] != mark) {
    return false;
  }
  ++position_;
  return true;
}

void JsonCursor::expect(char mark) {
  if (!accept(mark)) {
    expected(fmt::format("'{}'", mark));
  }
}

std::string JsonCursor::string(const std::string& what) {
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
    expected_at(begin, what, "text that is not a JSON string");
  }
  position_ = end;
  return value.get<std::string>();
}

std::uint64_t JsonCursor::number(const std::string& what) {
  skip_space();
  const std::size_t begin = position_;
  std::uint64_t value = 0;
  while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
    value = value * 10 + static_cast<std::uint64_t>(text_[position_++] - '0');
    if (value >> 63 || position_ - begin > 19) {
      expected_at(begin, what, "a number that does not fit in 63 bits");
    }
  }
  if (position_ == begin || (position_ - begin > 1 && text_[begin] == '0')) {
    position_ = begin;
    expected(what);
  }
  return value;
}

std::int64_t JsonCursor::integer(const std::string& what, std::int64_t least, std::int64_t most) {
  const std::uint64_t begin = offset();
  const std::string rule = fmt::format("{}, a whole number from {} to {}", what, least, most);
  const std::string_view digits = take_number();
  if (digits.empty()) {
    expected(rule);
  }
  const std::optional<std::int64_t> value = parsed<std::int64_t>(digits);
  if (!value || *value < least || *value > most) {
    expected_at(begin, rule, std::string(digits.substr(0, 40)));
  }
  return *value;
}

double JsonCursor::real(const std::string& what) {
  const std::uint64_t begin = offset();
  const std::string rule = what + ", a number";
  if (position_ < text_.size() && text_[position_] == '"') {
    const std::string name = string(rule);
    if (name != "nan" && name != "inf" && name != "-inf") {
      expected_at(begin, rule, "\"" + name + "\"");
    }
    return name == "nan" ? std::numeric_limits<double>::quiet_NaN()
                         : (name == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
  }
  const std::string_view digits = take_number();
  if (digits.empty()) {
    expected(rule);
  }
  const std::optional<double> value = parsed<double>(digits);
  if (!value) {
    expected_at(begin, rule + " that a double can hold", std::string(digits.substr(0, 40)));
  }
  return *value;
}

void JsonCursor::skip_space() {
  while (position_ < text_.size() && std::string_view(" \t\n\r").find(text_[position_]) != std::string_view::npos) {
    ++position_;
  }
}

std::string JsonCursor::next_token() const {
  if (position_ == text_.size()) {
    return std::string("the end of the ") + name_;
  }
  const char next = text_[position_];
  return next > ' ' && next <= '~' ? fmt::format("'{}'", next)
                                   : fmt::format("byte 0x{:02x}", static_cast<unsigned char>(next));
}

std::string_view JsonCursor::take_number() {
  const std::size_t begin = position_;
  const std::size_t end = std::min(text_.find_first_not_of("+-.0123456789Ee", begin), text_.size());
  position_ = end;
  return text_.substr(begin, end - begin);
}

}  // namespace gibbs::io::detail
