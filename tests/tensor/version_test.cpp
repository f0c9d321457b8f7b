// The version in the header is the project's.
#include "gibbs/tensor/version.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <string>

namespace gibbs {
namespace {

TEST(Version, IsTheOneOfCMakeLists) {
  std::ostringstream text;
  text << std::ifstream(GIBBS_SOURCE_DIR "/CMakeLists.txt").rdbuf();
  EXPECT_THAT(text.str(), ::testing::HasSubstr("project(gibbs VERSION " + std::string(kVersion) + " "));
}

}  // namespace
}  // namespace gibbs
