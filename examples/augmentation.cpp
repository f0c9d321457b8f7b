// The picture of docs/data.md: what each transform makes of drawn pictures, one row for each, in the order of the
// page's table. First the picture as it is, then what eight epochs would show of it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <vector>

#include "examples/program/program.h"
#include "gibbs/data/drawn.h"
#include "gibbs/data/image.h"
#include "gibbs/data/image_batches.h"
#include "gibbs/tensor/printable.h"

namespace {

using namespace gibbs;

constexpr std::int64_t kSide = data::kDrawnSide, kEpochs = 8, kEnlarged = 2, kGap = 4;
constexpr std::int64_t kCell = kEnlarged * kSide + kGap;

std::vector<data::Transform> transforms() {
  return {data::random_horizontal_flip(),
          data::alternating_flip(),
          data::random_crop(4),
          data::random_crop(4, data::Border::reflect),
          data::random_resized_crop({.least_area = 0.25}),
          data::random_rotation(30),
          data::cutout({.size = 12, .fill = {128, 128, 128}}),
          data::colour_jitter({.brightness = 0.4, .contrast = 0.4, .saturation = 0.8, .hue = 0.2})};
}

/// picture: uint8 [32, 32, 3], enlarged into a cell of the sheet.
void place(const Tensor& picture, std::int64_t row, std::int64_t column, Tensor& sheet) {
  const auto* from = picture.data<std::uint8_t>();
  auto* to = sheet.mutable_data<std::uint8_t>();
  for (std::int64_t y = 0; y < kEnlarged * kSide; ++y) {
    for (std::int64_t x = 0; x < kEnlarged * kSide; ++x) {
      const std::int64_t place = (row * kCell + kGap + y) * sheet.size(1) + column * kCell + kGap + x;
      std::copy_n(from + 3 * (y / kEnlarged * kSide + x / kEnlarged), 3, to + 3 * place);
    }
  }
}

/// What the transform makes of picture `index` in this epoch, as a loader would have it.
Tensor shown(const Tensor& picture, const data::Transform& transform, std::int64_t index, std::int64_t epoch) {
  Tensor changed = picture.clone();
  const RandomKey key = RandomKey{.seed = 4}.derive(static_cast<std::uint64_t>(epoch));
  const std::span pixels(changed.mutable_data<std::uint8_t>(), static_cast<std::size_t>(changed.numel()));
  transform({.pixels = pixels, .height = kSide, .width = kSide, .channels = 3, .number = index, .epoch = epoch}, key);
  return changed;
}

int run(const std::filesystem::path& png) {
  const std::vector<data::Transform> rows = transforms();
  const auto count = static_cast<std::int64_t>(rows.size());
  const data::ImageDataset pictures = data::drawn_images(count, 6);
  Tensor sheet = Tensor::full({count * kCell + kGap, (kEpochs + 1) * kCell + kGap, 3}, 255, DType::uint8);
  for (std::int64_t i = 0; i < count; ++i) {
    const data::Transform& transform = rows[static_cast<std::size_t>(i)];
    place(pictures.images[i], i, 0, sheet);
    for (std::int64_t epoch = 0; epoch < kEpochs; ++epoch) {
      place(shown(pictures.images[i], transform, i, epoch), i, 1 + epoch, sheet);
    }
    fmt::print("{}. {}\n", i + 1, transform.description);
  }
  data::write_png(png, sheet);
  fmt::print("The picture is {}\n", printable(png.string()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws what each random change of training pictures does.");
  std::filesystem::path png = "augmentation.png";
  app.add_option("--out", png, "The picture, a PNG file")->capture_default_str();
  return examples::run_program(app, argc, argv, [&] { return run(png); });
}
