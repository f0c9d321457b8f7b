// The file of a drawing: DOT text as it is, pictures by graphviz' program `dot`. A picture appears under its name when
// it is whole.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gibbs/autograd/draw_graph.h"
#include "gibbs/tensor/atomic_file.h"
#include "gibbs/tensor/error.h"

namespace gibbs {
namespace {

constexpr int kNotFound = 127;  // a shell's exit code for a program that is not there

/// A path for the shell, in single quotes.
std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

/// Files with names beside `path`, removed at the end.
struct TemporaryFiles {
  std::string dot, picture, messages;

  explicit TemporaryFiles(const std::filesystem::path& path) {
    const std::string stem = fmt::format("{}.partial.{}", path.string(), getpid());
    dot = stem + ".dot", picture = stem + ".picture", messages = stem + ".log";
  }
  TemporaryFiles(const TemporaryFiles&) = delete;
  TemporaryFiles& operator=(const TemporaryFiles&) = delete;
  ~TemporaryFiles() {
    for (const std::string& file : {dot, picture, messages}) {
      std::error_code ignored;
      std::filesystem::remove(file, ignored);
    }
  }
};

}  // namespace

void write_graph(const std::filesystem::path& path, const Variable& y, const DrawOptions& options) {
  const std::string ending = path.extension().string();
  if (ending == ".dot") {
    return write_file_atomically(path, draw_graph(y, options));
  }
  check(ending == ".svg" || ending == ".png" || ending == ".pdf", "write_graph: ", path.string(),
        " must end in .dot, .svg, .png or .pdf");
  const TemporaryFiles files(path);
  write_file_atomically(files.dot, draw_graph(y, options));
  const std::string command = fmt::format("dot -T{} -o {} {} >{} 2>&1", ending.substr(1), shell_quoted(files.picture),
                                          shell_quoted(files.dot), shell_quoted(files.messages));
  const int status = std::system(command.c_str());  // NOLINT: quoted above
  check(!WIFEXITED(status) || WEXITSTATUS(status) != kNotFound, "write_graph: ", path.string(),
        " needs the program 'dot'; install graphviz (apt-get install graphviz), or write a file that ends in .dot");
  if (status != 0) {
    std::ifstream log(files.messages);
    fail("write_graph: drawing ", path.string(), " failed: ", std::string(std::istreambuf_iterator<char>(log), {}));
  }
  std::filesystem::rename(files.picture, path);
}

}  // namespace gibbs
