#include "examples/support/gnuplot.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "gibbs/tensor/atomic_file.h"
#include "gibbs/tensor/error.h"

namespace gibbs::examples {
namespace {

/// A path for the shell, in single quotes.
std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

bool gnuplot_found() {
  static const bool found = std::system("gnuplot --version >/dev/null 2>&1") == 0;  // NOLINT: a fixed command
  return found;
}

void gnuplot(const std::filesystem::path& picture, const std::string& terminal, const std::string& script) {
  const std::string partial = fmt::format("{}.partial.{}", picture.string(), getpid());
  const std::string messages = partial + ".log", commands = partial + ".gp";
  // A file, not a pipe: gnuplot may stop reading half-way, and writing to it would then kill this program.
  write_file_atomically(commands, fmt::format("set terminal {}\nset output {}\n{}\nunset output\n", terminal,
                                              gnuplot_quoted(partial), script));
  const std::string command = "gnuplot " + shell_quoted(commands) + " >" + shell_quoted(messages) + " 2>&1";
  const int status = std::system(command.c_str());  // NOLINT: quoted above
  const std::string said = read_all(messages);
  std::filesystem::remove(messages);
  std::filesystem::remove(commands);
  if (status != 0) {
    std::filesystem::remove(partial);
    fail("gnuplot: drawing ", picture.string(), " failed: ", said);
  }
  std::filesystem::rename(partial, picture);
}

void gnuplot_svg_and_png(const std::filesystem::path& stem, int width, int height, const std::string& script) {
  const std::string size = fmt::format("size {},{} font 'DejaVu Sans,11' background '#ffffff'", width, height);
  gnuplot(stem.string() + ".svg", "svg noenhanced " + size, script);
  gnuplot(stem.string() + ".png", "pngcairo noenhanced " + size, script);
}

std::string gnuplot_quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    quoted += c == '\'' ? std::string("''") : std::string(1, c);
  }
  return quoted + "'";
}

}  // namespace gibbs::examples
