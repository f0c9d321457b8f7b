// Pictures of different sizes: read as they are, and made one size for a batch, at random or from the middle.
#include <algorithm>

#include "gibbs/data/detail/resized_crop.h"
#include "gibbs/data/image_batches.h"
#include "gibbs/data/image_folder.h"
#include "gibbs/data/loader.h"
#include "gibbs/data/resize.h"
#include "picture_of.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

Tensor tensor_of(const TestPicture& picture) {
  return Tensor::from<std::uint8_t>(picture.pixels, {picture.height, picture.width, picture.channels});
}

ImageDataset three_sizes() {
  return {.labels = Tensor::of({0, 1, 0}, DType::int64),
          .class_names = {"a", "b"},
          .pictures = {tensor_of(random_picture(6, 9, 3, 1)), tensor_of(random_picture(10, 4, 3, 2)),
                       tensor_of(random_picture(5, 5, 3, 3))}};
}

/// Rows top .. top + size.height - 1 and so on, one pixel after the other.
Tensor piece_of(const Tensor& picture, std::int64_t top, std::int64_t left, const ImageSize& size) {
  Tensor piece = Tensor::zeros({size.height, size.width, picture.size(2)}, DType::uint8);
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      piece[y][x].copy_from(picture[top + y][left + x]);
    }
  }
  return piece;
}

TEST(AnySize, FoldersAreReadAsTheyAre) {
  const TemporaryFolder folder;
  folder.write_picture("a/0.png", {4, 6}, 10);
  folder.write("a/1.png", "broken");
  folder.write_picture("a/2.png", {3, 3}, 20);
  folder.write_picture("b/0.png", {1, 9}, 30);
  const ImageDataset set = read_image_folder(folder.path(), {.any_size = true});
  ASSERT_EQ(set.pictures.size(), 3U);
  EXPECT_FALSE(set.images.defined());
  EXPECT_EQ(set.pictures[0].shape(), Shape({4, 6, 3}));
  EXPECT_EQ(set.pictures[1].shape(), Shape({3, 3, 3}));
  EXPECT_EQ(set.pictures[2].at({0, 8, 2}), 30);
  EXPECT_EQ(set.labels.to_vector(), (std::vector<double>{0, 0, 1}));
  EXPECT_EQ(set.problems.size(), 1U);
  EXPECT_EQ(error_of([&] {
              read_image_folder(folder.path(), {.size = ImageSize{2, 2}, .any_size = true});
            }),
            "image folder: size and any_size are given; give one of them");
}

TEST(AnySize, TheMiddleIsTheLargestPieceOfTheShapeAskedFor) {
  const ImageDataset set = three_sizes();
  ImageBatches batches(set, {.batch_size = 3, .shuffle = false, .scale = 1, .size = ImageSize{4, 6}});
  const Tensor values = batches.make({}).input();
  EXPECT_EQ(values.shape(), Shape({3, 4, 6, 3}));
  const std::vector<Tensor> pieces = {set.pictures[0], piece_of(set.pictures[1], 3, 0, {3, 4}),
                                      piece_of(set.pictures[2], 1, 0, {3, 5})};
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(values[i].to_vector(), resize(pieces[i], {4, 6}).to_vector()) << i;
  }
  ImageBatches half(set, {.batch_size = 3, .shuffle = false, .scale = 1, .size = ImageSize{3, 3}, .middle_share = 0.5});
  EXPECT_EQ(half.make({}).input()[0].to_vector(), resize(piece_of(set.pictures[0], 1, 2, {3, 3}), {3, 3}).to_vector());
}

TEST(AnySize, RandomPiecesAreThoseOfTheKeyAndComeBeforeTheTransforms) {
  const ImageDataset set = three_sizes();
  const ImageBatchOptions options{.batch_size = 2,
                                  .seed = 4,
                                  .scale = 1,
                                  .size = ImageSize{4, 4},
                                  .random_crop = ResizedCropOptions(),
                                  .transforms = {random_horizontal_flip(1)}};
  ImageBatches batches(set, options);
  const Batch batch = batches.make({2, 1});  // sample 8
  const RandomKey key = RandomKey{.seed = 4}.derive("transforms").derive(8).derive("size");
  int same = 0;
  for (const Tensor& picture : set.pictures) {
    TestPicture expected{4, 4, 3, std::vector<std::uint8_t>(48)};
    resized_crop({picture.data<std::uint8_t>(), {picture.size(0), picture.size(1)}, 3, picture.size(1) * 3}, {}, key,
                 {4, 4}, expected.pixels.data());
    expected = transformed(random_horizontal_flip(1), expected, {});
    same += batch.input()[0].to_vector() == tensor_of(expected).to_vector() ? 1 : 0;
  }
  EXPECT_EQ(same, 1);
  DataLoader loader(set, options, {2, 1});
  EXPECT_EQ(loader.next().input().to_vector(), batch.input().to_vector());
}

TEST(AnySize, PicturesOfOneSizeMayBecomeAnother) {
  const ImageDataset set{.images = tensor_of(random_picture(4, 6, 3, 1)).reshape({1, 4, 6, 3}),
                         .labels = Tensor::of({0}, DType::int64),
                         .class_names = {"a"}};
  ImageBatches batches(set, {.batch_size = 1, .scale = 1, .size = ImageSize{2, 3}});
  EXPECT_EQ(batches.make({}).input()[0].to_vector(), resize(set.images[0], {2, 3}).to_vector());
}

TEST(AnySize, SettingsAndDigest) {
  const auto find = [](const RunSettings& all, const char* name) {
    return std::ranges::find(all, name, &RunSettings::value_type::first)->second;
  };
  const ImageBatchOptions middle{.batch_size = 1, .seed = 2, .size = ImageSize{4, 6}, .middle_share = 0.875};
  EXPECT_EQ(find(ImageBatches(three_sizes(), middle).settings(), "transforms"),
            "the middle (share 0.875) resized to 4x6; drawn by seed 2");
  const ImageBatchOptions random{
      .batch_size = 1, .size = ImageSize{4, 6}, .random_crop = ResizedCropOptions{.least_aspect = 1}};
  EXPECT_EQ(find(ImageBatches(three_sizes(), random).settings(), "transforms"),
            "a piece (area 0.08 to 1, aspect 1 to 1.3333333333333333) resized to 4x6; drawn by seed 0");
  ImageDataset set = three_sizes();
  const RunSettings before = ImageBatches(set, middle).digest();
  EXPECT_EQ(find(before, "size of images"), "any");
  set.pictures[1] = set.pictures[1].clone().reshape({4, 10, 3});
  EXPECT_NE(find(ImageBatches(set, middle).digest(), "images"), find(before, "images"));
}

#ifndef __SANITIZE_ADDRESS__  // under which nothing is recycled
TEST(AnySize, SteadyStateAsksTheSystemForNoMemory) {
  DataLoader loader(three_sizes(), {.batch_size = 3, .size = ImageSize{4, 4}, .random_crop = ResizedCropOptions()});
  for (int i = 0; i < 50; ++i) {
    loader.next();
  }
  const std::size_t before = memory::system_allocations();
  for (int i = 0; i < 100; ++i) {
    loader.next();
  }
  EXPECT_EQ(memory::system_allocations(), before);
}
#endif

TEST(AnySize, Errors) {
  ImageDataset set = three_sizes();
  const auto error_with = [&](const ImageBatchOptions& options) {
    return error_of([&] { ImageBatches(set, options); });
  };
  const ImageSize size{2, 2};
  EXPECT_EQ(error_with({.batch_size = 1}),
            "ImageBatches: the pictures differ in size; read them with one size, or give ImageBatches one");
  EXPECT_EQ(error_with({.batch_size = 1, .size = ImageSize{0, 2}}),
            "ImageBatches: the size must be at least 1x1, not 0x2");
  EXPECT_EQ(error_with({.batch_size = 1, .size = size, .middle_share = 1.5}),
            "ImageBatches: middle_share must be in (0, 1], it is 1.5");
  EXPECT_EQ(error_with({.batch_size = 1, .size = size, .random_crop = ResizedCropOptions(), .middle_share = 0.5}),
            "ImageBatches: random_crop and middle_share are given; give one of them");
  EXPECT_EQ(error_with({.batch_size = 1, .size = size, .random_crop = ResizedCropOptions{.least_area = 2}}),
            "ImageBatches: areas must be in (0, 1], the least first, not 2 and 1");
  set.pictures[1] = Tensor::zeros({4, 4, 1}, DType::uint8);
  EXPECT_EQ(error_with({.batch_size = 1, .size = size}),
            "ImageBatches: picture 1 must be uint8 [H, W, 3] as all of them, not uint8 [4, 4, 1]");
  set.pictures.pop_back();
  set.pictures.pop_back();
  EXPECT_EQ(error_with({.batch_size = 1, .size = size}), "ImageBatches: 1 images but 3 labels");
  set = {.images = Tensor::zeros({1, 2, 2, 3}, DType::uint8),
         .labels = Tensor::of({0}, DType::int64),
         .class_names = {"a"}};
  EXPECT_EQ(
      error_with({.batch_size = 1, .random_crop = ResizedCropOptions()}),
      "ImageBatches: random_crop and middle_share say what becomes of pictures of other sizes; give the size, too");
  set.pictures = three_sizes().pictures;
  EXPECT_EQ(error_with({.batch_size = 1, .size = size}),
            "ImageBatches: the dataset has both images and pictures; give one of them");
}

}  // namespace
}  // namespace gibbs::data
