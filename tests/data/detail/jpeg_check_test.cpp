// JPEG files with every part left out, doubled, cut or made wrong: refused with the byte, or decoded to the right
// pixels.
#include "gibbs/data/detail/jpeg_check.h"

#include "tests/data/refusal.h"

namespace gibbs::data {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Row = std::vector<double>;

TEST(JpegCheck, AcceptsAPictureOfBlocks) {
  EXPECT_EQ(first_row(grey_jpeg({0, 80, -160})), (Row{128, 138, 118}));
  EXPECT_EQ(jpeg_size(grey_jpeg({0, 80, -160}), "x"), (ImageSize{8, 24}));
}

TEST(JpegCheck, TablesThatAScanUsesMustExist) {
  const Bytes dqt = jpeg_quantisation(0), dc = jpeg_huffman(0, 0), ac = jpeg_huffman(1, 0);
  EXPECT_EQ(first_row(two_blocks(joined({dqt, dc, ac}))), (Row{138, 139}));
  EXPECT_EQ(first_row(two_blocks(dqt, joined({dc, ac}))), (Row{138, 139}));
  EXPECT_EQ(refusal(two_blocks(joined({dc, ac}))),
            "byte 82: the scan needs quantisation table 0, which no segment before it defines");
  EXPECT_EQ(refusal(two_blocks(joined({dqt, ac}))),
            "byte 119: the scan needs DC Huffman table 0, which no segment before it defines");
  EXPECT_EQ(refusal(two_blocks(joined({dqt, dc}))),
            "byte 123: the scan needs AC Huffman table 0, which no segment before it defines");
  EXPECT_THAT(refusal(two_blocks(joined({jpeg_quantisation(1), dc, ac}))), HasSubstr("quantisation table 0"));
  EXPECT_THAT(refusal(two_blocks(joined({dqt, jpeg_huffman(0, 1), ac}))), HasSubstr("DC Huffman table 0"));
  EXPECT_THAT(refusal(two_blocks(joined({dqt, dc, jpeg_huffman(1, 3)}))), HasSubstr("AC Huffman table 0"));
}

TEST(JpegCheck, HuffmanTablesMustFit) {
  const auto refusal_of = [](const Bytes& table) { return refusal(two_blocks(joined({jpeg_tables(), table}))); };
  const auto table = [](const Bytes& counts, std::size_t symbols) {
    return jpeg_segment(0xC4, joined({{0x10}, counts, Bytes(symbols, 0)}));
  };
  EXPECT_EQ(refusal_of(table(Bytes(16, 255), 16 * 255)),
            "byte 137: a Huffman table of 4080 codes of lengths that leave no room for them");
  Bytes counts(16, 0);
  counts[15] = 255;
  counts[14] = 2;
  EXPECT_EQ(refusal_of(table(counts, 257)),
            "byte 137: a Huffman table of 257 codes of lengths that leave no room for them");
  EXPECT_EQ(refusal_of(table(joined({{3}, Bytes(15, 0)}), 3)),
            "byte 137: a Huffman table of 3 codes of lengths that leave no room for them");
  EXPECT_EQ(refusal_of(table(joined({{1, 2, 1}, Bytes(13, 0)}), 4)),
            "byte 137: a Huffman table of 4 codes of lengths that leave no room for them");
  EXPECT_EQ(refusal_of(table(joined({{1, 2}, Bytes(14, 0)}), 2)), "byte 137: a Huffman table of 3 codes but 2 symbols");
  EXPECT_EQ(refusal_of(jpeg_segment(0xC4, {0x20})),
            "byte 137: no Huffman table for DC or AC, called 0 to 3, with 16 counts");
  EXPECT_THAT(refusal_of(jpeg_segment(0xC4, Bytes(10, 0))), HasSubstr("with 16 counts"));
  EXPECT_EQ(refusal(two_blocks(joined({jpeg_tables(), jpeg_segment(0xC4, {})}))), "");
  // Every code of a length may be used, the one of ones only included.
  EXPECT_EQ(refusal_of(jpeg_segment(0xC4, joined({{0x11, 2}, Bytes(15, 0), {0, 1}}))), "");
}

TEST(JpegCheck, QuantisationTablesMustFit) {
  const auto refusal_of = [](const Bytes& body) {
    return refusal(two_blocks(joined({jpeg_tables(), jpeg_segment(0xDB, body)})));
  };
  const std::string expected = "byte 137: no quantisation table of 64 numbers of 1 or 2 bytes, called 0 to 3";
  EXPECT_EQ(refusal_of(Bytes(64, 1)), expected);
  EXPECT_EQ(refusal_of(joined({{0x10}, Bytes(127, 1)})), expected);
  EXPECT_EQ(refusal_of(joined({{0x20}, Bytes(192, 1)})), expected);
  EXPECT_EQ(refusal_of(joined({{4}, Bytes(64, 1)})), expected);
  EXPECT_EQ(refusal_of(joined({{0x11}, Bytes(128, 1)})), "");
}

TEST(JpegCheck, SegmentsOfWrongLengths) {
  EXPECT_EQ(refusal(two_blocks(joined({jpeg_tables(), {0xFF, 0xE0, 0, 1}}))),
            "byte 135: a segment of 1 bytes; its length alone takes 2");
  EXPECT_EQ(refusal(two_blocks(joined({jpeg_tables(), jpeg_segment(0xDD, {1})}))),
            "byte 134: a restart interval of 1 bytes; expected 2");
  EXPECT_THAT(refusal(two_blocks(joined({jpeg_tables(), {0xFF, 0xFE, 0x7F, 0xFF}}))),
              EndsWith("bytes, before the picture does"));
  EXPECT_EQ(refusal(two_blocks(joined({jpeg_tables(), jpeg_segment(0xCC, {0, 1})}))),
            "byte 134: marker FF CC, which no picture of this kind has; save it as a baseline or progressive JPEG");
}

TEST(JpegCheck, PaddingAndTrailersAreAccepted) {
  const Bytes file = two_blocks(jpeg_tables());
  EXPECT_EQ(first_row(joined({file, Bytes(100, 7), kJpegEnd})), (Row{138, 139}));
  EXPECT_EQ(first_row(two_blocks(joined({{0xFF, 0xFF}, jpeg_tables(), {0, 0, 0}}))), (Row{138, 139}));
  EXPECT_EQ(first_row(two_blocks(jpeg_tables(), {}, joined({JpegBits().flat(80).flat(8).bytes(), Bytes(20, 0)}))),
            (Row{138, 139}));
  EXPECT_EQ(first_row(two_blocks(jpeg_tables(), jpeg_segment(0xFE, text_bytes("a note")))), (Row{138, 139}));
}

TEST(JpegCheck, TheEndOfAThumbnailIsNotThePicturesEnd) {
  const Bytes exif = jpeg_segment(0xE1, joined({text_bytes("Exif"), {0, 0}, grey_jpeg({0})}));
  const Bytes whole = two_blocks(joined({exif, jpeg_tables()}));
  EXPECT_EQ(first_row(whole), (Row{138, 139}));
  const Bytes cut(whole.begin(), whole.end() - 2);
  EXPECT_EQ(refusal(cut), "the file ends after " + std::to_string(cut.size()) + " bytes, before the picture does");
}

TEST(JpegCheck, FramesThatCannotBeDecoded) {
  const auto refusal_of = [](const Bytes& frame) {
    return refusal(joined({kJpegStart, jpeg_tables(), frame, jpeg_scan({1}), JpegBits().flat(0).bytes(), kJpegEnd}));
  };
  const std::string save = "; save it as a baseline or progressive JPEG";
  EXPECT_EQ(refusal_of(jpeg_frame(0xC0, 8, 8, {{}})), "");
  EXPECT_EQ(refusal_of(jpeg_frame(0xC1, 8, 8, {{}})), "");
  EXPECT_EQ(refusal_of(jpeg_frame(0xC3, 8, 8, {{}})), "byte 134: a lossless picture" + save);
  for (const int marker : {0xC5, 0xC6, 0xC7}) {
    EXPECT_EQ(refusal_of(jpeg_frame(marker, 8, 8, {{}})), "byte 134: a hierarchical picture" + save);
  }
  for (const int marker : {0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}) {
    EXPECT_EQ(refusal_of(jpeg_frame(marker, 8, 8, {{}})), "byte 134: an arithmetically coded picture" + save);
  }
  EXPECT_EQ(refusal_of(jpeg_frame(0xC1, 8, 8, {{}}, 12)), "byte 137: 12 bits per colour; expected 8" + save);
  EXPECT_EQ(refusal_of(jpeg_frame(0xC0, 0, 8, {{}})), "byte 138: the size is 0x8" + save);
  EXPECT_EQ(refusal_of(jpeg_frame(0xC0, 8, 0, {{}})), "byte 138: the size is 8x0" + save);
  EXPECT_EQ(refusal_of(jpeg_frame(0xC0, 8, 8, {{}, {.id = 2}})), "byte 142: 2 components; expected 1, 3 or 4");
  EXPECT_EQ(refusal_of(jpeg_segment(0xC0, {8, 0, 8, 0})), "byte 134: a frame header of 4 bytes");
  EXPECT_EQ(refusal_of(jpeg_segment(0xC0, {8, 0, 8, 0, 8, 1, 1, 0x11})),
            "byte 134: a frame header of 8 bytes; 1 components take 9");
  EXPECT_EQ(refusal_of(jpeg_frame(0xC0, 8, 8, {{.sampling = 0x15}})),
            "byte 144: sampling factors 1x5; expected 1 to 4");
  EXPECT_EQ(refusal_of(jpeg_frame(0xC0, 8, 8, {{.quantisation = 4}})),
            "byte 145: quantisation table 4; expected 0 to 3");
  EXPECT_EQ(refusal_of({}), "byte 134: the frame header, which tells the size, is missing");
  EXPECT_EQ(refusal_of(joined({jpeg_frame(0xC0, 8, 8, {{}}), jpeg_frame(0xC0, 8, 8, {{}})})),
            "byte 147: a second frame header");
}

TEST(JpegCheck, TheHeightMayBeRepeatedButNotChanged) {
  EXPECT_EQ(refusal(two_blocks(jpeg_tables(), jpeg_segment(0xDC, {0, 8}))), "");
  EXPECT_THAT(refusal(two_blocks(jpeg_tables(), jpeg_segment(0xDC, {0, 9}))),
              StartsWith("byte 147: the height is not the frame header's"));
}

/// A colour picture of 16x16 with one MCU of four, one and one blocks, when the sampling is 0x22.
Bytes colour_picture(int sampling, const Bytes& scans, const std::vector<int>& ids = {1, 2, 3},
                     const Bytes& notes = {}) {
  return joined({kJpegStart, notes, jpeg_tables(),
                 jpeg_frame(0xC0, 16, 16, {{ids[0], sampling}, {.id = ids[1]}, {.id = ids[2]}}), scans, kJpegEnd});
}

TEST(JpegCheck, EveryComponentIsInOneScan) {
  JpegBits together;
  together.flat(80).flat(80).flat(0).flat(0).flat(0).flat(0);
  const Bytes interleaved = joined({jpeg_scan({1, 2, 3}), together.bytes()});
  EXPECT_EQ(first_row(colour_picture(0x22, interleaved)), (Row{138, 148}));
  const auto alone = [](int id, int blocks) {
    JpegBits bits;
    for (int i = 0; i < blocks; ++i) {
      bits.flat(i == 0 ? 80 : 0);
    }
    return joined({jpeg_scan({id}), bits.bytes()});
  };
  const Bytes luminance = alone(1, 4), blue = alone(2, 1), red = alone(3, 1);
  EXPECT_EQ(refusal(colour_picture(0x22, joined({luminance, blue, red}))), "");
  EXPECT_EQ(refusal(colour_picture(0x22, joined({luminance, blue}))),
            "byte 179: the picture ends without a scan of component 2");
  EXPECT_EQ(refusal(colour_picture(0x22, {})), "byte 152: the picture ends without a scan of component 0");
  const std::string repeats = "a scan that repeats another, or comes before one that it refines";
  EXPECT_THAT(refusal(colour_picture(0x22, joined({luminance, luminance, blue, red}))), EndsWith(repeats));
  EXPECT_THAT(refusal(colour_picture(0x22, joined({jpeg_scan({1, 1}), together.bytes()}))), EndsWith(repeats));
  EXPECT_THAT(refusal(colour_picture(0x22, joined({luminance, alone(7, 1)}))),
              EndsWith("a scan of component 7, which the frame header lacks"));
  EXPECT_THAT(refusal(colour_picture(0x22, jpeg_segment(0xDA, {4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0}))),
              EndsWith("a scan header of 12 bytes for 4 of 3 components"));
  EXPECT_THAT(refusal(colour_picture(0x22, jpeg_segment(0xDA, {}))),
              EndsWith("a scan header of 0 bytes for 0 of 3 components"));
  EXPECT_THAT(refusal(colour_picture(0x22, jpeg_scan({1, 2, 3}, 0x44))),
              EndsWith("Huffman tables 4 and 4; expected 0 to 3"));
  EXPECT_THAT(refusal(joined({kJpegStart, jpeg_tables(), jpeg_scan({1})})), HasSubstr("frame header"));
}

TEST(JpegCheck, SamplingFactorsMustDivide) {
  const Bytes file =
      joined({kJpegStart, jpeg_tables(), jpeg_frame(0xC0, 8, 24, {{1, 0x31}, {2, 0x21}, {.id = 3}}), kJpegEnd});
  EXPECT_EQ(refusal(file),
            "byte 143: sampling factors 2x1 do not divide the largest, 3x1; save it as a baseline or progressive JPEG");
}

Bytes jfif() { return jpeg_segment(0xE0, joined({text_bytes("JFIF"), {0, 1, 1, 0, 0, 1, 0, 1, 0, 0}})); }
Bytes adobe(std::uint8_t transform) {
  return jpeg_segment(0xEE, joined({text_bytes("Adobe"), {0, 100, 0, 0, 0, 0, transform}}));
}

TEST(JpegCheck, FourComponentsNeedAdobesMarker) {
  const auto file = [](const Bytes& notes) {
    return joined({kJpegStart, notes, jpeg_tables(), jpeg_frame(0xC0, 8, 8, {{}, {.id = 2}, {.id = 3}, {.id = 4}}),
                   jpeg_scan({1, 2, 3, 4}), JpegBits().flat(1016).flat(0).flat(-1024).flat(0).bytes(), kJpegEnd});
  };
  const std::string refused =
      "four components without Adobe's marker, which tells CMYK from YCCK; convert the picture to RGB";
  EXPECT_EQ(refusal(file({})), "byte 156: " + refused);
  EXPECT_THAT(refusal(file(jfif())), EndsWith(refused));
  EXPECT_THAT(refusal(file(adobe(1))), EndsWith(refused));
  EXPECT_THAT(refusal(file(jpeg_segment(0xEE, text_bytes("Adobe")))), EndsWith(refused));
  // Adobe's CMYK is inverted: cyan 255 lets all red through, of which black 128 leaves a half.
  EXPECT_EQ(decode_image(file(adobe(0)), "x").to_vector(), [] {
    std::vector<double> pixels;
    for (int i = 0; i < 64; ++i) {
      pixels.insert(pixels.end(), {128, 64, 0});
    }
    return pixels;
  }());
  EXPECT_EQ(refusal(file(adobe(2))), "");
}

TEST(JpegCheck, ComponentsNamedRgbMustNotBeDeclaredAnythingElse) {
  const auto file = [](const Bytes& notes) {
    return colour_picture(0x11,
                          joined({jpeg_scan({'R', 'G', 'B'}), JpegBits()
                                                                  .flat(80)
                                                                  .flat(0)
                                                                  .flat(-80)
                                                                  .flat(0)
                                                                  .flat(0)
                                                                  .flat(0)
                                                                  .flat(0)
                                                                  .flat(0)
                                                                  .flat(0)
                                                                  .flat(0)
                                                                  .flat(0)
                                                                  .flat(0)
                                                                  .bytes()}),
                          {'R', 'G', 'B'}, notes);
  };
  for (const Bytes& notes : {Bytes{}, adobe(0)}) {
    const Tensor picture = decode_image(file(notes), "x");
    EXPECT_EQ(picture[0][0].to_vector(), (std::vector<double>{138, 128, 118}));
  }
  for (const Bytes& notes : {jfif(), adobe(1), adobe(2)}) {
    EXPECT_THAT(refusal(file(notes)),
                HasSubstr("components called R, G and B, which the JFIF or Adobe marker says are"));
  }
}

}  // namespace
}  // namespace gibbs::data
