// Reading parts of files, from several threads, and what errors say.
#include "gibbs/data/file.h"

#include <fstream>

#include "gibbs/tensor/error.h"
#include "gibbs/tensor/parallel.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

using ::testing::ElementsAre;
using ::testing::ThrowsMessage;

TEST(InputFile, ReadsParts) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "digits") << "0123456789";
  const InputFile file(folder.path() / "digits");
  EXPECT_EQ(file.size(), 10);
  std::vector<std::uint8_t> bytes(4, '-');
  EXPECT_EQ(file.read(3, 2, bytes.data()), 2);
  EXPECT_THAT(bytes, ElementsAre('3', '4', '-', '-'));
  EXPECT_EQ(file.read(8, 4, bytes.data()), 2) << "the file ends";
  EXPECT_THAT(bytes, ElementsAre('8', '9', '-', '-'));
  EXPECT_EQ(file.read(10, 4, bytes.data()), 0);
}

TEST(InputFile, SeveralThreadsReadItAtOnce) {
  const TemporaryFolder folder;
  std::string content;
  for (int i = 0; i < 100000; ++i) {
    content += static_cast<char>(i * 31 % 251);
  }
  std::ofstream(folder.path() / "large", std::ios::binary) << content;
  const InputFile file(folder.path() / "large");
  std::string got(content.size(), ' ');
  parallel_for(0, file.size(), 999, [&](std::int64_t first, std::int64_t last) {
    file.read(first, last - first, reinterpret_cast<std::uint8_t*>(got.data()) + first);
  });
  EXPECT_EQ(got, content);
}

TEST(InputFile, SaysWhatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      [&] { InputFile(folder.path() / "none"); },
      ThrowsMessage<Error>("read: cannot open " + (folder.path() / "none").string() + ": No such file or directory"));
  EXPECT_THAT([&] { InputFile(folder.path()); },
              ThrowsMessage<Error>("read: " + folder.path().string() + " is a folder, not a file"));
}

TEST(ReadFile, ReplacesWhatTheVectorHeld) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "two") << "ab";
  std::vector<std::uint8_t> bytes(100, '-');
  read_file(folder.path() / "two", bytes);
  EXPECT_THAT(bytes, ElementsAre('a', 'b'));
}

}  // namespace
}  // namespace gibbs::data
