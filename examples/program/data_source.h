// What the programs that read pictures share: options for what a picture may ask for, and the names of broken files.
#pragma once

#include <algorithm>
#include <limits>

#include "examples/program/program.h"
#include "gibbs/data/source.h"

namespace gibbs::examples {

inline void declare_picture_limits(CLI::App& app, data::ImageLimits& limits) {
  app.add_option("--largest-picture", limits.pixels, "Pictures of more pixels are not decoded")
      ->transform(whole_number<std::int64_t>(1, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  app.add_option("--largest-file", limits.file_bytes, "Picture files of more bytes are not read")
      ->transform(whole_number<std::int64_t>(1, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
}

inline void print_broken_files(const data::Source& source) {
  constexpr std::size_t kShown = 10;
  for (const data::ImageDataset* set : {&source.train, &source.test}) {
    for (std::size_t i = 0; i < std::min(kShown, set->problems.size()); ++i) {
      fmt::print(stderr, "left out: {}\n", for_terminal(set->problems[i]));
    }
    if (set->problems.size() > kShown) {
      fmt::print(stderr, "left out: {} more like these\n", set->problems.size() - kShown);
    }
  }
}

}  // namespace gibbs::examples
