#include "gibbs/data/image_batches.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gibbs/data/detail/pixel_values.h"
#include "gibbs/data/detail/resized_crop.h"
#include "gibbs/io/checksum.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/printable.h"
#include "gibbs/tensor/random.h"

namespace gibbs::data {
namespace {

/// Batches of a loader that exist at once: being made, ready, in the user's hands, and the one that the user replaces.
constexpr int kLiveBatches = 4;

std::uint64_t checksum_of_pair(std::uint64_t a, std::uint64_t b) {
  const std::array<std::uint64_t, 2> pair = {a, b};
  return io::checksum_of(pair.data(), sizeof pair);
}

/// A checksum of each picture of the set, in its order; of those that differ in size, with their height.
std::vector<std::uint64_t> checksums_of_images(const Subset& set) {
  const bool differ = !set.dataset.pictures.empty();
  std::vector<std::uint64_t> sums(set.indices.size());
  constexpr std::int64_t kSumsOfAPiece = 256;  // of the parallel loop
  parallel_for(0, set.size(), kSumsOfAPiece, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const Tensor picture = set.image(i);
      const std::uint64_t sum = io::checksum_of(picture.data<std::uint8_t>(), picture.byte_size());
      sums[static_cast<std::size_t>(i)] =
          differ ? checksum_of_pair(sum, static_cast<std::uint64_t>(picture.size(0))) : sum;
    }
  });
  return sums;
}

}  // namespace

ImageBatches::ImageBatches(Subset subset, ImageBatchOptions options)
    : IndexedBatches("ImageBatches", subset.size(),
                     {.batch_size = options.batch_size,
                      .shuffle = options.shuffle,
                      .seed = options.seed,
                      .drop_last = options.drop_last,
                      .weights = options.weights}),
      subset_(std::move(subset)),
      options_(std::move(options)) {
  validate(subset_.dataset, "ImageBatches", options_.size ? Sizes::any : Sizes::equal);
  for (const std::int64_t index : subset_.indices) {
    check(index >= 0 && index < subset_.dataset.size(), "ImageBatches: index ", index, " is not in [0, ",
          subset_.dataset.size(), ")");
  }
  for (std::size_t i = 0; i < options_.transforms.size(); ++i) {
    check(static_cast<bool>(options_.transforms[i]), "ImageBatches: transform ", i, " is empty");
  }
  picture_ = subset_.image(0).shape();
  if (options_.size) {
    check(options_.size->height >= 1 && options_.size->width >= 1, "ImageBatches: the size must be at least 1x1, not ",
          to_string(*options_.size));
    picture_ = Shape{options_.size->height, options_.size->width, picture_[2]};
  }
  check(options_.size || (!options_.random_crop && options_.middle_share == 1),
        "ImageBatches: random_crop and middle_share "
        "say what becomes of pictures of other sizes; give the size, too");
  check(options_.middle_share > 0 && options_.middle_share <= 1, "ImageBatches: middle_share must be in (0, 1], it is ",
        options_.middle_share);
  if (options_.random_crop) {
    check(options_.middle_share == 1, "ImageBatches: random_crop and middle_share are given; give one of them");
    validate(*options_.random_crop, "ImageBatches");
  }
  values_ = value_table(picture_[2], options_.scale, options_.offset, options_.normalization, "ImageBatches");
  scratch_.resize(static_cast<std::size_t>(picture_.numel()));
  reserve_blocks();
}

Tensor ImageBatches::allocate_images() const {
  return Tensor::uninitialized(Shape{options_.batch_size}.followed_by(picture_), DType::float32);
}

Tensor ImageBatches::allocate_labels() const { return Tensor::uninitialized({options_.batch_size}, DType::int64); }

/// Puts blocks for all batches that live at once into the recycling pool, so that a step never asks the system for one.
void ImageBatches::reserve_blocks() const {
  std::array<Tensor, 2 * kLiveBatches> blocks;
  for (int i = 0; i < kLiveBatches; ++i) {
    blocks[2 * i] = allocate_images();
    blocks[2 * i + 1] = allocate_labels();
  }
}

void ImageBatches::make_size(const Tensor& picture, const RandomKey& key) {
  const ImageSize size{.height = picture.size(0), .width = picture.size(1)};
  const PictureView view{picture.data<std::uint8_t>(), size, picture.size(2), size.width * picture.size(2)};
  options_.random_crop ? resized_crop(view, *options_.random_crop, key, *options_.size, scratch_.data())
                       : resized_middle(view, options_.middle_share, *options_.size, scratch_.data());
}

std::span<const std::uint8_t> ImageBatches::pixels_of(std::int64_t index, std::int64_t epoch,
                                                      std::int64_t global_sample) {
  const ImageDataset& set = subset_.dataset;
  const Tensor source = set.pictures.empty() ? set.images[index] : set.pictures[static_cast<std::size_t>(index)];
  const auto pixels = std::as_const(source).values<std::uint8_t>();
  if (options_.transforms.empty() && !options_.size) {
    return pixels;
  }
  const RandomKey key =
      RandomKey{.seed = options_.seed}.derive("transforms").derive(static_cast<std::uint64_t>(global_sample));
  if (options_.size) {
    make_size(source, key.derive("size"));
  } else {
    std::copy(pixels.begin(), pixels.end(), scratch_.begin());
  }
  const Picture picture{.pixels = scratch_,
                        .height = picture_[0],
                        .width = picture_[1],
                        .channels = picture_[2],
                        .number = index,
                        .epoch = epoch};
  for (std::size_t t = 0; t < options_.transforms.size(); ++t) {
    options_.transforms[t](picture, key.derive(t));
  }
  return scratch_;
}

void ImageBatches::gather(const Tensor& samples, Batch& batch) {
  Tensor images = allocate_images().rows(0, batch.rows);  // a short batch uses a block of the same size
  Tensor labels = allocate_labels().rows(0, batch.rows);
  auto* values = images.mutable_data<float>();
  auto* label = labels.mutable_data<std::int64_t>();
  const auto* all_labels = subset_.dataset.labels.data<std::int64_t>();
  const auto* sample = samples.data<std::int64_t>();
  const std::int64_t elements = picture_.numel();
  for (std::int64_t i = 0; i < batch.rows; ++i) {
    const std::int64_t index = subset_.indices[static_cast<std::size_t>(sample[i])];
    label[i] = all_labels[index];
    look_up(values_, pixels_of(index, batch.position.epoch, batch.first_sample + i), values + i * elements);
  }
  batch.inputs = {std::move(images)};
  batch.targets = {std::move(labels)};
}

RunSettings ImageBatches::settings() const {
  RunSettings all = IndexedBatches::settings();
  const Normalization& by = options_.normalization;
  all.emplace_back("values of pixels", fmt::format("pixel * {} + {}{}", options_.scale, options_.offset,
                                                   by.empty() ? "" : ", normalized by " + to_string(by)));
  std::vector<std::string> transforms;
  if (options_.size) {
    transforms.push_back(fmt::format("{} resized to {}",
                                     options_.random_crop
                                         ? fmt::format("a piece ({})", to_string(*options_.random_crop))
                                         : fmt::format("the middle (share {})", options_.middle_share),
                                     to_string(*options_.size)));
  }
  for (const Transform& transform : options_.transforms) {
    transforms.push_back(transform.description);
  }
  all.emplace_back("transforms", transforms.empty()
                                     ? "none"
                                     : fmt::format("{}; drawn by seed {}", fmt::join(transforms, ", "), options_.seed));
  return all;
}

RunSettings ImageBatches::digest() const {
  RunSettings all;
  for (const std::string& name : subset_.dataset.class_names) {
    all.emplace_back(fmt::format("class {}", all.size()), printable(name));
  }
  const bool differ = !subset_.dataset.pictures.empty();
  all.emplace_back("size of images", differ ? "any" : to_string(subset_.image(0).shape()));
  const std::vector<std::uint64_t> sums = checksums_of_images(subset_);
  std::uint64_t images = 0, classes = 0;  // a sum of checksums does not depend on their order
  for (std::size_t i = 0; i < sums.size(); ++i) {
    images += sums[i];
    classes += checksum_of_pair(sums[i], static_cast<std::uint64_t>(subset_.label(static_cast<std::int64_t>(i))));
  }
  all.emplace_back("images", io::checksum_text(images));
  all.emplace_back("images' classes", io::checksum_text(classes));
  all.emplace_back("images' order", io::checksum_text(io::checksum_of(sums.data(), sums.size() * sizeof sums[0])));
  return all;
}

}  // namespace gibbs::data
