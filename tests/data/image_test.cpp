// Decoding and writing pictures: exact pixels through PNG, near ones through JPEG, and every broken file named.
#include "gibbs/data/image.h"

#include <cstdlib>
#include <vector>

#include "gibbs/io/input_file.h"
#include "png_bytes.h"
#include "small_jpeg.h"
#include "tests/data/temporary_folder.h"
#include "tests/testing/little_memory.h"

namespace gibbs::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Tensor counting_picture(std::int64_t height, std::int64_t width, std::int64_t channels) {
  Tensor picture = Tensor::uninitialized({height, width, channels}, DType::uint8);
  auto* pixels = picture.mutable_data<std::uint8_t>();
  for (std::int64_t i = 0; i < picture.numel(); ++i) {
    pixels[i] = static_cast<std::uint8_t>(i * 37 + 11);
  }
  return picture;
}

TEST(Image, PngKeepsEveryPixel) {
  const TemporaryFolder folder;
  const Tensor picture = counting_picture(5, 7, 3);
  write_png(folder / "a.png", picture);
  const Tensor back = read_image(folder / "a.png");
  EXPECT_EQ(back.shape(), picture.shape());
  EXPECT_EQ(back.to_vector(), picture.to_vector());
}

TEST(Image, GreyBecomesThreeEqualChannelsAndAlphaIsDropped) {
  const TemporaryFolder folder;
  const Tensor grey = counting_picture(4, 3, 1);
  write_png(folder / "grey.png", grey);
  const Tensor rgba = counting_picture(4, 3, 4);
  write_png(folder / "rgba.png", rgba);
  const Tensor from_grey = read_image(folder / "grey.png");
  const Tensor from_rgba = read_image(folder / "rgba.png");
  ASSERT_EQ(from_grey.shape(), Shape({4, 3, 3}));
  ASSERT_EQ(from_rgba.shape(), Shape({4, 3, 3}));
  for (std::int64_t y = 0; y < 4; ++y) {
    for (std::int64_t x = 0; x < 3; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        EXPECT_EQ(from_grey.at({y, x, c}), grey.at({y, x, 0}));
        EXPECT_EQ(from_rgba.at({y, x, c}), rgba.at({y, x, c}));
      }
    }
  }
}

TEST(Image, DecodesJpeg) {
  const Tensor picture = decode_image(kSmallJpeg, "small");
  ASSERT_EQ(picture.shape(), Shape({8, 16, 3}));
  for (std::int64_t y = 0; y < 8; ++y) {
    for (std::int64_t x = 0; x < 16; ++x) {
      EXPECT_NEAR(picture.at({y, x, 0}), x < 8 ? 255 : 0, 4);
      EXPECT_NEAR(picture.at({y, x, 1}), 0, 4);
      EXPECT_NEAR(picture.at({y, x, 2}), x < 8 ? 0 : 255, 4);
    }
  }
  EXPECT_EQ(image_size(kSmallJpeg, "small"), (ImageSize{8, 16}));
  EXPECT_EQ(to_string(image_size(kSmallJpeg, "small")), "8x16");
}

TEST(Image, EveryTruncationOfAJpegIsAnError) {
  const std::span<const std::uint8_t> whole = kSmallJpeg;
  for (std::size_t length = 1; length < whole.size(); ++length) {
    EXPECT_THAT(error_of([&] { decode_image(whole.first(length), "cut.jpg"); }), StartsWith("image: cut.jpg: "))
        << length;
  }
  ASSERT_EQ(whole.size(), 291U);
  EXPECT_EQ(error_of([&] { decode_image(whole.first(289), "cut.jpg"); }),
            "image: cut.jpg: the file ends after 289 bytes, before the picture does");
}

TEST(Image, EveryTruncationOfAPngIsAnError) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", counting_picture(5, 7, 3));
  std::vector<std::uint8_t> whole;
  io::read_file(folder / "a.png", whole);
  for (std::size_t length = 1; length < whole.size(); ++length) {
    EXPECT_THAT(error_of([&] { decode_image(std::span(whole).first(length), "cut.png"); }),
                StartsWith("image: cut.png: "))
        << length;
  }
}

TEST(Image, BrokenFilesAreNamed) {
  const TemporaryFolder folder;
  const std::string text = folder.write("text.jpg", "This is no picture.");
  const std::string empty = folder.write("empty.png", "");
  EXPECT_EQ(error_of([&] { read_image(text); }),
            "image: " + text + ": neither a JPEG nor a PNG file, by its first bytes");
  EXPECT_EQ(error_of([&] { read_image(empty); }), "image: " + empty + ": the file is empty");
  EXPECT_EQ(error_of([&] { read_image(folder / "none.png"); }),
            "read: cannot open " + folder / "none.png" + ": No such file or directory");
  EXPECT_EQ(error_of([&] { read_image(folder.path()); }),
            "read: " + folder.path().string() + " is a folder, not a file");
}

TEST(Image, WhatAsksForMoreThanTheLimitsIsNotDecoded) {
  const auto refusal = [](const Bytes& file, const ImageLimits& limits = {}) {
    return error_of([&] { decode_image(file, "x", limits); });
  };
  const auto header_alone = [](int height, int width) {
    return joined({kPngStart, png_header(height, width, 8, 0), png_pixels({0}), kPngEnd});
  };
  const std::string huge = "image: x: 20000x20000 is 400000000 pixels, more than the limit of 134217728";
  EXPECT_EQ(refusal(header_alone(20'000, 20'000)), huge);
  EXPECT_EQ(refusal(joined({kJpegStart, jpeg_frame(0xC0, 20'000, 20'000, {{}}), jpeg_tables(), kJpegEnd})), huge);
  EXPECT_EQ(refusal(header_alone(1 << 30, 1 << 30)),
            "image: x: 1073741824x1073741824 is 1152921504606846976 pixels, more than the limit of 134217728");
  // A camera's 100 million pixels are allowed: what is wrong with this file is only found by looking at them.
  EXPECT_THAT(refusal(header_alone(8'660, 11'547)), HasSubstr("of its rows"));
  const Bytes picture = grey_png({1, 2, 3});
  EXPECT_EQ(refusal(picture, {.pixels = 3}), "");
  EXPECT_EQ(refusal(picture, {.pixels = 2}), "image: x: 1x3 is 3 pixels, more than the limit of 2");
  const auto bytes = static_cast<std::int64_t>(picture.size());
  EXPECT_EQ(refusal(picture, {.file_bytes = bytes}), "");
  EXPECT_EQ(refusal(picture, {.file_bytes = bytes - 1}),
            "image: x: " + std::to_string(bytes) + " bytes, more than the limit of " + std::to_string(bytes - 1));
}

TEST(Image, FilesAboveTheLimitAreNotRead) {
  const TemporaryFolder folder;
  const std::string sparse = folder.write("sparse.jpg", kSmallJpeg);
  std::filesystem::resize_file(sparse, 6LL << 30);
  EXPECT_EQ(error_of([&] { read_image(sparse); }),
            "read: " + sparse + " has 6442450944 bytes, more than the limit of 536870912");
  EXPECT_EQ(error_of([&] { read_image(sparse, {.file_bytes = 290}); }),
            "read: " + sparse + " has 6442450944 bytes, more than the limit of 290");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which need more address space than this leaves
TEST(Image, LackOfMemoryNamesFileAndSize) {
  const Bytes file = joined({kPngStart, png_header(8'000, 8'000, 8, 6), png_pixels({0}), kPngEnd});
  const auto decode_with_little_memory = [&] {
    gibbs::testing::limit_growth(64 << 20);
    std::fprintf(stderr, "%s", error_of([&] { decode_image(file, "x"); }).c_str());
    std::_Exit(2);
  };
  EXPECT_EXIT(decode_with_little_memory(), ::testing::ExitedWithCode(2),
              "image: x: no memory to decode 8000x8000 pixels");
}
#endif

TEST(Image, WritePngRefusesWhatIsNoPicture) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] {
              write_png(folder / "a.png", Tensor::zeros({2, 2, 3}));
            }),
            "write_png: needs a uint8 picture [H, W, C], not float32 [2, 2, 3]");
  EXPECT_EQ(error_of([&] {
              write_png(folder / "a.png", Tensor::zeros({2, 2, 2}, DType::uint8));
            }),
            "write_png: needs 1, 3 or 4 channels, not 2");
  EXPECT_EQ(
      error_of([&] {
        write_png(folder / "a.png", Tensor::uninitialized({1 << 28, 1, 1}, DType::uint8));
      }),
      "write_png: the picture [268435456, 1, 1] is too large; less than 536870912 bytes of pixels and rows can be "
      "written");
  EXPECT_THAT(error_of([&] { write_png(folder / "no/a.png", counting_picture(2, 2, 3)); }), HasSubstr("cannot create"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace gibbs::data
