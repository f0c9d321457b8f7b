// A program of a user whose locale writes 1234.5 as 1.234,5: both C++'s global locale and C's.
#pragma once

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <initializer_list>
#include <locale>
#include <string>
#include <string_view>

#include "tests/testing/temporary_folder.h"

namespace gibbs::testing {

/// While it lives, C++'s locale is such a one, and C's if asked for: an installed one, or one that localedef makes.
/// Without both `in_c()` is false, and C's locale stays.
class ForeignLocale {
 public:
  explicit ForeignLocale(bool also_in_c)
      : before_(std::locale::global(std::locale(std::locale::classic(), new Numbers))) {
    if (also_in_c) {
      in_c_ = take_any({"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8", "ru_RU.UTF-8"}) || make();
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
  static bool take_any(std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [](const char* name) {
      return std::setlocale(LC_ALL, name) != nullptr && std::string_view(std::localeconv()->decimal_point) == ",";
    });
  }
  bool make() const {
    const std::string command = "localedef -i de_DE -f UTF-8 " + folder_ / "de_DE.UTF-8" + " >/dev/null 2>&1";
    setenv("LOCPATH", folder_.path().c_str(), 1);
    const bool made = std::system(command.c_str()) == 0 && take_any({"de_DE.UTF-8"});
    unsetenv("LOCPATH");
    return made;
  }

  TemporaryFolder folder_;
  std::locale before_;
  bool in_c_ = false;
};

}  // namespace gibbs::testing
