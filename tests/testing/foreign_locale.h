// A program of a user whose locale writes 1234.5 as 1.234,5: both C++'s global locale and C's.
#pragma once

#include <clocale>
#include <cstdlib>
#include <locale>
#include <string>
#include <string_view>

#include "tests/testing/temporary_folder.h"

namespace gibbs::testing {

/// While it lives, the locale is such a one. C's is an installed one, or one that localedef makes; without both
/// `in_c()` is false, and C's locale stays.
class ForeignLocale {
 public:
  ForeignLocale() : before_(std::locale::global(std::locale(std::locale::classic(), new Numbers))) {
    constexpr const char* kNames[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8", "ru_RU.UTF-8"};
    for (const char* name : kNames) {
      in_c_ = in_c_ || take(name);
    }
    if (!in_c_) {
      const std::string command = "localedef -i de_DE -f UTF-8 " + folder_ / "de_DE.UTF-8" + " >/dev/null 2>&1";
      setenv("LOCPATH", folder_.path().c_str(), 1);
      in_c_ = std::system(command.c_str()) == 0 && take("de_DE.UTF-8");
      unsetenv("LOCPATH");
    }
  }
  ForeignLocale(const ForeignLocale&) = delete;
  ForeignLocale& operator=(const ForeignLocale&) = delete;
  ~ForeignLocale() {
    std::setlocale(LC_ALL, "C");
    std::locale::global(before_);
  }

  bool in_c() const { return in_c_; }

 private:
  struct Numbers : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
    std::string do_truename() const override { return "wahr"; }
    std::string do_falsename() const override { return "falsch"; }
  };
  static bool take(const char* name) {
    return std::setlocale(LC_ALL, name) != nullptr && std::string_view(std::localeconv()->decimal_point) == ",";
  }

  TemporaryFolder folder_;
  std::locale before_;
  bool in_c_ = false;
};

}  // namespace gibbs::testing
