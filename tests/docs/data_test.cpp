// The C++ of docs/data.md prints what the page shows, and its table names every transform that there is.
#include <regex>
#include <set>
#include <string>

#include "data_snippets.h"
#include "tests/docs/printed_by.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs {
namespace {

TEST(DataPage, NormalizedTrainingAndEvaluation) { EXPECT_EQ(printed_by(data_page::program_1), data_page::output_1); }

std::set<std::string> names_in(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::set<std::string> names;
  for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i) {
    names.insert((*i)[1]);
  }
  return names;
}

TEST(DataPage, TheTableNamesEveryTransform) {
  const std::string root = GIBBS_SOURCE_DIR;
  const auto declared = names_in(testing::contents(root + "/data/transforms.h"), "\nTransform (\\w+)\\(");
  EXPECT_GE(declared.size(), 7U);
  EXPECT_EQ(names_in(testing::contents(root + "/docs/data.md"), "\n\\| \\d \\| `(\\w+)\\("), declared);
}

}  // namespace
}  // namespace gibbs
