// Reading parts of files, from several threads; what is no file; limits.
#include "gibbs/io/input_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gibbs/tensor/error.h"
#include "gibbs/tensor/parallel.h"
#include "tests/testing/little_memory.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::io {
namespace {

using ::testing::ElementsAre;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

TEST(InputFile, ReadsParts) {
  const TemporaryFolder folder;
  const InputFile file(folder.write("digits", "0123456789"));
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
  const InputFile file(folder.write("large", content));
  std::string got(content.size(), ' ');
  parallel_for(0, file.size(), 999,
               [&](std::int64_t first, std::int64_t last) { file.read(first, last - first, got.data() + first); });
  EXPECT_EQ(got, content);
}

TEST(InputFile, SaysWhatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { InputFile(folder / "none"); },
              ThrowsMessage<Error>("read: cannot open " + (folder / "none") + ": No such file or directory"));
  EXPECT_THAT([&] { InputFile(folder.path()); },
              ThrowsMessage<Error>("read: " + folder.path().string() + " is a folder, not a file"));
}

TEST(InputFile, RefusesWhatIsNoRegularFileWithoutWaiting) {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe", socket_name = folder / "socket";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT([&] { InputFile{pipe}; }, ThrowsMessage<Error>("read: " + pipe + " is a named pipe, not a file"));
  EXPECT_THAT([&] { InputFile("/dev/zero"); },
              ThrowsMessage<Error>("read: /dev/zero is a character device, not a file"));
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  socket_name.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_THROW(InputFile{socket_name}, Error);
  close(listener);
}

TEST(ReadFile, ReplacesWhatTheVectorHeld) {
  const TemporaryFolder folder;
  std::vector<std::uint8_t> bytes(100, '-');
  read_file(folder.write("two", "ab"), bytes);
  EXPECT_THAT(bytes, ElementsAre('a', 'b'));
  EXPECT_EQ(read_text_file(folder / "two"), "ab");
}

TEST(ReadFile, RefusesFilesAboveTheLimitBeforeTakingMemory) {
  const TemporaryFolder folder;
  const std::string sparse = folder.write("sparse", "x");
  std::filesystem::resize_file(sparse, 1LL << 42);  // more than any memory: reading it would fail otherwise, too
  EXPECT_THAT([&] { read_text_file(sparse, 1000); },
              ThrowsMessage<Error>("read: " + sparse + " has 4398046511104 bytes, more than the limit of 1000"));
  EXPECT_EQ(read_text_file(folder.write("fits", "abc"), 3), "abc");
}

#ifdef GIBBS_CAN_LIMIT_MEMORY
TEST(ReadFile, NamesTheFileThatMemoryDoesNotSufficeFor) {
  const TemporaryFolder folder;
  const std::string sparse = folder.write("sparse", "x");
  std::filesystem::resize_file(sparse, 1LL << 42);
  EXPECT_EXIT(testing::run_with_little_memory(1 << 30, [&] { read_text_file(sparse); }), ::testing::ExitedWithCode(2),
              "read: no memory for the 4398046511104 bytes of " + sparse);
}
#endif

}  // namespace
}  // namespace gibbs::io
