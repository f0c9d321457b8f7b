// Files appear whole or not at all, whatever goes wrong on the way.
#include "gibbs/tensor/atomic_file.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "gibbs/tensor/error.h"

namespace gibbs {
namespace {

namespace fs = std::filesystem;
using testing::ThrowsMessage;

class AtomicFile : public testing::Test {
 protected:
  AtomicFile() { fs::create_directory(folder_); }
  ~AtomicFile() override { fs::remove_all(folder_); }

  static std::string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      result.push_back(entry.path().filename());
    }
    return result;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("gibbs_atomic_file_" + std::to_string(getpid()));
  fs::path path_ = folder_ / "model.bin";
};

TEST_F(AtomicFile, CreatesAndReplaces) {
  write_file_atomically(path_, std::string_view("old\0old", 7));
  EXPECT_EQ(contents(path_), std::string("old\0old", 7));
  write_file_atomically(path_, [](FileWriter& file) {
    file.write("new ");
    const int number = 0x21212121;
    file.write(&number, sizeof number);
    file.write("");
  });
  EXPECT_EQ(contents(path_), "new !!!!");
  EXPECT_THAT(names(), testing::ElementsAre("model.bin"));
}

TEST_F(AtomicFile, WritesBesideTheFileUntilAllIsThere) {
  write_file_atomically(path_, "old");
  write_file_atomically(path_, [&](FileWriter& file) {
    file.write("new");
    EXPECT_EQ(contents(path_), "old");
    EXPECT_EQ(names().size(), 2U);
  });
  EXPECT_EQ(contents(path_), "new");
}

TEST_F(AtomicFile, AFailedProducerLeavesTheOldFile) {
  write_file_atomically(path_, "old");
  const auto save = [&] {
    write_file_atomically(path_, [](FileWriter& file) {
      file.write("half of the n");
      fail("no more");
    });
  };
  EXPECT_THAT(save, ThrowsMessage<Error>("no more"));
  EXPECT_EQ(contents(path_), "old");
  EXPECT_THAT(names(), testing::ElementsAre("model.bin"));
}

TEST_F(AtomicFile, AFullDiskLeavesTheOldFile) {
  write_file_atomically(path_, "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    write_file_atomically(path_, std::string(5000, 'x'));
  } catch (const Error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, "save: cannot write " + path_.string() + ": File too large; what was there before is unchanged");
  EXPECT_EQ(contents(path_), "old");
  EXPECT_THAT(names(), testing::ElementsAre("model.bin"));
}

TEST_F(AtomicFile, AMissingFolderIsNamed) {
  const fs::path path = folder_ / "missing" / "model.bin";
  EXPECT_THAT([&] { write_file_atomically(path, "x"); },
              ThrowsMessage<Error>("save: cannot create " + path.string() + ": No such file or directory"));
}

TEST_F(AtomicFile, AFolderIsNotReplaced) {
  fs::create_directory(path_);
  EXPECT_THAT([&] { write_file_atomically(path_, "x"); },
              ThrowsMessage<Error>("save: cannot rename " + path_.string() +
                                   ": Is a directory; what was there before is unchanged"));
  EXPECT_THAT(names(), testing::ElementsAre("model.bin"));
}

TEST_F(AtomicFile, TwoWritersOfOneFileDoNotMix) {
  write_file_atomically(path_, [&](FileWriter& outer) {
    outer.write("outer ");
    write_file_atomically(path_, "inner");
    EXPECT_EQ(contents(path_), "inner");
    outer.write("outer");
  });
  EXPECT_EQ(contents(path_), "outer outer");
}

}  // namespace
}  // namespace gibbs
