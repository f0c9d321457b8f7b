#include "examples/support/gnuplot.h"

#include <fmt/format.h>

#include "gibbs/tensor/atomic_file.h"
#include "gibbs/tensor/child_program.h"
#include "gibbs/tensor/error.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::examples {
namespace {

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80; }

/// The longest beginning of UTF-8 text with at most `characters` characters and `bytes` bytes.
std::string beginning(const std::string& text, std::size_t characters, std::size_t bytes) {
  std::size_t end = 0, seen = 0;
  for (std::size_t next = 1; next <= text.size() && next <= bytes && seen < characters; ++next) {
    if (next == text.size() || !continues_character(text[next])) {
      end = next;
      ++seen;
    }
  }
  return text.substr(0, end);
}

/// The same with "..." at the end when something was cut.
std::string shortened(const std::string& text, std::size_t characters, std::size_t bytes) {
  constexpr std::string_view kCut = "...";
  return beginning(text, characters, bytes) == text
             ? text
             : beginning(text, characters - kCut.size(), bytes - kCut.size()).append(kCut);
}

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
  std::string said = drawn.messages;
  said.resize(said.find_last_not_of(" \n") + 1);
  check(drawn.exit_code == 0, "gnuplot: drawing ", picture.string(), " failed: ", said);
  write_file_atomically(picture, drawn.output);
}

void gnuplot_svg_and_png(const std::filesystem::path& stem, int width, int height, const std::string& script) {
  const std::string size = fmt::format("size {},{} font 'DejaVu Sans,11' background '#ffffff'", width, height);
  gnuplot(stem.string() + ".svg", "svg noenhanced " + size, script);
  gnuplot(stem.string() + ".png", "pngcairo noenhanced " + size, script);
}

std::string gnuplot_text(const std::string& text) { return as_numbers(printable(text)); }

std::string gnuplot_label(const std::string& name) {
  std::string label;
  for (char c : shortened(printable(name), 24, 45)) {
    label += c == '%' ? std::string("%%") : std::string(1, c);
  }
  return as_numbers(label);
}

std::string short_name(const std::string& name, std::size_t characters) {
  return shortened(printable(name), characters, 4 * characters);
}

}  // namespace gibbs::examples
