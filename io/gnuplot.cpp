#include "gibbs/io/gnuplot.h"

#include <fmt/format.h>

#include "gibbs/io/atomic_file.h"
#include "gibbs/io/child_program.h"
#include "gibbs/tensor/error.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::io {
namespace {

/// Digits are numbers too: how many of them belong to \ooo depends on gnuplot's version.
std::string as_numbers(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    const bool means_itself = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ';
    quoted += means_itself ? std::string(1, c) : fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return quoted + "\"";
}

}  // namespace

bool gnuplot_found() {
  static const bool found = [] {
    const ChildOutcome version = run_child_program({"gnuplot", "--version"});
    return version.found && version.exit_code == 0;
  }();
  return found;
}

void gnuplot(const std::filesystem::path& picture, const std::string& terminal, const std::string& script) {
  // Whatever the user's own settings and language are, pictures come out alike.
  const ChildOutcome drawn =
      run_child_program({"gnuplot", "--default-settings", "-"},
                        fmt::format("set encoding utf8\nset terminal {}\n{}\nunset output\n", terminal, script));
  check(drawn.found, "gnuplot: ", picture.string(),
        " needs the program 'gnuplot'; install it (apt-get install gnuplot-nox)");
  check(drawn.exit_code == 0, "gnuplot: drawing ", picture.string(), " failed: ", drawn.complaint());
  write_file_atomically(picture, drawn.output);
}

void gnuplot_svg_and_png(const std::filesystem::path& stem, int width, int height, const std::string& script) {
  const std::string size = fmt::format("size {},{} font 'DejaVu Sans,11' background '#ffffff'", width, height);
  gnuplot(stem.string() + ".svg", "svg noenhanced " + size, script);
  gnuplot(stem.string() + ".png", "pngcairo noenhanced " + size, script);
}

std::string gnuplot_text(const std::string& text) { return as_numbers(printable(text)); }

std::string gnuplot_label(const std::string& name) {
  constexpr std::size_t kMostBytes = 49;
  std::size_t most = 24;
  std::string shown = printable(name, most);
  while (shown.size() > kMostBytes) {
    shown = printable(name, --most);
  }
  std::string label;
  for (char c : shown) {
    label += c == '%' ? std::string("%%") : std::string(1, c);
  }
  return as_numbers(label);
}

}  // namespace gibbs::io
