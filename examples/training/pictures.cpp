#include "examples/training/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "gibbs/data/image.h"
#include "gibbs/io/gnuplot.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::examples {
namespace {

constexpr std::array<const char*, 6> kColours = {"#1f6fb4", "#d1495b", "#3a8f5c", "#8a5fbf", "#c98a1b", "#555555"};

/// One named block of "epoch training validation" lines per run, then the plot of both columns; published values are
/// blocks of "epoch value" lines.
std::string curve_script(const std::vector<Run>& runs, const std::vector<Published>& published,
                         const std::string& y_label, const char* number,
                         std::vector<double> Published::*published_values, const std::string& key_place) {
  std::string script;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    script += fmt::format("$run{} << EOD\n", i);
    for (const train::EpochResult& e : runs[i].history.epochs) {
      script += fmt::format("{} {} {}\n", e.epoch, e[number], e[std::string("val_") + number]);
    }
    script += "EOD\n";
  }
  for (std::size_t i = 0; i < published.size(); ++i) {
    script += fmt::format("$published{} << EOD\n", i);
    for (std::size_t at = 0; at < published[i].epoch.size(); ++at) {
      script += fmt::format("{} {}\n", published[i].epoch[at], (published[i].*published_values)[at]);
    }
    script += "EOD\n";
  }
  script += fmt::format(
      "set xlabel 'epoch'\nset ylabel '{}'\nset grid lc rgb '#dddddd'\nset key {} box lc rgb '#cccccc'\n"
      "set border 3 lc rgb '#888888'\nset tics nomirror\nset datafile missing 'nan'\nplot ",
      y_label, key_place);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const char* colour = kColours[i % kColours.size()];
    const auto curve = [&](int column, const char* what, const char* style) {
      return fmt::format("$run{} using 1:{} with linespoints {} lc rgb '{}' lw 2 pt 7 ps 0.4 title {}", i, column,
                         style, colour,
                         io::gnuplot_text(printable(runs[i].name, 40) + (runs[i].name.empty() ? "" : ", ") + what));
    };
    script += (i ? ", " : "") + curve(3, "validation", "dt 1") + ", " + curve(2, "training", "dt 2");
  }
  for (std::size_t i = 0; i < published.size(); ++i) {
    script += fmt::format(", $published{} using 1:2 with points lc rgb '#222222' lw 2 pt 2 ps 1.2 title {}", i,
                          io::gnuplot_text(published[i].name));
  }
  return script + "\n";
}

/// One character per pixel value: tiles of [h, w, 3] bytes pasted into a white canvas.
struct Canvas {
  Tensor pixels;

  Canvas(std::int64_t height, std::int64_t width) : pixels(Tensor::full({height, width, 3}, 255, DType::uint8)) {}
  void paint(std::int64_t top, std::int64_t left, std::int64_t size, std::array<std::uint8_t, 3> colour) {
    auto* bytes = pixels.mutable_data<std::uint8_t>();
    for (std::int64_t y = top; y < top + size; ++y) {
      for (std::int64_t x = left; x < left + size; ++x) {
        std::copy(colour.begin(), colour.end(), bytes + (y * pixels.size(1) + x) * 3);
      }
    }
  }
};

/// Indices of wrong predictions, most confident first.
std::vector<std::int64_t> worst_mistakes(const data::Subset& set, const train::Evaluation& evaluation, int count) {
  std::vector<std::int64_t> wrong;
  for (std::int64_t i = 0; i < set.size(); ++i) {
    if (evaluation.predictions[static_cast<std::size_t>(i)] != set.label(i)) {
      wrong.push_back(i);
    }
  }
  const auto confidence = [&](std::int64_t i) { return evaluation.confidences[static_cast<std::size_t>(i)]; };
  std::stable_sort(wrong.begin(), wrong.end(),
                   [&](std::int64_t a, std::int64_t b) { return confidence(a) > confidence(b); });
  wrong.resize(std::min<std::size_t>(wrong.size(), static_cast<std::size_t>(count)));
  return wrong;
}

/// A matrix has as many classes as the model has outputs; without a name for each there would be none to write.
void check_names(const char* op, const train::ConfusionMatrix& confusion, const std::vector<std::string>& names) {
  check(static_cast<std::int64_t>(names.size()) == confusion.classes(), op, ": ", names.size(), " names for ",
        confusion.classes(), " classes");
}

}  // namespace

void draw_curves(const std::filesystem::path& folder, const std::vector<Run>& runs,
                 const std::vector<Published>& published) {
  io::gnuplot_svg_and_png(
      folder / "loss", 760, 460,
      curve_script(runs, published, "loss (nats per image)", "loss", &Published::loss, "top right"));
  io::gnuplot_svg_and_png(folder / "accuracy", 760, 460,
                          curve_script(runs, published, "accuracy", "accuracy", &Published::accuracy, "bottom right"));
}

void draw_confusion(const std::filesystem::path& png, const train::ConfusionMatrix& confusion,
                    const std::vector<std::string>& class_names) {
  check_names("draw_confusion", confusion, class_names);
  const std::int64_t classes = confusion.classes();
  std::string shares = "$shares << EOD\n", counts = "$counts << EOD\n", tics;
  for (std::int64_t label = 0; label < classes; ++label) {
    double all = 0;
    for (std::int64_t p = 0; p < classes; ++p) {
      all += confusion.counts().at({label, p});
    }
    for (std::int64_t p = 0; p < classes; ++p) {
      const double count = confusion.counts().at({label, p});
      const double share = all > 0 ? count / all : 0;
      shares += fmt::format("{} {} {}\n", p, label, share);
      counts += fmt::format("{} {} {} {}\n", p, label, count, share > 0.5 ? 0xffffff : 0x333333);
    }
    shares += "\n";
    tics += fmt::format("{}{} {}", label ? ", " : "", io::gnuplot_label(class_names[static_cast<std::size_t>(label)]),
                        label);
  }
  const std::string script = fmt::format(
      "{}EOD\n{}EOD\nset xtics ({}) rotate by 40 right\nset ytics ({})\nset tics scale 0\n"
      "set xrange [-0.5:{}]\nset yrange [{}:-0.5]\nset xlabel 'predicted'\nset ylabel 'label'\n"
      "set palette defined (0 '#ffffff', 1 '#1f4e79')\nset cbrange [0:1]\nunset key\nunset colorbox\n"
      "set border lc rgb '#888888'\n"
      "plot $shares using 1:2:3 with image, $counts using 1:2:3:4 with labels tc rgb variable\n",
      shares, counts, tics, tics, static_cast<double>(classes) - 0.5, static_cast<double>(classes) - 0.5);
  io::gnuplot(png, "pngcairo noenhanced size 760,700 font 'DejaVu Sans,10' background '#ffffff'", script);
}

void draw_filters(const std::filesystem::path& png, const Tensor& weight) {
  check(weight.rank() == 4 && weight.size(2) == 3, "draw_filters: needs kernels [kh, kw, 3, filters], received ",
        weight.shape());
  constexpr std::int64_t kPixel = 16, kGap = 6, kColumns = 8;
  const std::int64_t kh = weight.size(0), kw = weight.size(1), filters = weight.size(3);
  const std::int64_t rows = (filters + kColumns - 1) / kColumns;
  const std::int64_t cell_h = kh * kPixel + kGap, cell_w = kw * kPixel + kGap;
  Canvas canvas(rows * cell_h + kGap, kColumns * cell_w + kGap);
  for (std::int64_t f = 0; f < filters; ++f) {
    const auto at = [&](std::int64_t y, std::int64_t x, std::int64_t c) { return weight.at({y, x, c, f}); };
    double low = at(0, 0, 0), high = low;
    for (std::int64_t i = 0; i < kh * kw * 3; ++i) {
      const double value = at(i / (kw * 3), i / 3 % kw, i % 3);
      low = std::min(low, value);
      high = std::max(high, value);
    }
    for (std::int64_t y = 0; y < kh; ++y) {
      for (std::int64_t x = 0; x < kw; ++x) {
        std::array<std::uint8_t, 3> colour{};
        for (std::int64_t c = 0; c < 3; ++c) {
          const double share = high > low ? (at(y, x, c) - low) / (high - low) : 0.5;
          colour[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(std::lround(255 * share));
        }
        canvas.paint(kGap + f / kColumns * cell_h + y * kPixel, kGap + f % kColumns * cell_w + x * kPixel, kPixel,
                     colour);
      }
    }
  }
  data::write_png(png, canvas.pixels);
}

void draw_mistakes(const std::filesystem::path& png, const data::Subset& set, const train::Evaluation& evaluation,
                   int count) {
  check_names("draw_mistakes", evaluation.confusion, set.dataset.class_names);
  const std::vector<std::int64_t> wrong = worst_mistakes(set, evaluation, count);
  constexpr int kColumns = 5;
  const int rows = std::max(1, (static_cast<int>(wrong.size()) + kColumns - 1) / kColumns);
  std::string script = fmt::format(
      "set multiplot layout {},{} margins 0.02,0.98,0.02,0.94 spacing 0.02,0.07\nunset key\nunset tics\nunset border\n"
      "set size ratio -1\nset yrange [] reverse\n",
      rows, kColumns);
  const auto& names = set.dataset.class_names;
  for (std::int64_t i : wrong) {
    const auto at = static_cast<std::size_t>(i);
    const Tensor image = set.image(i);
    const std::string title = fmt::format(
        "{}, taken for {} ({:.0f}%)", printable(names[static_cast<std::size_t>(set.label(i))], 20),
        printable(names[static_cast<std::size_t>(evaluation.predictions[at])], 20), 100 * evaluation.confidences[at]);
    script += "$picture << EOD\n";
    for (std::int64_t y = 0; y < image.size(0); ++y) {
      for (std::int64_t x = 0; x < image.size(1); ++x) {
        script += fmt::format("{} {} {} {} {}\n", x, y, image.at({y, x, 0}), image.at({y, x, 1}), image.at({y, x, 2}));
      }
    }
    script += fmt::format("EOD\nset title {} offset 0,-0.8\nplot $picture using 1:2:3:4:5 with rgbimage\n",
                          io::gnuplot_text(title));
  }
  if (wrong.empty()) {
    script += "set title 'no mistakes'\nset xrange [0:1]\nset yrange [0:1]\nplot NaN\n";
  }
  io::gnuplot(
      png, fmt::format("pngcairo noenhanced size 1100,{} font 'DejaVu Sans,8' background '#ffffff'", 240 * rows + 20),
      script + "unset multiplot\n");
}

}  // namespace gibbs::examples
