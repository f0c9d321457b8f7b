// EXIF's eight orientations by hand, in both byte orders, and that notes which cannot be read change nothing.
#include "gibbs/data/detail/jpeg_orientation.h"

#include "tests/data/jpeg_bytes.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

Bytes number(std::uint32_t value, int bytes, bool little) {
  Bytes result;
  for (int i = 0; i < bytes; ++i) {
    result.push_back(static_cast<std::uint8_t>(value >> 8 * (little ? i : bytes - 1 - i)));
  }
  return result;
}

struct Exif {
  std::uint32_t orientation = 6;
  bool little = false;
  std::uint32_t type = 3, count = 1, answer = 42, directory = 8, entries = 2;

  /// A directory of two entries, the second of which is the orientation.
  Bytes segment(std::size_t cut = 0) const {
    const auto n = [&](std::uint32_t value, int bytes) { return number(value, bytes, little); };
    Bytes body = joined({text_bytes("Exif"),
                         {0, 0},
                         text_bytes(little ? "II" : "MM"),
                         n(answer, 2),
                         n(directory, 4),
                         n(entries, 2),
                         n(0x010F, 2),
                         n(2, 2),
                         n(1, 4),
                         n(0, 4),  // the camera's maker
                         n(0x0112, 2),
                         n(type, 2),
                         n(count, 4),
                         n(orientation, 2),
                         n(0, 2)});
    body.resize(body.size() - cut);
    return jpeg_segment(0xE1, body);
  }
};

/// Grey, 8 high and 16 wide: the left half is darker than the right one.
Bytes with_notes(const Bytes& notes) {
  return joined({kJpegStart, notes, jpeg_tables(), jpeg_frame(0xC0, 8, 16, {{}}), jpeg_scan({1}),
                 JpegBits().flat(80).flat(8).bytes(), kJpegEnd});
}

int found(const Bytes& notes) { return jpeg_orientation(with_notes(notes), "x"); }

TEST(JpegOrientation, AllEightByHand) {
  //  1 2 3
  //  4 5 6
  const Bytes stored = {1, 2, 3, 4, 5, 6};
  const std::vector<Bytes> shown = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1}, {4, 5, 6, 1, 2, 3},
                                    {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3}, {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Bytes result(6);
    orient(stored.data(), {2, 3}, 1, orientation, result.data());
    EXPECT_EQ(result, shown[static_cast<std::size_t>(orientation - 1)]) << orientation;
    EXPECT_EQ(oriented({2, 3}, orientation), (orientation < 5 ? ImageSize{2, 3} : ImageSize{3, 2})) << orientation;
  }
  Bytes pixels(4);
  orient(Bytes{1, 2, 3, 4}.data(), {1, 2}, 2, 3, pixels.data());
  EXPECT_EQ(pixels, (Bytes{3, 4, 1, 2})) << "channels stay together";
}

TEST(JpegOrientation, IsReadInBothByteOrders) {
  for (std::uint32_t orientation = 1; orientation <= 8; ++orientation) {
    for (const bool little : {false, true}) {
      EXPECT_EQ(found(Exif{.orientation = orientation, .little = little}.segment()), static_cast<int>(orientation));
    }
  }
}

TEST(JpegOrientation, PicturesAreDecodedAsTheyAreShown) {
  const Tensor upright = decode_image(with_notes({}), "x");
  ASSERT_EQ(upright.shape(), Shape({8, 16, 3}));
  for (const int orientation : {3, 6, 8}) {
    const Bytes file = with_notes(Exif{.orientation = static_cast<std::uint32_t>(orientation)}.segment());
    const Tensor picture = decode_image(file, "x");
    const ImageSize size = image_size(file, "x");
    EXPECT_EQ(picture.shape(), Shape({size.height, size.width, 3}));
    for (std::int64_t y = 0; y < size.height; ++y) {
      for (std::int64_t x = 0; x < size.width; ++x) {
        const double expected = orientation == 3   ? upright.at({7 - y, 15 - x, 1})
                                : orientation == 6 ? upright.at({7 - x, y, 1})
                                                   : upright.at({x, 15 - y, 1});
        ASSERT_EQ(picture.at({y, x, 1}), expected) << orientation;
      }
    }
  }
  EXPECT_NE(upright.at({0, 0, 0}), upright.at({0, 15, 0}));
}

TEST(JpegOrientation, NotesThatCannotBeReadSayNothing) {
  EXPECT_EQ(found({}), 1);
  EXPECT_EQ(found(jpeg_segment(0xE1, text_bytes("http://ns.adobe.com/xap/1.0/"))), 1);
  EXPECT_EQ(found(jpeg_segment(0xE1, joined({text_bytes("Exif"), {0, 0}}))), 1);
  EXPECT_EQ(found(jpeg_segment(0xE1, joined({text_bytes("Exif"), {0, 0}, text_bytes("MI"), {0, 42, 0, 0, 0, 8}}))), 1);
  for (const Exif& exif : {Exif{.orientation = 0}, Exif{.orientation = 9}, Exif{.orientation = 0xFFFF}, Exif{.type = 4},
                           Exif{.count = 2}, Exif{.answer = 43}, Exif{.directory = 0xFFFFFFFF}, Exif{.directory = 10},
                           Exif{.entries = 1}, Exif{.entries = 0}}) {
    EXPECT_EQ(found(exif.segment()), 1);
  }
  EXPECT_EQ(found(Exif{.entries = 0xFFFF}.segment()), 6);
  for (std::size_t cut = 1; cut < 40; ++cut) {
    EXPECT_EQ(found(Exif().segment(cut)), cut <= 2 ? 6 : 1) << cut;  // the last two bytes belong to no number
  }
  EXPECT_EQ(found(joined({Exif{.orientation = 0}.segment(), Exif{.orientation = 3}.segment()})), 3);
  EXPECT_EQ(found(joined({Exif{.orientation = 8}.segment(), Exif{.orientation = 3}.segment()})), 8);
}

}  // namespace
}  // namespace gibbs::data
