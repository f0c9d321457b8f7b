// PNG files of every kind decoded to the right pixels, and with every part left out, cut or made wrong.
#include "gibbs/data/detail/png_check.h"

#include <array>

#include "gibbs/data/detail/decoder_memory.h"
#include "gibbs/io/input_file.h"
#include "tests/data/png_bytes.h"
#include "tests/data/refusal.h"

namespace gibbs::data {
namespace {

using ::testing::EndsWith;

std::vector<double> pixels_of(const Bytes& file) { return decode_image(file, "x").to_vector(); }

/// A palette whose colour k is (k, 255 - k, 7).
Bytes palette_of(int colours) {
  Bytes body;
  for (int k = 0; k < colours; ++k) {
    body.insert(body.end(), {static_cast<std::uint8_t>(k), static_cast<std::uint8_t>(255 - k), 7});
  }
  return png_chunk("PLTE", body);
}

struct Kind {
  int colour, bits, channels, interlaced;
};

class KindsOfPng : public ::testing::TestWithParam<Kind> {
 protected:
  static constexpr int kHeight = 11, kWidth = 13;
  /// The number of a pixel's channel in the file.
  int sample(int y, int x, int channel) const {
    return (y * 7919 + x * 104'729 + channel * 1299) % (1 << GetParam().bits);
  }
  /// Rows of the pixels at x0, x0 + step_x, ... of the lines y0, y0 + step_y, ..., not filtered.
  Bytes rows(int x0, int y0, int step_x, int step_y) const {
    const auto [colour, bits, channels, interlaced] = GetParam();
    Bytes result;
    for (int y = y0; y < kHeight && x0 < kWidth; y += step_y) {
      std::vector<bool> row(8, false);  // the filter
      for (int x = x0; x < kWidth; x += step_x) {
        for (int c = 0; c < channels; ++c) {
          for (int bit = bits - 1; bit >= 0; --bit) {
            row.push_back((sample(y, x, c) >> bit & 1) != 0);
          }
        }
      }
      row.resize((row.size() + 7) / 8 * 8);
      for (std::size_t i = 0; i < row.size(); i += 8) {
        int byte = 0;
        for (std::size_t bit = i; bit < i + 8; ++bit) {
          byte = 2 * byte + int{row[bit]};
        }
        result.push_back(static_cast<std::uint8_t>(byte));
      }
    }
    return result;
  }
  double expected(int y, int x, int channel) const {
    const auto [colour, bits, channels, interlaced] = GetParam();
    const int value = sample(y, x, channels < 3 ? 0 : channel);
    if (colour == 3) {
      return std::array<int, 3>{value, 255 - value, 7}[static_cast<std::size_t>(channel)];
    }
    return bits == 16 ? value / 256 : value * (255 / ((1 << bits) - 1));
  }
};

TEST_P(KindsOfPng, AreDecoded) {
  const auto [colour, bits, channels, interlaced] = GetParam();
  Bytes packed = rows(0, 0, 1, 1);
  if (interlaced == 1) {
    packed = joined({rows(0, 0, 8, 8), rows(4, 0, 8, 8), rows(0, 4, 4, 8), rows(2, 0, 4, 4), rows(0, 2, 2, 4),
                     rows(1, 0, 2, 2), rows(0, 1, 1, 2)});
  }
  const Tensor picture =
      decode_image(joined({kPngStart, png_header(kHeight, kWidth, bits, colour, interlaced),
                           colour == 3 ? palette_of(1 << bits) : Bytes{}, png_pixels(packed), kPngEnd}),
                   "x");
  ASSERT_EQ(picture.shape(), Shape({kHeight, kWidth, 3}));
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      for (int c = 0; c < 3; ++c) {
        ASSERT_EQ(picture.at({y, x, c}), expected(y, x, c)) << y << ", " << x << ", " << c;
      }
    }
  }
}

std::vector<Kind> kinds() {
  std::vector<Kind> all;
  for (const int interlaced : {0, 1}) {
    for (const int bits : {1, 2, 4, 8, 16}) {
      all.push_back({0, bits, 1, interlaced});
      if (bits <= 8) {
        all.push_back({3, bits, 1, interlaced});
      }
      if (bits >= 8) {
        all.insert(all.end(), {{2, bits, 3, interlaced}, {4, bits, 2, interlaced}, {6, bits, 4, interlaced}});
      }
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, KindsOfPng, ::testing::ValuesIn(kinds()), [](const auto& kind) {
  return "Colour" + std::to_string(kind.param.colour) + "Bits" + std::to_string(kind.param.bits) +
         (kind.param.interlaced == 1 ? "Interlaced" : "");
});

TEST(PngCheck, WhatMayBeIgnoredIsIgnored) {
  const Bytes header = png_header(1, 2, 8, 0), pixels = png_pixels({0, 10, 20});
  const std::vector<double> expected = {10, 10, 10, 20, 20, 20};
  const Bytes animation = joined({png_chunk("acTL", big_endian(1)), png_chunk("fdAT", {1, 2, 3})});
  EXPECT_EQ(pixels_of(joined({kPngStart, header, animation, pixels, animation, kPngEnd})), expected);
  EXPECT_EQ(pixels_of(joined({grey_png({10, 20}), text_bytes("what follows the end")})), expected);
  EXPECT_EQ(pixels_of(joined({kPngStart, header, png_pixels({0, 10, 20, 0, 0, 0}), kPngEnd})), expected);
  const Bytes stream = zlib_stored({0, 10, 20});
  Bytes pieces;
  for (const std::uint8_t byte : stream) {
    pieces = joined({pieces, png_chunk("IDAT", {byte})});
  }
  EXPECT_EQ(pixels_of(joined({kPngStart, header, pieces, kPngEnd})), expected);
  // What a palette is to pictures that have their own colours: a hint.
  EXPECT_EQ(pixels_of(joined({kPngStart, png_header(1, 1, 8, 2), palette_of(2), png_pixels({0, 1, 2, 3}), kPngEnd})),
            (std::vector<double>{1, 2, 3}));
}

TEST(PngCheck, NoByteCanChangeUnnoticed) {
  const TemporaryFolder folder;
  Tensor picture = Tensor::zeros({9, 7, 3}, DType::uint8);
  for (std::int64_t i = 0; i < picture.numel(); ++i) {
    picture.mutable_data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i * i);
  }
  write_png(folder / "a.png", picture);
  Bytes file;
  io::read_file(folder / "a.png", file);
  EXPECT_EQ(refusal(file), "");
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const int change : {1, 32, 255}) {
      Bytes damaged = file;
      damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ change);
      EXPECT_NE(refusal(damaged), "") << i;
    }
  }
  for (std::size_t length = 0; length < file.size(); ++length) {
    EXPECT_NE(refusal({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length)}), "") << length;
  }
  EXPECT_EQ(refusal({file.begin(), file.begin() + 60}), "the file ends after 60 bytes, before the picture does");
}

TEST(PngCheck, ChecksumsAreCompared) {
  Bytes file = grey_png({10, 20});
  file[8 + 25 + 8 + 8]++;  // a pixel
  EXPECT_EQ(refusal(file), "byte 37: the checksum (CRC-32) of chunk IDAT is another; the file is damaged");
  file = grey_png({10, 20});
  file[8 + 21]++;
  EXPECT_EQ(refusal(file), "byte 12: the checksum (CRC-32) of chunk IHDR is another; the file is damaged");
  Bytes stream = zlib_stored({0, 10, 20});
  stream.back()++;
  EXPECT_EQ(refusal(joined({kPngStart, png_header(1, 2, 8, 0), png_chunk("IDAT", stream), kPngEnd})),
            "byte 14 of the packed pixels: the unpacked pixels' checksum (Adler-32) is another");
}

TEST(PngCheck, HeadersThatCannotBe) {
  const auto refusal_of = [](const Bytes& header) {
    return refusal(joined({kPngStart, header, png_pixels({0, 10, 20}), kPngEnd}));
  };
  EXPECT_EQ(refusal_of(png_chunk("CgBI", {0, 0, 0, 0})), "byte 12: Apple's variant of PNG; save it as plain PNG");
  EXPECT_EQ(refusal_of({}), "byte 12: expected the chunk IHDR of 13 bytes, found IDAT of 14");
  EXPECT_EQ(refusal_of(png_chunk("IHDR", Bytes(12, 1))),
            "byte 12: expected the chunk IHDR of 13 bytes, found IHDR of 12");
  EXPECT_EQ(refusal_of(png_header(0, 2, 8, 0)), "byte 16: the size is 0x2");
  EXPECT_EQ(refusal_of(png_header(1, 0, 8, 0)), "byte 16: the size is 1x0");
  EXPECT_EQ(refusal_of(png_header(-1, 1, 8, 0)), "byte 16: the size is 4294967295x1");
  for (const auto& [bits, colour] : std::vector<std::pair<int, int>>{
           {0, 0}, {3, 0}, {32, 0}, {4, 2}, {16, 3}, {4, 4}, {2, 6}, {8, 1}, {8, 5}, {8, 7}, {8, 255}}) {
    EXPECT_EQ(refusal_of(png_header(1, 2, bits, colour)), "byte 24: " + std::to_string(bits) + " bits of colour type " +
                                                              std::to_string(colour) + ", which do not exist");
  }
  EXPECT_EQ(refusal_of(png_header(1, 2, 8, 0, 2)),
            "byte 26: compression 0, filter 0 and interlacing 2, which do not exist");
}

TEST(PngCheck, PartsThatAreMissingOrUnknown) {
  const Bytes header = png_header(1, 2, 8, 0), indexed = png_header(1, 2, 8, 3), pixels = png_pixels({0, 1, 0});
  const auto refusal_of = [](const Bytes& chunks) { return refusal(joined({kPngStart, chunks, kPngEnd})); };
  EXPECT_EQ(refusal_of(header), "byte 37: the picture ends without pixels");
  EXPECT_EQ(refusal_of(joined({indexed, pixels})), "byte 63: the picture ends without its palette");
  EXPECT_EQ(refusal_of(joined({indexed, pixels, palette_of(2)})), "byte 63: a palette behind another or behind pixels");
  EXPECT_EQ(refusal_of(joined({indexed, palette_of(2), palette_of(2), pixels})),
            "byte 55: a palette behind another or behind pixels");
  EXPECT_EQ(refusal_of(joined({indexed, png_chunk("PLTE", {1, 2, 3, 4}), pixels})),
            "byte 37: a palette of 4 bytes; expected 1 to 256 colours of 3");
  EXPECT_EQ(refusal_of(joined({indexed, png_chunk("PLTE", Bytes(257 * 3, 1)), pixels})),
            "byte 37: a palette of 771 bytes; expected 1 to 256 colours of 3");
  EXPECT_EQ(refusal_of(joined({header, png_chunk("NeWs", {}), pixels})),
            "byte 37: chunk NeWs, which PNG does not have here");
  EXPECT_EQ(refusal_of(joined({header, header, pixels})), "byte 37: chunk IHDR, which PNG does not have here");
  EXPECT_EQ(refusal_of(joined({header, png_chunk("a\nb\033", {}), pixels})),
            "byte 37: a chunk whose name is not of letters");
}

TEST(PngCheck, RowsThatAreMissingTooManyOrWrong) {
  const auto refusal_of = [](const Bytes& rows) {
    return refusal(joined({kPngStart, png_header(2, 2, 8, 0), png_pixels(rows), kPngEnd}));
  };
  EXPECT_EQ(refusal_of({0, 1, 2, 4, 3, 4}), "");
  EXPECT_EQ(refusal_of({0, 1, 2, 0, 3}), "byte 65: the picture ends after 5 of the 6 bytes of its rows");
  EXPECT_EQ(refusal_of({0, 1, 2, 5, 3, 4}), "byte 66: row 1 has filter 5; expected 0 to 4");
  const Bytes half(40'000, 0);
  const Bytes stream = zlib_stored(half);
  Bytes first(stream.begin(), stream.end() - 4);
  first[2] = 0;  // not the last block
  const Bytes bomb = joined({first, {stream.begin() + 2, stream.end()}});
  EXPECT_THAT(refusal(joined({kPngStart, png_header(1, 1, 8, 0), png_chunk("IDAT", bomb), kPngEnd})),
              EndsWith("more than the 65538 bytes that the pixels may take"));
}

/// A picture of colours 0 to 9, each row filtered another way.
Bytes filtered(int colours, int bits, int width) {
  const auto pixel = [&](int y, int x) { return y < 0 || x < 0 ? 0 : (3 * y + 5 * x) % 10; };
  const auto packed = [&](int y, int i) {
    return i < 0 ? 0 : bits == 8 ? pixel(y, i) : 16 * pixel(y, 2 * i) + (2 * i + 1 < width ? pixel(y, 2 * i + 1) : 0);
  };
  Bytes rows;
  for (int y = 0; y < 10; ++y) {
    rows.push_back(static_cast<std::uint8_t>(y % 5));
    for (int i = 0; i < (width * bits + 7) / 8; ++i) {
      const int left = packed(y, i - 1), up = y > 0 ? packed(y - 1, i) : 0, corner = y > 0 ? packed(y - 1, i - 1) : 0;
      const int estimate = left + up - corner, a = std::abs(estimate - left), b = std::abs(estimate - up),
                c = std::abs(estimate - corner);
      const std::array<int, 5> predictions = {0, left, up, (left + up) / 2,
                                              a <= b && a <= c ? left
                                              : b <= c         ? up
                                                               : corner};
      rows.push_back(static_cast<std::uint8_t>(packed(y, i) - predictions[static_cast<std::size_t>(y % 5)]));
    }
  }
  return joined({kPngStart, png_header(10, width, bits, 3), palette_of(colours), png_pixels(rows), kPngEnd});
}

TEST(PngCheck, ColoursOutsideThePaletteAreRefused) {
  for (const int bits : {4, 8}) {
    const Tensor picture = decode_image(filtered(10, bits, 7), "x");
    for (int y = 0; y < 10; ++y) {
      for (int x = 0; x < 7; ++x) {
        ASSERT_EQ(picture.at({y, x, 0}), (3 * y + 5 * x) % 10) << y << ", " << x;
      }
    }
    EXPECT_THAT(refusal(filtered(9, bits, 7)), EndsWith("row 3 has colour 9 of a palette of 9"));
    EXPECT_THAT(refusal(filtered(1, bits, 7)), EndsWith("row 0 has colour 5 of a palette of 1"));
  }
}

TEST(PngCheck, NoDamagedFileShowsMemoryThatWasNeverWritten) {
  const auto over = [](std::uint8_t byte, const Bytes& file) {
    fill_decoder_memory(byte);
    std::vector<double> pixels;
    const std::string error = error_of([&] { pixels = decode_image(file, "x", {.pixels = 1 << 16}).to_vector(); });
    fill_decoder_memory({});
    return std::pair(pixels, error);
  };
  // Packed by fixed codes: "tobeornottobe" three times.
  const Bytes stream = {0x78, 0x01, 0x2B, 0xC9, 0x4F, 0x4A, 0xCD, 0x2F, 0xCA, 0xCB, 0x2F,
                        0x29, 0x01, 0x32, 0x4A, 0x70, 0x72, 0x00, 0x4C, 0x37, 0x10, 0x93};
  for (std::size_t i = 2; i < stream.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      Bytes changed = stream;
      changed[i] = static_cast<std::uint8_t>(value);
      const Bytes file = joined({kPngStart, png_header(1, 38, 8, 0), png_chunk("IDAT", changed), kPngEnd});
      EXPECT_EQ(over(0, file), over(255, file)) << i << ", " << value;
    }
  }
}

}  // namespace
}  // namespace gibbs::data
