// Every exception is one sentence and exit code 2; what the library says in several lines stays in several lines.
#include "examples/program/guarded.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>

#include "gibbs/tensor/error.h"

namespace gibbs::examples {
namespace {

/// What a program whose work is `work` writes to standard error; its exit code must be 2.
template <class Work>
std::string said_by(const Work& work) {
  ::testing::internal::CaptureStderr();
  const int code = guarded(work);
  EXPECT_EQ(code, 2);
  return ::testing::internal::GetCapturedStderr();
}

TEST(Guarded, GivesTheExitCodeOfTheWork) {
  for (int code : {0, 1, 130}) {
    EXPECT_EQ(guarded([code] { return code; }), code);
  }
}

TEST(Guarded, TurnsExceptionsIntoSentences) {
  EXPECT_EQ(said_by([]() -> int { fail("add: no"); }), "error: add: no\n");
  EXPECT_EQ(said_by([]() -> int { throw std::bad_alloc(); }),
            "error: there is not enough memory; give the program more, or less to do\n");
  EXPECT_EQ(said_by([]() -> int {
              std::filesystem::create_directory("/proc/a\nb");
              return 0;
            }),
            "error: /proc/a\\x0ab: No such file or directory\n");
  EXPECT_EQ(said_by([]() -> int { throw std::system_error(EAGAIN, std::generic_category(), "thread"); }),
            "error: thread: Resource temporarily unavailable\n");
  EXPECT_EQ(said_by([]() -> int { throw std::runtime_error("\x1b[2J"); }), "error: \\x1b[2J\n");
}

TEST(Guarded, HearsOfItsChildrenEvenWhenItsParentDidNotWantTo) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  guarded([] {
    const auto now = std::signal(SIGCHLD, SIG_DFL);
    EXPECT_EQ(now, SIG_DFL);
    return 0;
  });
  std::signal(SIGCHLD, before);
}

TEST(ForTerminal, KeepsTheLinesOfOurOwnMessages) {
  EXPECT_EQ(for_terminal("a\n  b\n  c"), "a\n  b\n  c");
  EXPECT_EQ(for_terminal("a\nb"), "a\\x0ab");
  EXPECT_EQ(for_terminal("a\n\n  \x1b"), "a\\x0a\n  \\x1b");
  EXPECT_EQ(for_terminal(""), "");
}

}  // namespace
}  // namespace gibbs::examples
