// Decoding and writing pictures: exact pixels through PNG, near ones through JPEG, and every broken file named.
#include "gibbs/data/image.h"

#include <vector>

#include "gibbs/tensor/input_file.h"
#include "small_jpeg.h"
#include "tests/data/temporary_folder.h"

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
  read_file(folder / "a.png", whole);
  for (std::size_t length = 1; length + 8 < whole.size(); ++length) {  // the last 8 bytes are IEND's type and checksum
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
  EXPECT_THAT(error_of([&] { write_png(folder / "no/a.png", counting_picture(2, 2, 3)); }), HasSubstr("cannot create"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace gibbs::data
