// Files appear whole or not at all, whatever goes wrong on the way.
#include "gibbs/io/atomic_file.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <set>

#include "gibbs/tensor/error.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::io {
namespace {

namespace fs = std::filesystem;
using ::testing::ThrowsMessage;

class AtomicFile : public ::testing::Test {
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

  static std::string error_of_saving(const fs::path& path) {
    try {
      write_file_atomically(path, "new");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    check(stat(path.c_str(), &status) == 0, "test: nothing at ", path.string());
    return status.st_mode & 07777;
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / ("gibbs_atomic_file_" + std::to_string(getpid()));
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
  EXPECT_THAT(names(), ::testing::ElementsAre("model.bin"));
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
  EXPECT_THAT(names(), ::testing::ElementsAre("model.bin"));
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
  EXPECT_THAT(names(), ::testing::ElementsAre("model.bin"));
}

TEST_F(AtomicFile, AMissingFolderIsNamed) {
  const fs::path path = folder_ / "missing" / "model.bin";
  EXPECT_THAT([&] { write_file_atomically(path, "x"); },
              ThrowsMessage<Error>("save: cannot create " + path.string() +
                                   ": No such file or directory; nothing was written"));
  write_file_atomically(path_, "old");
  EXPECT_EQ(error_of_saving(path_ / "model.bin"),
            "save: cannot create " + (path_ / "model.bin").string() + ": Not a directory; nothing was written");
  EXPECT_EQ(error_of_saving(""), "save: '' does not name a file");
  EXPECT_EQ(error_of_saving(folder_ / "new" / ""), "save: '" + folder_.string() + "/new/' does not name a file");
}

TEST_F(AtomicFile, WhatIsNoFileIsNotReplaced) {
  fs::create_directory(path_);
  EXPECT_EQ(error_of_saving(path_), "save: " + path_.string() + " is a folder, not a file; choose another name");
  EXPECT_THAT(names(), ::testing::ElementsAre("model.bin"));
  fs::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(error_of_saving(path_), "save: " + path_.string() + " is a named pipe, not a file; choose another name");
  EXPECT_TRUE(fs::is_fifo(path_));
  // Not /dev/null itself where this test could replace it.
  const fs::path made = folder_ / "null";
  const bool is_made = mknod(made.c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0;
  if (is_made || geteuid() != 0) {
    const fs::path device = is_made ? made : fs::path("/dev/null");
    EXPECT_EQ(error_of_saving(device),
              "save: " + device.string() + " is a character device, not a file; choose another name");
    EXPECT_TRUE(fs::is_character_file(device));
  }

  const std::string own_file = "/proc/self/fd/" + std::to_string(fileno(stdout));
  EXPECT_EQ(error_of_saving(own_file),
            "save: " + own_file + " is an open file of a process, which has no name of its own; choose a file");

  const fs::path socket_path = folder_ / "socket";
  const int socket_file = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  socket_path.string().copy(std::data(address.sun_path), std::size(address.sun_path) - 1);
  ASSERT_EQ(bind(socket_file, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(error_of_saving(socket_path),
            "save: " + socket_path.string() + " is a socket, not a file; choose another name");
  close(socket_file);
}

TEST_F(AtomicFile, LinksAreFollowedAndStay) {
  const fs::path link = folder_ / "link", second = folder_ / "second", elsewhere = folder_ / "elsewhere";
  fs::create_directory(elsewhere);
  fs::create_symlink("elsewhere/model.bin", link);
  fs::create_symlink(link, second);
  write_file_atomically(second, "through a link that leads to nothing yet");
  write_file_atomically(second, [&](FileWriter& file) {
    file.write("replaced");
    EXPECT_EQ(names().size(), 3U);  // the temporary file lies beside the real one
  });
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_TRUE(fs::is_symlink(second));
  EXPECT_EQ(contents(elsewhere / "model.bin"), "replaced");
  fs::create_symlink(elsewhere, path_);
  EXPECT_EQ(error_of_saving(path_), "save: " + path_.string() + " is a folder, not a file; choose another name");
}

TEST_F(AtomicFile, LinksInALoopAreRefused) {
  const fs::path second = folder_ / "second";
  fs::create_symlink(second, path_);
  fs::create_symlink(path_, second);
  EXPECT_EQ(
      error_of_saving(path_),
      "save: " + path_.string() + " is a symbolic link that leads back to itself; remove it, or choose another name");
}

TEST_F(AtomicFile, TheModeOfAFileIsKeptAndNewFilesFollowTheUmask) {
  for (const mode_t mode : {0600, 0660, 0644, 0777, 0400}) {
    fs::remove(path_);
    write_file_atomically(path_, "old");
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    if (access(path_.c_str(), W_OK) == 0) {  // root may write to every file
      write_file_atomically(path_, "new");
    }
    EXPECT_EQ(mode_of(path_), mode);
  }
  for (const mode_t mask : {0022, 0077, 0002, 0000}) {
    fs::remove(path_);
    const mode_t before = umask(mask);
    write_file_atomically(path_, "new");
    umask(before);
    EXPECT_EQ(mode_of(path_), 0666 & ~mask);
  }
}

TEST_F(AtomicFile, WhileItIsWrittenNobodyElseReadsWhatWasPrivate) {
  write_file_atomically(path_, "old");
  ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  write_file_atomically(path_, [&](FileWriter& file) {
    file.write("secret");
    for (const std::string& name : names()) {
      EXPECT_EQ(mode_of(folder_ / name), 0600) << name;
    }
  });
}

/// What `body` finds as user 65534, who owns nothing here; root may do what others may not.
std::string as_nobody(const std::function<std::string()>& body) {
  std::array<int, 2> ends{};
  check(pipe(ends.data()) == 0, "test: no pipe");
  const pid_t child = fork();
  if (child == 0) {
    std::string found = setgid(65534) == 0 && setuid(65534) == 0 ? body() : "cannot become another user";
    found.resize(static_cast<std::size_t>(std::max<ssize_t>(0, write(ends[1], found.data(), found.size()))));
    _exit(0);
  }
  close(ends[1]);
  std::string found;
  std::array<char, 1000> piece{};
  for (ssize_t got = read(ends[0], piece.data(), piece.size()); got > 0;
       got = read(ends[0], piece.data(), piece.size())) {
    found.append(piece.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return found;
}

TEST_F(AtomicFile, OwnersAndPermissionsOfOthersAreRespected) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can make files of several users";
  }
  write_file_atomically(path_, "old");
  ASSERT_EQ(chown(path_.c_str(), 65534, 1), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0664), 0);
  write_file_atomically(path_, "root");
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534U);
  EXPECT_EQ(status.st_gid, 1U);
  EXPECT_EQ(status.st_mode & 07777, 0664U);

  ASSERT_EQ(chmod(folder_.c_str(), 0777), 0);
  EXPECT_EQ(as_nobody([&] { return error_of_saving(path_); }), "no error");
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, 65534U) << "not a member of group 1, whose files it may replace all the same";
  EXPECT_EQ(status.st_mode & 07777, 0644U) << "the new group may do what everybody may";

  ASSERT_EQ(chmod(path_.c_str(), 0444), 0);
  EXPECT_EQ(as_nobody([&] { return error_of_saving(path_); }),
            "save: cannot write " + path_.string() + ": Permission denied; what was there before is unchanged");
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  EXPECT_EQ(as_nobody([&] { return error_of_saving(folder_ / "new"); }),
            "save: cannot create " + (folder_ / "new").string() + ": Permission denied; nothing was written");
}

TEST_F(AtomicFile, TheTemporaryNameCannotBeForeseenNorTakenOver) {
  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    write_file_atomically(path_, [&](FileWriter&) {
      for (const std::string& name : names()) {
        if (name != "model.bin") {
          EXPECT_THAT(name, ::testing::MatchesRegex("model\\.bin\\.partial\\.[0-9a-f]+"));
          EXPECT_EQ(name.size(), std::string("model.bin.partial.").size() + 16);
          seen.insert(name);
        }
      }
    });
  }
  EXPECT_EQ(seen.size(), 3U);
}

TEST_F(AtomicFile, LeftOverFoldersOfATemporaryNameDoNotMatter) {
  for (int i = 0; i < 200; ++i) {
    fs::create_directory(path_.string() + ".partial." + std::to_string(getpid()) + "." + std::to_string(i));
  }
  write_file_atomically(path_, "new");
  EXPECT_EQ(contents(path_), "new");
}

TEST_F(AtomicFile, NamesUpToTheLongestAreSaved) {
  for (const std::size_t length : {229U, 230U, 245U, 255U}) {
    for (const std::string letter : {"x", "ö"}) {
      std::string name(length % letter.size(), 'x');
      while (name.size() < length) {
        name += letter;
      }
      write_file_atomically(folder_ / name, [&](FileWriter& file) {
        file.write("new");
        for (const std::string& temporary : names()) {
          EXPECT_EQ(printable(temporary), temporary) << "cut inside of a character";
        }
      });
      EXPECT_EQ(contents(folder_ / name), "new");
      EXPECT_THAT(names(), ::testing::ElementsAre(name));
      fs::remove(folder_ / name);
    }
  }
  const fs::path long_path = folder_ / std::string(256, 'x');
  EXPECT_EQ(error_of_saving(long_path),
            "save: cannot create " + long_path.string() + ": File name too long; nothing was written");
}

TEST_F(AtomicFile, OtherNamesOfTheFileKeepTheOldContents) {
  write_file_atomically(path_, "old");
  fs::create_hard_link(path_, folder_ / "other");
  write_file_atomically(path_, "new");
  EXPECT_EQ(contents(folder_ / "other"), "old");
  EXPECT_EQ(contents(path_), "new");
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
}  // namespace gibbs::io
