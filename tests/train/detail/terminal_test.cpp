// A stream is a terminal when it is the program's own and leads to one, not because another stream does.
#include "gibbs/train/detail/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

#include "gibbs/train/progress.h"
#include "tests/testing/epoch_result.h"

namespace gibbs::train {
namespace {

/// While it lives, standard output is a terminal of 47 columns, whose text is thrown away.
class TerminalAsOutput {
 public:
  TerminalAsOutput() : terminal_(posix_openpt(O_RDWR | O_NOCTTY)), output_(dup(STDOUT_FILENO)) {
    grantpt(terminal_);
    unlockpt(terminal_);
    const int program_side = open(ptsname(terminal_), O_RDWR | O_NOCTTY);  // NOLINT: one thread
    const winsize size{.ws_row = 24, .ws_col = 47, .ws_xpixel = 0, .ws_ypixel = 0};
    ioctl(program_side, TIOCSWINSZ, &size);
    std::cout.flush();
    std::fflush(stdout);
    dup2(program_side, STDOUT_FILENO);
    close(program_side);
  }
  TerminalAsOutput(const TerminalAsOutput&) = delete;
  TerminalAsOutput& operator=(const TerminalAsOutput&) = delete;
  ~TerminalAsOutput() {
    std::cout.flush();
    std::fflush(stdout);
    dup2(output_, STDOUT_FILENO);
    close(output_);
    close(terminal_);
  }

 private:
  int terminal_, output_;
};

TEST(Terminal, IsBehindStandardOutputOnly) {
  bool cout = false, text = true, redirected = true;
  int columns = 0;
  std::ostringstream out;
  {
    const TerminalAsOutput terminal;
    cout = is_terminal(std::cout);
    text = is_terminal(out);
    columns = terminal_columns(std::cout);
    std::streambuf* before = std::cout.rdbuf(out.rdbuf());
    redirected = is_terminal(std::cout);
    std::cout.rdbuf(before);
  }
  EXPECT_TRUE(cout);
  EXPECT_EQ(columns, 47);
  EXPECT_FALSE(text);
  EXPECT_FALSE(redirected) << "std::cout writes to a string";
}

TEST(Terminal, ProgressIntoAStringHasLinesWhileStandardOutputIsATerminal) {
  std::ostringstream out;
  {
    const TerminalAsOutput terminal;
    Progress progress(out, ProgressStyle::automatic, 1);
    progress.begin_epoch(1, 10);
    progress.step(10, {{"loss", 1}, {"accuracy", 0.5}});
    progress.end_epoch(gibbs::testing::epoch_result(1, 1.5, 0.45, 1.4, 0.5, 1));
  }
  EXPECT_EQ(out.str(),
            "Epoch 1/1 - 1.0s 100.0ms/step - loss: 1.5000 - accuracy: 0.4500 - val_loss: 1.4000 - val_accuracy: "
            "0.5000\n");
}

}  // namespace
}  // namespace gibbs::train
