// What the library's headers declare: the names of ops (functions that return Variables) and of layers (classes derived
// from Layer), read from their text. No list to forget: a new header is read like the others.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace gibbs::battery {

/// Names of functions at the start of a line that return a Variable, Variables or a struct with a Variable in it. Not
/// operators and not members, which are indented.
std::set<std::string> declared_ops(const std::string& header);

/// Names of classes that derive from Layer, directly or from one that does.
std::set<std::string> declared_layers(const std::string& header);

/// `declared` of a header, or of every header of a folder and of the folders in it but compat/, whose headers have
/// namespaces of their own; each name with `prefix`.
std::set<std::string> declared_in(const std::filesystem::path& place, const std::string& prefix,
                                  std::set<std::string> (*declared)(const std::string& header));

}  // namespace gibbs::battery
