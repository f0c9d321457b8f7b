// The pictures of equivalence_report.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "examples/laboratory/equivalence_report.h"
#include "gibbs/io/gnuplot.h"

namespace gibbs::examples {
namespace {

constexpr std::array<const char*, 4> kColours = {"#1f6fb4", "#d1495b", "#3a8f5c", "#c98a1b"};

constexpr const char* kFrame =
    "set grid xtics ytics lt 1 lc rgb '#dddddd'\nset border 3 lc rgb '#888888'\nset tics nomirror\nset datafile "
    "missing 'nan'\n"
    "set key outside top center horizontal nobox\nset lmargin 12\nset rmargin 3\n";

/// For a logarithmic axis, on which 0 has no place: a gap.
std::string or_gap(double x) { return std::abs(x) > 0 ? fmt::format("{:.6g}", std::abs(x)) : "nan"; }

std::string curve(std::size_t block, int column, std::size_t colour, const std::string& title, const char* dash = "1") {
  return fmt::format("$data{} using 1:{} with lines dt {} lw 2 lc rgb '{}' title {}", block, column, dash,
                     kColours[colour % kColours.size()], io::gnuplot_text(title));
}

}  // namespace

void draw_equivalence(const std::filesystem::path& folder, const std::vector<StepReport>& steps, bool free) {
  std::string script = "$data0 << EOD\n";
  for (const StepReport& s : steps) {
    script += fmt::format("{} {} {} {} {} {} {}\n", s.step, s.loss_ce, s.loss_kl, s.loss_kl + s.target_entropy,
                          or_gap(s.residual), or_gap(s.gradient.relative), or_gap(s.weight_difference));
  }
  script += fmt::format("EOD\n{}set multiplot layout 2,1\nset ylabel 'loss (nats per image)'\nplot {}, {}\n", kFrame,
                        curve(0, 2, 0, "cross entropy"), curve(0, 4, 1, "KL divergence + H(p)", "2"));
  script += fmt::format(
      "set xlabel 'step'\nset ylabel 'difference'\nset logscale y\nset format y '%.0e'\nplot {}, {}, {}\nunset "
      "multiplot\n",
      curve(0, 5, 0, "|CE - KL - H(p)|"), curve(0, 6, 1, "gradients, relative"),
      curve(0, 7, 2, free ? "weights (drift)" : "weights after one step"));
  io::gnuplot_svg_and_png(folder / "equivalence", 820, 680, script);
}

void draw_break(const std::filesystem::path& folder, const std::string& name,
                const std::vector<TrainingCurve>& curves) {
  std::string script, losses, accuracies;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    script += fmt::format("$data{} << EOD\n", i);
    for (std::size_t step = 0; step < curves[i].accuracy.size(); ++step) {
      script += fmt::format("{} {} {}\n", step + 1, running_mean(curves[i].cross_entropy, step),
                            running_mean(curves[i].accuracy, step));
    }
    script += "EOD\n";
    // A dashed line lets one that it covers be seen.
    const char* dash = i % 2 == 0 ? "1" : "2";
    losses += fmt::format("{}{}", i ? ", " : "", curve(i, 2, i, curves[i].name, dash));
    accuracies += fmt::format("{}{}", i ? ", " : "", curve(i, 3, i, curves[i].name, dash));
  }
  script += fmt::format(
      "{}set multiplot layout 2,1\nset ylabel 'cross entropy (nats per image)'\nplot {}\nset xlabel 'step'\n"
      "set ylabel 'accuracy'\nunset key\nplot {}\nunset multiplot\n",
      kFrame, losses, accuracies);
  io::gnuplot_svg_and_png(folder / ("break_" + name), 820, 680, script);
}

}  // namespace gibbs::examples
