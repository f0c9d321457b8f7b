// The library's version, written into every file that it saves. A test compares it with CMakeLists.txt.
#pragma once

#include <string_view>

namespace gibbs {

inline constexpr std::string_view kVersion = "0.2.0";

}  // namespace gibbs
