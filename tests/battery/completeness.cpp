#include "tests/battery/completeness.h"

#include <fstream>
#include <regex>
#include <sstream>

namespace gibbs::battery {
namespace {

std::set<std::string> first_groups(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), pattern); match != std::sregex_iterator(); ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

}  // namespace

std::set<std::string> declared_ops(const std::string& header) {
  static const std::regex function(R"((?:^|\n)(?:inline )?(?:Variable|Variables|SortedVariable) ([a-z]\w*)\()");
  std::set<std::string> names = first_groups(header, function);
  for (auto name = names.begin(); name != names.end();) {
    name = name->starts_with("operator") ? names.erase(name) : std::next(name);
  }
  return names;
}

std::set<std::string> declared_layers(const std::string& header) {
  static const std::regex layer(R"((?:^|\n)class (\w+)(?: final)? : public (?:\w+::)*(?!Module\b)\w+)");
  return first_groups(header, layer);
}

std::set<std::string> declared_in(const std::filesystem::path& place, const std::string& prefix,
                                  std::set<std::string> (*declared)(const std::string& header)) {
  if (std::filesystem::is_directory(place)) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(place)) {
      const bool own_names = entry.path().filename() == "compat";
      if ((entry.is_directory() && !own_names) || entry.path().extension() == ".h") {
        names.merge(declared_in(entry.path(), prefix, declared));
      }
    }
    return names;
  }
  std::ostringstream text;
  text << std::ifstream(place).rdbuf();
  std::set<std::string> names;
  for (const std::string& name : declared(text.str())) {
    names.insert(prefix + name);
  }
  return names;
}

}  // namespace gibbs::battery
