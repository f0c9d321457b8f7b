// Figures as a JSON file.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "gibbs/io/atomic_file.h"

namespace gibbs::examples {

/// JSON is UTF-8, names of files and classes need not be: bytes that are not become replacement characters.
inline std::string json_text(const nlohmann::ordered_json& json, int indent = -1) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json) {
  io::write_file_atomically(path, json_text(json, 2) + "\n");
}

}  // namespace gibbs::examples
