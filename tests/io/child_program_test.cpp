// Words stay words and bytes stay bytes on the way to another program and back.
#include "gibbs/io/child_program.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/testing/temporary_folder.h"

namespace gibbs::io {
namespace {

TEST(ChildProgram, ReadsItsInputAndWritesOutputAndMessages) {
  const ChildOutcome outcome = run_child_program({"sh", "-c", "cat; echo oh >&2; exit 3"}, "a\nb");
  EXPECT_TRUE(outcome.found);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.output, "a\nb");
  EXPECT_EQ(outcome.messages, "oh\n");
}

TEST(ChildProgram, PassesArgumentsAsTheyAre) {
  for (const char* word : {"", "-x", "a b", "'", "\"", "`id`", "$(id)", "a\nb", "\\", "*", "; exit 7", "\xff"}) {
    EXPECT_EQ(run_child_program({"printf", "%s", word}).output, word);
  }
}

TEST(ChildProgram, CarriesMoreThanAPipeHoldsBothWays) {
  const std::string megabytes(5 << 20, 'x');
  EXPECT_EQ(run_child_program({"cat"}, megabytes).output, megabytes);
  EXPECT_EQ(run_child_program({"true"}, megabytes).exit_code, 0) << "a program that reads nothing";
}

TEST(ChildProgram, SaysWhenThereIsNone) {
  EXPECT_FALSE(run_child_program({"gibbs no such program"}).found);
  EXPECT_FALSE(run_child_program({"/etc/passwd"}).found) << "a file that is no program";
}

TEST(ChildProgram, ReportsTheSignalThatEndedIt) {
  EXPECT_EQ(run_child_program({"sh", "-c", "kill -9 $$"}).exit_code, 128 + SIGKILL);
}

TEST(ChildProgram, ComplainsInIndentedLines) {
  EXPECT_EQ(run_child_program({"sh", "-c", "printf '\\n one\\ntwo\\n' >&2"}).complaint(), "one\n  two");
  EXPECT_EQ(run_child_program({"true"}).complaint(), "");
}

TEST(ChildProgram, LeavesNoFileOpen) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator{});
  };
  const auto before = open_files();
  run_child_program({"true"}, "input");
  run_child_program({"gibbs no such program"});
  EXPECT_EQ(open_files(), before);
}

}  // namespace
}  // namespace gibbs::io
