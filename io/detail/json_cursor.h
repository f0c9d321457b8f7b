// JsonCursor: reads JSON of one fixed form, token by token. An implementation detail of the files that hold JSON.
//
// The caller asks for exactly what must come next. So every error names a place and what was expected there, nothing
// can be made to nest or to take memory beyond the text's own size, and what JSON libraries let pass is refused:
// repeated keys, unknown keys, numbers that do not fit. Numbers are read alike in every locale.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace gibbs::io::detail {

/// `text` as a JSON string, in quotes; nothing when it is not UTF-8.
std::optional<std::string> json_quoted(const std::string& text);

class JsonCursor {
 public:
  /// Throws an Error: at byte `at` of the text `expected` should have been, and `found` was.
  using Fail = std::function<void(std::uint64_t at, const std::string& expected, const std::string& found)>;

  /// `name` is what the text is called in "the end of the NAME".
  JsonCursor(std::string_view text, const char* name, Fail fail_at)
      : text_(text), name_(name), fail_at_(std::move(fail_at)) {}

  /// Of the next token in the text.
  std::uint64_t offset();
  bool at_end();
  [[noreturn]] void expected(const std::string& what);
  [[noreturn]] void expected_at(std::uint64_t at, const std::string& what, const std::string& found);

  /// Takes a punctuation mark if it is next.
  bool accept(char mark);
  void expect(char mark);

  std::string string(const std::string& what);
  /// A whole number in [0, 2^63): digits without sign, fraction or leading zeros.
  std::uint64_t number(const std::string& what);
  /// A whole number from `least` to `most`: "WHAT, a whole number from LEAST to MOST".
  std::int64_t integer(const std::string& what, std::int64_t least, std::int64_t most);
  /// A number that a double can hold, or one of the texts "nan", "inf" and "-inf", which JSON has no numbers for.
  double real(const std::string& what);

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
        expected_at(at, key_is + " that was not there before", "\"" + key + "\" again");
      }
      expect(':');
      member(key, at);
    } while (accept(','));
    expect('}');
  }

  /// "[" value "," ... "]": calls element(), which takes the value.
  template <class Element>
  void array(Element element) {
    expect('[');
    if (accept(']')) {
      return;
    }
    do {
      element();
    } while (accept(','));
    expect(']');
  }

 private:
  void skip_space();
  std::string next_token() const;
  /// The characters of which numbers are made.
  std::string_view take_number();

  std::string_view text_;
  const char* name_;
  Fail fail_at_;
  std::size_t position_ = 0;
};

}  // namespace gibbs::io::detail
