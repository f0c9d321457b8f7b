#include "examples/first_pages/xor_plane.h"

#include <fmt/format.h>

#include "gibbs/io/gnuplot.h"
#include "gibbs/io/run_folder.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::examples {
namespace {

constexpr int kSteps = 80;  // of the grid, in either direction

std::string block(const std::string& name, const XorPlane& plane) {
  std::string text = fmt::format("${} << EOD\n", name);
  for (std::size_t i = 0; i < plane.answer.size(); ++i) {
    const bool row_ends = (i + 1) % (kSteps + 1) == 0;
    text += fmt::format("{:.6g} {:.6g} {:.6g}\n{}", plane.first[i], plane.second[i], plane.answer[i],
                        row_ends && i + 1 < plane.answer.size() ? "\n" : "");
  }
  return text + "EOD\n";
}

/// The points of XOR, and the line on which the answer is 1/2.
std::string panel(const std::string& title, const std::string& name) {
  return fmt::format(
      "set title '{0}'\nplot ${1} using 1:2:3 with image notitle, ${1}_half with lines lw 2 lc rgb '#222222' notitle, "
      "$zeros using 1:2 with points pt 7 ps 2.4 lc rgb '#1f4e79' notitle, "
      "$ones using 1:2 with points pt 7 ps 2.4 lc rgb '#a63d00' notitle, "
      "$zeros using 1:2:('0') with labels tc rgb '#ffffff' notitle, "
      "$ones using 1:2:('1') with labels tc rgb '#ffffff' notitle\n",
      title, name);
}

}  // namespace

XorPlane::XorPlane(nn::Layer& network) {
  for (int i = 0; i <= kSteps; ++i) {
    for (int j = 0; j <= kSteps; ++j) {
      first.push_back(-0.5 + 2.0 * j / kSteps);
      second.push_back(-0.5 + 2.0 * i / kSteps);
    }
  }
  const auto count = std::ssize(first);
  Tensor points = Tensor::zeros({count, 2});
  for (std::int64_t n = 0; n < count; ++n) {
    points.set({n, 0}, first[static_cast<std::size_t>(n)]);
    points.set({n, 1}, second[static_cast<std::size_t>(n)]);
  }
  const NoTape no_tape;
  answer = network(points).value().to_vector();
}

void draw_xor_planes(const std::filesystem::path& folder, const XorPlane& before, const XorPlane& after) {
  if (!io::gnuplot_found()) {
    fmt::print("gnuplot is not installed: nothing is drawn\n");
    return;
  }
  const io::RunFolder out(folder);
  const auto half = [](const std::string& name) {
    return fmt::format("set table ${0}_half\nsplot ${0} using 1:2:3\nunset table\n", name);
  };
  io::gnuplot_svg_and_png(
      out / "xor_plane", 820, 400,
      block("before", before) + block("after", after) + "$zeros << EOD\n0 0\n1 1\nEOD\n$ones << EOD\n0 1\n1 0\nEOD\n" +
          "set contour base\nunset surface\nset cntrparam levels discrete 0.5\n" + half("before") + half("after") +
          "unset contour\nset palette defined (0 '#8db8dc', 0.5 '#f7f7f7', 1 '#f0a878')\nset cbrange [0:1]\n"
          "set multiplot layout 1,2\nset size square\nset xrange [-0.5:1.5]\nset yrange [-0.5:1.5]\nset xtics 1\n"
          "set ytics 1\nset xlabel 'first input'\nset ylabel 'second input'\nset cblabel 'answer'\nset cbtics 0.5\n" +
          panel("before training", "before") + panel("after training", "after") + "unset multiplot\n");
  fmt::print("The picture is in {}\n", printable(folder.string()));
}

}  // namespace gibbs::examples
