// Gnuplot: pictures from text. A script goes to the program `gnuplot`, the picture comes back; nothing in between has a
// name. Without gnuplot installed nothing is drawn, and the caller is told.
//
// A script is code, and gnuplot can run any command. So texts of others (names of classes and runs) stand in it as
// numbers of their characters only: nothing in them means anything to gnuplot.
#pragma once

#include <filesystem>
#include <string>

namespace gibbs::io {

/// Whether the program `gnuplot` can be started.
bool gnuplot_found();

/// Runs `script` with `terminal` ("pngcairo size 800,500") and saves what it draws as `picture`. Throws with gnuplot's
/// own words when it fails.
void gnuplot(const std::filesystem::path& picture, const std::string& terminal, const std::string& script);

/// The same script into `stem`.svg and `stem`.png.
void gnuplot_svg_and_png(const std::filesystem::path& stem, int width, int height, const std::string& script);

/// `text` as a string for titles and legends: in double quotes, letters and blanks as themselves, every other byte as
/// \ooo. Control characters become visible (tensor/printable.h).
std::string gnuplot_text(const std::string& text);

/// The same for a label on an axis, where gnuplot takes % for a format and has place for 49 bytes: a name is shortened.
std::string gnuplot_label(const std::string& name);

}  // namespace gibbs::io
