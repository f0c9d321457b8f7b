// Gnuplot: pictures from text. A script is handed to the program `gnuplot`; the picture appears under its name when it
// is whole. Without gnuplot installed nothing is drawn, and the caller is told.
#pragma once

#include <filesystem>
#include <string>

namespace gibbs::examples {

/// Whether the program `gnuplot` can be started.
bool gnuplot_found();

/// Runs `script` with `terminal` ("pngcairo size 800,500") into `picture`. Throws with gnuplot's own words when it
/// fails.
void gnuplot(const std::filesystem::path& picture, const std::string& terminal, const std::string& script);

/// The same script into `stem`.svg and `stem`.png.
void gnuplot_svg_and_png(const std::filesystem::path& stem, int width, int height, const std::string& script);

/// `text` as a quoted gnuplot string without markup.
std::string gnuplot_quoted(const std::string& text);

}  // namespace gibbs::examples
