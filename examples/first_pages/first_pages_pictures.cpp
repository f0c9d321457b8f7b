#include <fmt/format.h>

#include <cmath>

#include "examples/first_pages/first_pages.h"
#include "examples/program/guarded.h"
#include "gibbs/autograd/draw_graph.h"
#include "gibbs/io/gnuplot.h"
#include "gibbs/tensor/error.h"

namespace gibbs::examples {
namespace {

void draw_rates(const std::filesystem::path& folder) {
  constexpr const char* kTitles[] = {"creeping", "arriving", "jumping out"};
  std::string script =
      "set border 3 lc rgb '#888888'\nset tics nomirror\nset grid lt 1 lc rgb '#e4e4e4'\nset xlabel 'weight w'\n"
      "set xrange [-6:12]\nset yrange [0:45]\nset xtics 3\nset key off\nset multiplot layout 1,3\n";
  for (int i = 0; i < 3; ++i) {
    script += fmt::format("$steps{} << EOD\n", i);
    for (double w : descent(kRates[i])) {
      script += fmt::format("{:.9g} {:.9g}\n", w, (w - 3) * (w - 3));
    }
    script += fmt::format(
        "EOD\nset title 'rate {}: {}'\nset ylabel '{}'\n"
        "plot (x - 3) ** 2 with lines lw 2 lc rgb '#b8c4d0', "
        "$steps{} with linespoints lw 1.5 pt 7 ps 0.9 lc rgb '#d1495b', "
        "$steps{} every ::0::0 with points pt 7 ps 1.3 lc rgb '#222222', "
        "$steps{} using 1:2:('start') every ::0::0 with labels right offset -0.8,-0.2 tc rgb '#222222'\n",
        kRates[i], kTitles[i], i == 0 ? "loss (w - 3)²" : "", i, i, i);
  }
  io::gnuplot_svg_and_png(folder / "three_rates", 860, 330, script + "unset multiplot\n");
}

void draw_blame(const std::filesystem::path& folder) {
  const Variable y = blame_graph();
  for (const char* ending : {".svg", ".png"}) {
    try {
      write_graph((folder / "blame").string() + ending, y,
                  {.gradients = true, .left_to_right = true, .title = "y = w v + w"});
    } catch (const Error& error) {  // no graphviz
      fmt::print("{}\n", for_terminal(error.what()));
    }
  }
}

/// Squares with numbers, the upper left corner of the first at (x, y), going down. `mark(row, column)` colours a
/// square.
template <class Mark>
std::string squares(double x, double y, std::size_t columns, const std::vector<double>& numbers, Mark mark) {
  std::string script;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t row = i / columns, column = i % columns;
    const double left = x + static_cast<double>(column), top = y - static_cast<double>(row);
    script += fmt::format("set object rect from {},{} to {},{} fc rgb '{}' fs solid border lc rgb '#888888' front\n",
                          left, top, left + 1, top - 1, mark(row, column));
    script += fmt::format("set label '{}' at {},{} center front\n", numbers[i], left + 0.5, top - 0.5);
  }
  return script;
}

std::string text(const std::string& words, double x, double y, const char* colour = "#222222") {
  return fmt::format("set label '{}' at {},{} center tc rgb '{}' front\n", words, x, y, colour);
}

void draw_convolution(const std::filesystem::path& folder) {
  const WindowSums w = window_sums();
  constexpr const char *kMarked = "#ffd9a0", *kBright = "#ffffff", *kDark = "#dde3ea";
  const auto picture = [&](std::size_t row, std::size_t column) {
    const bool in_window = row >= 1 && row <= 3 && column <= 2;
    return in_window ? kMarked : w.picture[row * 5 + column] > 0 ? kBright : kDark;
  };
  std::string products;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      const double pixel = w.picture[(row + 1) * 5 + column];
      const double weight = w.kernel[row * 3 + column];
      products += fmt::format("{}{}·{}", products.empty() ? "" : " + ", pixel,
                              weight < 0 ? fmt::format("(−{})", -weight) : fmt::format("{}", weight));
    }
  }
  io::gnuplot_svg_and_png(
      folder / "convolution", 820, 350,
      "unset border\nunset tics\nset key off\nset margins 0,0,0,0\nset xrange [-0.5:17.5]\nset yrange [-1.9:5.7]\n" +
          squares(0, 5, 5, w.picture, picture) +
          squares(7, 4, 3, w.kernel, [&](std::size_t, std::size_t) { return kMarked; }) +
          squares(13, 4, 3, w.sums,
                  [&](std::size_t row, std::size_t column) { return row == 1 && column == 0 ? kMarked : kBright; }) +
          text("picture, 5 × 5", 2.5, 5.35) + text("kernel, 3 × 3", 8.5, 4.35) + text("sums, 3 × 3", 14.5, 4.35) +
          text("×", 6, 2.5) + text("=", 11.5, 2.5) +
          text(fmt::format("the marked sum:  {} = {}", products, w.sums[3]), 8.5, -1.2) + "plot NaN\n");
}

std::string size_text(const Shape& shape) {
  std::string sizes;
  for (std::int64_t size : shape) {
    sizes += fmt::format("{}{}", sizes.empty() ? "" : " × ", size);
  }
  return sizes;
}

/// Numbers from 1000 on with commas.
std::string count_text(std::int64_t count) {
  std::string digits = fmt::format("{}", count);
  for (auto at = std::ssize(digits) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

void draw_network(const std::filesystem::path& folder) {
  // What has a size of its own: layers that keep the shape (relu, dropout) stand with the one before.
  std::string script;
  double x = 0;
  Shape before;
  for (const LayerLine& line : article_layers()) {
    if (line.shape == before) {
      continue;
    }
    before = line.shape;
    const bool is_picture = line.shape.rank() == 3;
    const double height = is_picture ? static_cast<double>(line.shape[0]) : 5 * std::log2(line.shape.numel()) - 10;
    const double width = is_picture ? 1 + std::log2(line.shape[2]) : 1, slot = is_picture ? 12 : 8;
    const double middle = x + slot / 2;
    script += fmt::format("set object rect from {},{} to {},{} fc rgb '{}' fs solid border lc rgb '#6b7785'\n",
                          middle - width / 2, -height / 2, middle + width / 2, height / 2,
                          line.layer == "picture" ? "#fdf0c8"
                          : line.weights > 0      ? "#cfe3f5"
                                                  : "#ffffff");
    script += text(size_text(line.shape), middle, height / 2 + 2.2) +
              text(line.layer.substr(0, line.layer.find('(')), middle, -27);
    if (line.weights > 0) {
      script += text(count_text(line.weights), middle, -30.5, "#1f6fb4");
    }
    x += slot;
  }
  io::gnuplot_svg_and_png(folder / "article_network", 860, 400,
                          fmt::format("unset border\nunset tics\nset key off\nset margins 0,0,0,0\n"
                                      "set xrange [0:{}]\nset yrange [-34:32]\n",
                                      x) +
                              script + "plot NaN\n");
}

}  // namespace

void draw_first_pages(const std::filesystem::path& folder) {
  draw_rates(folder);
  draw_blame(folder);
  draw_convolution(folder);
  draw_network(folder);
}

}  // namespace gibbs::examples
