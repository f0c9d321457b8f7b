// The entropy-coded data of JPEG files: cut, too long, out of order, and decoded to the right pixels.
#include "gibbs/data/detail/jpeg_scan.h"

#include <cmath>
#include <numbers>

#include "gibbs/data/detail/decoder_memory.h"
#include "tests/data/refusal.h"
#include "tests/data/small_jpeg.h"

namespace gibbs::data {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using Row = std::vector<double>;

TEST(JpegScan, AScanThatIsCutIsRefusedEvenWithAnEnd) {
  std::vector<int> differences;
  for (int i = 0; i < 40; ++i) {
    differences.push_back(i % 2 == 0 ? 512 + 8 * i : -512);
  }
  const Bytes whole = grey_jpeg(differences);
  const std::size_t data = joined({kJpegStart, jpeg_tables(), jpeg_frame(0xC0, 8, 320, {{}}), jpeg_scan({1})}).size();
  EXPECT_EQ(refusal(whole), "");
  for (std::size_t length = 0; length < whole.size() - 1; ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_NE(refusal(cut), "") << length;
    if (length >= 2 && length < whole.size() - 2) {
      EXPECT_NE(refusal(joined({cut, kJpegEnd})), "") << length;
    }
  }
  const Bytes half(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(data + 45));
  EXPECT_EQ(refusal(half), "the file ends after 201 bytes, before the picture does");
  EXPECT_EQ(refusal(joined({half, kJpegEnd})),
            "byte 201: the data of the scan at byte 156 end after 17 of 40 coded units");
}

TEST(JpegScan, BitsThatAreNoCodeOrFitNoBlock) {
  const auto refusal_of = [](const JpegBits& bits) { return refusal(two_blocks(jpeg_tables(), {}, bits.bytes())); };
  EXPECT_EQ(refusal_of(JpegBits().flat(80).put(15, 4).put(0, 20)), "byte 160: bits that are no Huffman code");
  JpegBits zeros;
  zeros.dc(80);
  for (int i = 0; i < 3; ++i) {
    zeros.ac(0xF0);
  }
  EXPECT_EQ(refusal_of(JpegBits(zeros).ac(0xE1).put(1, 1).flat(0)), "");  // 3 * 16 + 14 zeros and a coefficient: all 63
  EXPECT_EQ(refusal_of(JpegBits(zeros).ac(0xF0).flat(0)), "byte 161: more than 64 coefficients in a block");
}

TEST(JpegScan, RestartsMustStandWhereTheyBelong) {
  const auto file = [](const Bytes& first_marker, const Bytes& second_marker, const Bytes& extra = {}) {
    const Bytes interval = JpegBits().flat(80).flat(8).bytes();
    return joined({kJpegStart, jpeg_tables(), jpeg_segment(0xDD, {0, 2}), jpeg_frame(0xC0, 8, 40, {{}}), jpeg_scan({1}),
                   interval, extra, first_marker, interval, second_marker, JpegBits().flat(0).bytes(), kJpegEnd});
  };
  const Bytes none, zero = {0xFF, 0xD0}, one = {0xFF, 0xD1};
  EXPECT_EQ(first_row(file(zero, one)), (Row{138, 139, 138, 139, 128}));
  EXPECT_EQ(first_row(file({0xFF, 0xFF, 0xFF, 0xD0}, one)), (Row{138, 139, 138, 139, 128}));
  EXPECT_EQ(refusal(file(none, one)), "byte 168: expected the marker of restart 0");
  EXPECT_EQ(refusal(file(zero, none)), "byte 173: expected the marker of restart 1");
  EXPECT_EQ(refusal(file(zero, zero)), "byte 172: expected the marker of restart 1");
  EXPECT_EQ(refusal(file(one, zero)), "byte 166: expected the marker of restart 0");
  EXPECT_THAT(refusal(file(zero, one, Bytes(5, 0))), EndsWith("expected the marker of restart 0"));
}

/// The brightness of a block's pixel, from its coefficients by row of the spectrum, in float64 (T.81, A.3.3).
double brightness(const std::vector<std::vector<double>>& coefficients, int y, int x) {
  double sum = 0;
  for (std::size_t v = 0; v < coefficients.size(); ++v) {
    for (std::size_t u = 0; u < coefficients[v].size(); ++u) {
      const double scale = (u == 0 ? std::numbers::sqrt2 / 2 : 1) * (v == 0 ? std::numbers::sqrt2 / 2 : 1) / 4;
      sum += scale * coefficients[v][u] * std::cos((2 * x + 1) * static_cast<double>(u) * std::numbers::pi / 16) *
             std::cos((2 * y + 1) * static_cast<double>(v) * std::numbers::pi / 16);
    }
  }
  return 128 + sum;
}

/// Three blocks of DC 21, 10 and -4; the first has 3 in its first coefficient and 1 in its third. All times 16.
Bytes progressive(const Bytes& extra = {}, bool with_dc = true) {
  const Bytes dc_first = joined({jpeg_scan({1}, 0, 0, 0, 0x01), JpegBits().dc(10).dc(-5).dc(-7).bytes()});
  const Bytes dc_refine = joined({jpeg_scan({1}, 0, 0, 0, 0x10), JpegBits().put(0b100, 3).bytes()});
  const Bytes ac_first =
      joined({jpeg_scan({1}, 0, 1, 63, 0x01), JpegBits().ac(1).put(1, 1).ac(0x10).put(1, 1).bytes()});
  const Bytes ac_refine =
      joined({jpeg_scan({1}, 0, 1, 63, 0x10), JpegBits().ac(0x11).put(1, 1).put(1, 1).ac(0x10).put(1, 1).bytes()});
  return joined({kJpegStart, jpeg_quantisation(0, 16), jpeg_huffman(0, 0), jpeg_huffman(1, 0),
                 jpeg_frame(0xC2, 8, 24, {{}}), with_dc ? joined({dc_first, dc_refine}) : Bytes{}, ac_first, ac_refine,
                 extra, kJpegEnd});
}

TEST(JpegScan, ProgressiveScans) {
  const Tensor picture = decode_image(progressive(), "x");
  const std::vector<std::vector<std::vector<double>>> blocks = {
      {{21 * 16, 3 * 16}, {}, {1 * 16}}, {{10 * 16}}, {{-4 * 16}}};
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 24; ++x) {
      EXPECT_NEAR(picture.at({y, x, 0}), brightness(blocks[x / 8], y, x % 8), 1) << y << ", " << x;
    }
  }
}

TEST(JpegScan, ProgressiveScansOutOfOrder) {
  const std::string refused = "a scan that repeats another, or comes before one that it refines";
  EXPECT_THAT(refusal(progressive({}, false)), EndsWith(refused));
  EXPECT_THAT(refusal(progressive(joined({jpeg_scan({1}, 0, 0, 0, 0x00), JpegBits().dc(1).dc(1).dc(1).bytes()}))),
              EndsWith(refused));
  EXPECT_THAT(refusal(progressive(joined({jpeg_scan({1}, 0, 1, 5, 0x10), JpegBits().ac(0x10).put(1, 1).bytes()}))),
              EndsWith(refused));
  EXPECT_THAT(refusal(progressive(jpeg_scan({1}, 0, 0, 5))),
              EndsWith("a scan of coefficients 0 to 5, bits 0 to 0, of 1 components"));
  EXPECT_THAT(refusal(progressive(jpeg_scan({1}, 0, 6, 5))), HasSubstr("a scan of coefficients 6 to 5"));
  EXPECT_THAT(refusal(progressive(jpeg_scan({1}, 0, 1, 64))), HasSubstr("a scan of coefficients 1 to 64"));
  EXPECT_THAT(refusal(progressive(jpeg_scan({1}, 0, 1, 5, 0xEE))), HasSubstr("bits 14 to 14"));
  EXPECT_THAT(refusal(progressive(jpeg_quantisation(0, 17))), HasSubstr("quantisation table 0 changes between scans"));
  EXPECT_EQ(refusal(progressive(jpeg_quantisation(0, 16))), "");
}

TEST(JpegScan, ProgressiveScansThatAreCutOrTooLong) {
  const Bytes whole = progressive();
  for (std::size_t length = 0; length < whole.size() - 1; ++length) {
    EXPECT_NE(refusal({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}), "") << length;
  }
  const auto refusal_of = [](int first, int last, int high_low, const JpegBits& bits) {
    return refusal(
        joined({kJpegStart, jpeg_tables(), jpeg_frame(0xC2, 8, 8, {{}}), jpeg_scan({1}, 0, 0, 0),
                JpegBits().dc(0).bytes(), jpeg_scan({1}, 0, first, last, high_low), bits.bytes(), kJpegEnd}));
  };
  const std::string too_many = "more coefficients in a block than the scan has";
  EXPECT_EQ(refusal_of(1, 2, 0, JpegBits().ac(0x11).put(1, 1)), "");
  EXPECT_THAT(refusal_of(1, 1, 0, JpegBits().ac(0x11).put(1, 1)), EndsWith(too_many));
  EXPECT_THAT(refusal_of(1, 15, 0, JpegBits().ac(0xF0)), EndsWith(too_many));
  EXPECT_THAT(refusal_of(1, 5, 13, JpegBits().ac(2).put(3, 2).ac(0)), "");
  EXPECT_THAT(refusal_of(1, 5, 14, JpegBits().ac(1)), HasSubstr("bits 0 to 14"));
  EXPECT_THAT(refusal_of(1, 5, 0x10, JpegBits().ac(0)), HasSubstr("comes before one that it refines"));
}

TEST(JpegScan, ScansWithoutNumber) {
  Bytes file = joined(
      {kJpegStart, jpeg_tables(), jpeg_frame(0xC2, 8, 8, {{}}), jpeg_scan({1}, 0, 0, 0), JpegBits().dc(0).bytes()});
  int scans = 1;
  for (int low = 13; low >= 0; --low) {
    for (int k = 1; k < 64; ++k, ++scans) {
      file = joined({file, jpeg_scan({1}, 0, k, k, low == 13 ? 13 : 16 * (low + 1) + low), JpegBits().ac(0).bytes()});
    }
    if (scans + 63 > 500) {
      break;
    }
  }
  EXPECT_EQ(refusal(joined({file, kJpegEnd})), "") << scans;
  for (int k = 1; k < 64; ++k) {
    file = joined({file, jpeg_scan({1}, 0, k, k, 16 * 7 + 6), JpegBits().ac(0).bytes()});
  }
  EXPECT_THAT(refusal(joined({file, kJpegEnd})), HasSubstr("more than 500 scans"));
}

/// What decoding makes of a file over memory filled with `byte`: the pixels, or the error.
std::pair<std::vector<double>, std::string> over(std::uint8_t byte, const Bytes& file) {
  fill_decoder_memory(byte);
  std::vector<double> pixels;
  const std::string error = error_of([&] { pixels = decode_image(file, "x", {.pixels = 1 << 16}).to_vector(); });
  fill_decoder_memory({});
  return {pixels, error};
}

TEST(JpegScan, NoDamagedFileShowsMemoryThatWasNeverWritten) {
  const Bytes restarts = joined({kJpegStart,
                                 jpeg_tables(),
                                 jpeg_segment(0xDD, {0, 1}),
                                 jpeg_frame(0xC0, 8, 16, {{}}),
                                 jpeg_scan({1}),
                                 JpegBits().flat(80).bytes(),
                                 {0xFF, 0xD0},
                                 JpegBits().flat(0).bytes(),
                                 kJpegEnd});
  const std::span<const std::uint8_t> small = kSmallJpeg;
  for (const Bytes& whole : {Bytes(small.begin(), small.end()), progressive(), restarts}) {
    EXPECT_EQ(over(0, whole).second, "");
    for (std::size_t i = 2; i < whole.size(); ++i) {
      for (const int change : {1, 2, 16, 128, 255}) {
        Bytes file = whole;
        file[i] = static_cast<std::uint8_t>(file[i] ^ change);
        EXPECT_EQ(over(0, file), over(255, file)) << i << ", " << change;
      }
      Bytes shorter = whole;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_EQ(over(0, shorter), over(255, shorter)) << i;
    }
  }
}

}  // namespace
}  // namespace gibbs::data
