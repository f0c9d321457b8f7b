// The version in the header is the project's.
#include "gibbs/nn/version.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace gibbs {
namespace {

TEST(Version, IsTheOneOfCMakeLists) {
  std::ostringstream text;
  text << std::ifstream(GIBBS_SOURCE_DIR "/CMakeLists.txt").rdbuf();
  const std::string all = text.str();
  std::smatch found;
  ASSERT_TRUE(std::regex_search(all, found, std::regex(R"(project\(gibbs VERSION ([0-9.]+))")));
  EXPECT_EQ(found[1].str(), kVersion);
}

}  // namespace
}  // namespace gibbs
