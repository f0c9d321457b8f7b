#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gibbs/data/detail/resized_crop.h"
#include "gibbs/data/detail/spare_picture.h"
#include "gibbs/tensor/portable_math.h"

namespace gibbs::data {
namespace {

double draw_between(const RandomKey& key, std::uint64_t index, double low, double high) {
  return low + (high - low) * random_uniform(key, index);
}

/// Uniform in 0 .. most.
std::int64_t draw_up_to(const RandomKey& key, std::uint64_t index, std::int64_t most) {
  return static_cast<std::int64_t>(random_uniform(key, index) * static_cast<double>(most + 1));
}

/// The memory of this thread's, which stays.
ResampleMemory& memory() {
  thread_local ResampleMemory of_thread;
  return of_thread;
}

/// The largest piece in the middle whose aspect, width / height, is allowed.
PictureView middle_piece(const PictureView& from, double least_aspect, double most_aspect) {
  const auto [height, width] = from.size;
  const double aspect = static_cast<double>(width) / static_cast<double>(height);
  const double wanted = std::clamp(aspect, least_aspect, most_aspect);
  ImageSize size = from.size;
  if (aspect < wanted) {
    size.height = std::clamp<std::int64_t>(std::llround(static_cast<double>(width) / wanted), 1, height);
  } else if (aspect > wanted) {
    size.width = std::clamp<std::int64_t>(std::llround(static_cast<double>(height) * wanted), 1, width);
  }
  return from.part((height - size.height) / 2, (width - size.width) / 2, size);
}

PictureView random_piece(const PictureView& from, const ResizedCropOptions& options, const RandomKey& key) {
  constexpr int kDraws = 10;
  const auto [height, width] = from.size;
  const double pixels = static_cast<double>(height) * static_cast<double>(width);
  const double least = portable::log(options.least_aspect), most = portable::log(options.most_aspect);
  for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
    const double area = pixels * draw_between(key, 4 * draw, options.least_area, options.most_area);
    const double aspect = portable::exp(draw_between(key, 4 * draw + 1, least, most));
    const double w = std::round(std::sqrt(area * aspect)), h = std::round(std::sqrt(area / aspect));
    if (w >= 1 && h >= 1 && w <= static_cast<double>(width) && h <= static_cast<double>(height)) {
      const ImageSize size{.height = static_cast<std::int64_t>(h), .width = static_cast<std::int64_t>(w)};
      return from.part(draw_up_to(key, 4 * draw + 2, height - size.height),
                       draw_up_to(key, 4 * draw + 3, width - size.width), size);
    }
  }
  return middle_piece(from, options.least_aspect, options.most_aspect);
}

}  // namespace

void validate(const ResizedCropOptions& options, const char* op) {
  const auto [least_area, most_area, least_aspect, most_aspect] = options;
  check(least_area > 0 && least_area <= most_area && most_area <= 1, op,
        ": areas must be in (0, 1], the least first, not ", least_area, " and ", most_area);
  check(least_aspect > 0 && least_aspect <= most_aspect && std::isfinite(most_aspect), op,
        ": aspects must be above 0 and finite, the least first, not ", least_aspect, " and ", most_aspect);
}

std::string to_string(const ResizedCropOptions& options) {
  return fmt::format("area {} to {}, aspect {} to {}", options.least_area, options.most_area, options.least_aspect,
                     options.most_aspect);
}

void resized_crop(const PictureView& from, const ResizedCropOptions& options, const RandomKey& key,
                  const ImageSize& size, std::uint8_t* to) {
  resample(random_piece(from, options, key), size, to, memory());
}

void resized_middle(const PictureView& from, double share, const ImageSize& size, std::uint8_t* to) {
  const double aspect = static_cast<double>(size.width) / static_cast<double>(size.height);
  const PictureView whole = middle_piece(from, aspect, aspect);
  const auto part_of = [&](std::int64_t side) {
    return std::max<std::int64_t>(1, std::llround(share * static_cast<double>(side)));
  };
  const ImageSize part{.height = part_of(whole.size.height), .width = part_of(whole.size.width)};
  const PictureView piece =
      whole.part((whole.size.height - part.height) / 2, (whole.size.width - part.width) / 2, part);
  resample(piece, size, to, memory());
}

Transform random_resized_crop(const ResizedCropOptions& options) {
  validate(options, "random_resized_crop");
  return {fmt::format("random_resized_crop({})", to_string(options)),
          [options](const Picture& picture, const RandomKey& key) {
            const ImageSize size{.height = picture.height, .width = picture.width};
            const std::int64_t row = picture.width * picture.channels;
            resized_crop({spare_copy(picture.pixels).data(), size, picture.channels, row}, options, key, size,
                         picture.pixels.data());
          }};
}

}  // namespace gibbs::data
