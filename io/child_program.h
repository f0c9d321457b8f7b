// Another program, run to its end: no shell between, no files, no pipes.
//
// Its arguments are words, whatever stands in them; what it reads and writes are bytes in memory. A name with blanks,
// quotes or a newline can therefore never become a command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gibbs::io {

struct ChildOutcome {
  bool found = false;    // whether there is such a program, to be started
  int exit_code = 0;     // 128 + n when signal n ended it
  std::string output;    // what it wrote to standard output
  std::string messages;  // and to standard error

  /// The messages as a part of one of ours: without blanks around them, further lines behind two blanks.
  std::string complaint() const;
};

/// Runs arguments[0], looked for in the folders of $PATH, with `input` as its standard input.
/// Errors: no memory or process to be had: "PROGRAM: cannot be started: REASON". That it is missing or fails is for the
/// caller to judge.
ChildOutcome run_child_program(const std::vector<std::string>& arguments, std::string_view input = {});

}  // namespace gibbs::io
