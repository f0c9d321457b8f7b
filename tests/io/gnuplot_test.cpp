// Texts in a script are numbers of their characters; labels fit and are no formats.
#include "gibbs/io/gnuplot.h"

#include <gtest/gtest.h>

#include <string>

namespace gibbs::io {
namespace {

TEST(Gnuplot, TextsHoldNothingThatMeansSomething) {
  EXPECT_EQ(gnuplot_text(""), "\"\"");
  EXPECT_EQ(gnuplot_text("cross entropy"), "\"cross entropy\"");
  EXPECT_EQ(gnuplot_text("50%"), "\"\\065\\060\\045\"");
  EXPECT_EQ(gnuplot_text("a\"'`\\\n"), "\"a\\042\\047\\140\\134\\134x\\060a\"");
  EXPECT_EQ(gnuplot_text("é"), "\"\\303\\251\"");
  for (int c = 0; c < 256; ++c) {
    const std::string text = gnuplot_text(std::string(1, static_cast<char>(c)));
    EXPECT_EQ(text.find_first_not_of("\\01234567 abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 1),
              text.size() - 1)
        << text;
  }
}

TEST(Gnuplot, LabelsAreNoFormatsAndFit) {
  EXPECT_EQ(gnuplot_label("50% off"), "\"\\065\\060\\045\\045 off\"");
  EXPECT_EQ(gnuplot_label(std::string(300, 'n')), '"' + std::string(21, 'n') + "\\056\\056\\056\"");
  std::string cats, numbers;
  for (int i = 0; i < 80; ++i) {
    cats += "猫";
    numbers += i < 15 ? "\\347\\214\\253" : "";
  }
  EXPECT_EQ(gnuplot_label(cats), '"' + numbers + "\\056\\056\\056\"") << "48 bytes of the 49";
}

}  // namespace
}  // namespace gibbs::io
