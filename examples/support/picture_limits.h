// Options for what a picture may ask for, of the programs that read pictures.
#pragma once

#include <CLI/CLI.hpp>

#include "examples/support/program.h"
#include "gibbs/data/image.h"

namespace gibbs::examples {

inline void declare_picture_limits(CLI::App& app, data::ImageLimits& limits) {
  app.add_option("--largest-picture", limits.pixels, "Pictures of more pixels are not decoded")
      ->check(must_be_at_least(1))
      ->capture_default_str();
  app.add_option("--largest-file", limits.file_bytes, "Picture files of more bytes are not read")
      ->check(must_be_at_least(1))
      ->capture_default_str();
}

}  // namespace gibbs::examples
