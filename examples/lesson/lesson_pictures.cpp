#include "examples/lesson/lesson_pictures.h"

#include <fmt/format.h>

#include <cmath>

#include "examples/lesson/logit_curves.h"
#include "examples/lesson/worms.h"
#include "gibbs/io/gnuplot.h"
#include "gibbs/losses/measures/information.h"
#include "gibbs/losses/measures/jensen_shannon.h"

namespace gibbs::examples {
namespace {

constexpr const char* kFrame =
    "set border 3 lc rgb '#888888'\nset tics nomirror\nset grid lt 1 lc rgb '#e4e4e4'\nset key nobox\n";

/// "$name << EOD", one line per entry of the columns, "EOD".
std::string block(const std::string& name, const std::vector<std::vector<double>>& columns) {
  std::string text = fmt::format("${} << EOD\n", name);
  for (std::size_t i = 0; i < columns.front().size(); ++i) {
    for (const std::vector<double>& column : columns) {
      text += fmt::format("{:.9g} ", column[i]);
    }
    text += "\n";
  }
  return text + "EOD\n";
}

Tensor as_tensor(const std::vector<double>& values) { return Tensor::from(values, {std::ssize(values)}); }

std::vector<double> coin_bits(const std::vector<double>& heads) {
  return losses::binary_entropy(as_tensor(heads), losses::Base::bits).value().to_vector();
}

void draw_coin(const std::filesystem::path& folder) {
  const std::vector<double> heads = evenly_spaced(0, 1, 501), points = {0, .1, .2, .3, .4, .5};
  io::gnuplot_svg_and_png(
      folder / "coin_entropy", 720, 440,
      block("curve", {heads, coin_bits(heads)}) + block("points", {points, coin_bits(points)}) + kFrame +
          "set xlabel 'probability of heads'\nset ylabel 'entropy (bits)'\nset xtics 0.1\nset yrange [0:1.08]\n"
          "set xrange [-0.02:1.02]\nset key bottom center\n"
          "plot $curve with lines lw 2.5 lc rgb '#1f6fb4' title 'H(p) = -p log2 p - (1 - p) log2(1 - p)', "
          "$points with points pt 7 ps 0.9 lc rgb '#d1495b' title 'the points of the article', "
          "$points using 1:2:(sprintf('%.4f', $2)) every ::1 with labels offset -3.4,0.6 tc rgb '#444444' notitle, "
          "$points using 1:2:('0') every ::0::0 with labels offset 1.6,0.6 tc rgb '#444444' notitle\n");
}

void draw_worms(const std::filesystem::path& folder) {
  const Tensor observed = observed_worms();
  const ToothModels models = models_of(observed);
  const std::vector<double> teeth = evenly_spaced(0, 10, 11);
  const auto probabilities = [](const Tensor& log_q) {
    std::vector<double> q = log_q.to_vector();
    for (double& value : q) {
      value = std::exp(value);
    }
    return q;
  };
  const auto bars = [](int column, double shift, const char* colour) {
    return fmt::format("$worms using ($1 + {}):{} with boxes lc rgb '{}' title ", shift, column, colour);
  };
  io::gnuplot_svg_and_png(
      folder / "worms", 820, 440,
      block("worms",
            {teeth, observed.to_vector(), probabilities(models.log_uniform), probabilities(models.log_binomial)}) +
          kFrame +
          "unset grid\nset grid ytics lt 1 lc rgb '#e4e4e4'\nset xlabel 'teeth'\n"
          "set ylabel 'share of the worms (probability)'\nset style fill solid 1 noborder\nset boxwidth 0.26\n"
          "set xrange [-0.6:10.6]\nset yrange [0:0.25]\nset xtics 1 scale 0\nset key outside top center "
          "horizontal\nplot " +
          bars(2, -.27, "#444444") + "'observed', " + bars(3, 0, "#e0a030") + "'uniform', " + bars(4, .27, "#1f6fb4") +
          io::gnuplot_text(fmt::format("binomial (10, {:.3f})", models.tooth_probability)) + "\n");
}

void draw_losses(const std::filesystem::path& folder) {
  const std::vector<double> z = evenly_spaced(-25, 25, 501);
  const std::vector<LogitCurve> curves = logit_curves(z);
  constexpr const char* kStyles[] = {"lw 4 lc rgb '#9cc4e4'",      "lw 2 lc rgb '#1f4e79'",
                                     "lw 2 lc rgb '#3a8f5c'",      "lw 2 lc rgb '#8a5fbf'",
                                     "lw 2 dt 2 lc rgb '#e08a1b'", "lw 2 dt 3 lc rgb '#c0304a'"};
  std::string script, values, gradients;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    script += block(curves[i].name, {z, curves[i].nats, curves[i].gradient});
    const auto plot = [&](int column) {
      return fmt::format("{}${} using 1:{} with lines {} title {}", i ? ", " : "plot ", curves[i].name, column,
                         kStyles[i], io::gnuplot_text(curves[i].title));
    };
    values += plot(2);
    gradients += plot(3);
  }
  // Where a probability is below 1e-7: (z, 0, 0, 0) has q_0 = e^z / (e^z + 3), and 1 / (e^z + 3) for the others.
  const double left = std::log(3e-7), right = std::log(1e7);
  const auto grey = [&](double height) {
    return fmt::format(
        "set object 1 rect from -25,graph 0 to {0},graph 1 fc rgb '#f0f0f0' fs solid noborder behind\n"
        "set object 2 rect from {1},graph 0 to 25,graph 1 fc rgb '#f0f0f0' fs solid noborder behind\n"
        "set label 1 'clipped' at {2},graph {4} center tc rgb '#777777'\n"
        "set label 2 'clipped' at {3},graph {4} center tc rgb '#777777'\n",
        left, right, (left - 25) / 2, (right + 25) / 2, height);
  };
  // The gap is widest to the eye where D is 0, at q = p.
  const double lowest = std::log(3 * .925 / .075), gap = losses::entropy(smoothed_target()).value().item();
  script += fmt::format(
      "{0}set multiplot\nset lmargin 8\nset rmargin 2\nset tmargin 1\nset bmargin 3.5\nset xlabel 'logit z'\n"
      "set origin 0,0.5\nset size 0.6,0.5\nset xrange [-25:25]\nunset key\nset ylabel 'loss (nats)'\n{1}{2}\n"
      "set origin 0.6,0.5\nset size 0.4,0.5\nunset object\nunset label\nset ylabel\nset xrange [0:8]\n"
      "set yrange [0:1]\nset arrow 1 from {3:.6f},0 to {3:.6f},{4:.6f} heads size 0.15,20 front\n"
      "set label 3 'H(p) = {4:.3f} nats' at 4.9,0.7 center front\n{2}\n"
      "set origin 0,0\nset size 1,0.5\nset tmargin 4.5\nunset arrow\nunset label\nset autoscale y\n"
      "set key outside top center horizontal maxrows 2 width 2\nset xrange [-25:25]\n"
      "set xlabel 'logit z of the right class (the other three are 0)'\n"
      "set ylabel 'gradient (nats per unit of z)'\n{5}{6}\nunset multiplot\n",
      kFrame, grey(0.4), values, lowest, gap, grey(0.5), gradients);
  io::gnuplot_svg_and_png(folder / "losses_along_a_logit", 860, 700, script);
}

void draw_triangle(const std::filesystem::path& folder) {
  const std::vector<double> share = evenly_spaced(0, 1, 201);
  const Tensor a = Tensor::of({1, 0}, DType::float64), c = Tensor::of({0, 1}, DType::float64);
  std::vector<double> divergence, distance;
  for (double t : share) {
    const Tensor b = Tensor::of({1 - t, t}, DType::float64);
    divergence.push_back((losses::js_divergence(a, b).value().item() + losses::js_divergence(b, c).value().item()));
    distance.push_back((losses::js_distance(a, b).value().item() + losses::js_distance(b, c).value().item()));
  }
  const double straight = losses::js_divergence(a, c).value().item(), root = losses::js_distance(a, c).value().item();
  const auto plot = [](double direct, int column) {
    return fmt::format(
        "plot {:.9g} with lines lw 2.5 dt 2 lc rgb '#444444' title 'straight from a to c', $ways using 1:{} with lines "
        "lw 2.5 lc rgb '#1f6fb4' title 'from a over b to c'\n",
        direct, column);
  };
  io::gnuplot_svg_and_png(
      folder / "triangle", 900, 420,
      block("ways", {share, divergence, distance}) + kFrame +
          "set multiplot layout 1,2\nset xlabel 't, with a = (1, 0), b = (1 - t, t), c = (0, 1)'\nset xrange [0:1]\n"
          "set yrange [0:0.8]\nset key bottom center\nset title 'JS: the detour is shorter'\nset ylabel 'JS (nats)'\n" +
          plot(straight, 2) +
          "set yrange [0.7:1]\nset title 'square root of JS: the detour is longer'\nset ylabel 'square root of JS "
          "(nats)'\n" +
          plot(root, 3) + "unset multiplot\n");
}

}  // namespace

void draw_lesson(const std::filesystem::path& folder) {
  draw_coin(folder);
  draw_worms(folder);
  draw_losses(folder);
  draw_triangle(folder);
}

}  // namespace gibbs::examples
