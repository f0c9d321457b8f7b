// zlib streams as zlib writes them, and by hand with everything that can be wrong in one.
#include "gibbs/data/detail/inflate.h"

#include "tests/data/png_bytes.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

std::string unpacked(const Bytes& stream, std::size_t most = 1000) {
  const Bytes bytes = inflate(stream, most, "x");
  return {bytes.begin(), bytes.end()};
}
std::string refusal_of_stream(const Bytes& stream, std::size_t most = 1000) {
  return error_of([&] { inflate(stream, most, "x"); });
}

/// A stream from fields of so many bits each, the lowest bit first; codes are given as they are written in the RFC.
class StreamBits {
 public:
  StreamBits& put(std::uint32_t value, int count) {
    for (int bit = 0; bit < count; ++bit) {
      bits_.push_back((value >> bit & 1) != 0);
    }
    return *this;
  }
  StreamBits& code(std::uint32_t value, int count) {
    for (int bit = count - 1; bit >= 0; --bit) {
      bits_.push_back((value >> bit & 1) != 0);
    }
    return *this;
  }
  /// The literals and lengths of fixed codes that the tests need: below 144, and from 256 on (RFC 1951, 3.2.6).
  StreamBits& fixed(std::uint32_t symbol) {
    return symbol < 144 ? code(0x30 + symbol, 8) : symbol < 280 ? code(symbol - 256, 7) : code(0xC0 + symbol - 280, 8);
  }
  Bytes bytes() const {
    Bytes result = {0x78, 0x01};
    for (std::size_t i = 0; i < bits_.size(); i += 8) {
      std::uint8_t byte = 0;
      for (std::size_t bit = i; bit < std::min(i + 8, bits_.size()); ++bit) {
        byte = static_cast<std::uint8_t>(byte | int{bits_[bit]} << (bit - i));
      }
      result.push_back(byte);
    }
    return result;
  }

 private:
  std::vector<bool> bits_ = {};
};

/// One block of fixed codes, which is the last.
StreamBits fixed_block() { return StreamBits().put(1, 1).put(1, 2); }

TEST(Inflate, StoredBlocks) {
  EXPECT_EQ(unpacked(zlib_stored(text_bytes("wikipedia"))), "wikipedia");
  EXPECT_EQ(unpacked(zlib_stored({})), "");
  EXPECT_EQ(unpacked(joined({zlib_stored(text_bytes("a")), text_bytes("what follows")})), "a");
}

TEST(Inflate, FixedCodesAndCopiesThatOverlap) {
  const Bytes stream = {0x78, 0x01, 0x2B, 0xC9, 0x4F, 0x4A, 0xCD, 0x2F, 0xCA, 0xCB, 0x2F,
                        0x29, 0x01, 0x32, 0x4A, 0x70, 0x72, 0x00, 0x4C, 0x37, 0x10, 0x93};
  EXPECT_EQ(unpacked(stream), "tobeornottobetobeornottobetobeornottobe");
  // A literal, and then 258 times what was one byte back.
  Bytes run = fixed_block().fixed('a').fixed(285).code(0, 5).fixed(256).bytes();
  const Bytes sum = zlib_stored(Bytes(259, 'a'));
  run.insert(run.end(), sum.end() - 4, sum.end());
  EXPECT_EQ(unpacked(run), std::string(259, 'a'));
}

TEST(Inflate, CodesOfItsOwn) {
  const Bytes stream = {0x78, 0xDA, 0x3D, 0x8C, 0xC1, 0x11, 0x00, 0x30, 0x08, 0xC2, 0x66, 0x0D, 0x76, 0xFF,
                        0x19, 0x5A, 0xC1, 0xFA, 0xE1, 0x0C, 0x20, 0x12, 0x08, 0x3D, 0xC5, 0x17, 0x65, 0xFE,
                        0x14, 0x89, 0x8D, 0x6B, 0x5D, 0xD6, 0x24, 0x4A, 0xA2, 0x01, 0x38, 0xAC, 0xD3, 0x58,
                        0xF2, 0x74, 0xED, 0x4C, 0xFE, 0xDA, 0xBA, 0xCC, 0x59, 0x2D, 0xB1};
  EXPECT_EQ(unpacked(stream),
            "bbaababbaaabaabaacaababaabaabaaaabaaabaacaaaabbaababbbbaaaab"
            "ababaacabaaababaaadaabaacabaabaaacbbabbacaaabaaababaaaabbbac");
}

TEST(Inflate, WhatIsNoStream) {
  EXPECT_EQ(refusal_of_stream({}), "x: byte 0 of the packed pixels: the stream ends too early");
  EXPECT_EQ(refusal_of_stream({0x79, 0x01, 1, 0, 0, 0xFF, 0xFF}), "x: byte 2 of the packed pixels: no header of zlib");
  EXPECT_EQ(refusal_of_stream({0x78, 0x02, 1, 0, 0, 0xFF, 0xFF}), "x: byte 2 of the packed pixels: no header of zlib");
  EXPECT_EQ(refusal_of_stream({0x78, 0x20, 1, 0, 0, 0xFF, 0xFF}), "x: byte 2 of the packed pixels: no header of zlib");
  EXPECT_EQ(refusal_of_stream(StreamBits().put(1, 1).put(3, 2).bytes()),
            "x: byte 3 of the packed pixels: a block of a kind that does not exist");
  EXPECT_EQ(refusal_of_stream({0x78, 0x01, 1, 1, 0, 0xFF, 0xFF, 'a'}),
            "x: byte 7 of the packed pixels: the length of a stored block and its complement differ");
}

TEST(Inflate, BlocksThatAreWrong) {
  EXPECT_EQ(refusal_of_stream(fixed_block().fixed('a').fixed(257).code(1, 5).fixed(256).put(0, 32).bytes()),
            "x: byte 5 of the packed pixels: a copy from 2 bytes back, when there are 1");
  for (const std::uint32_t distance : {30, 31}) {
    EXPECT_EQ(refusal_of_stream(fixed_block().fixed('a').fixed(257).code(distance, 5).fixed(256).put(0, 32).bytes()),
              "x: byte 5 of the packed pixels: distance " + std::to_string(distance) + ", which does not exist");
  }
  for (const std::uint32_t symbol : {286, 287}) {
    EXPECT_THAT(refusal_of_stream(fixed_block().fixed('a').fixed(symbol).code(0, 5).fixed(256).put(0, 32).bytes()),
                ::testing::EndsWith("length " + std::to_string(symbol) + ", which does not exist"));
  }
}

/// The start of a block that brings its own codes: 257 + literals, 1 + distances, and the lengths of the codes for
/// lengths, in the format's order: 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15.
StreamBits own_codes(int literals, int distances, const std::vector<std::uint32_t>& lengths) {
  StreamBits bits;
  bits.put(1, 1).put(2, 2).put(literals, 5).put(distances, 5).put(static_cast<std::uint32_t>(lengths.size()) - 4, 4);
  for (const std::uint32_t length : lengths) {
    bits.put(length, 3);
  }
  return bits;
}

TEST(Inflate, CodesThatAreWrong) {
  using ::testing::EndsWith;
  EXPECT_THAT(refusal_of_stream(own_codes(0, 0, {1, 1, 1, 0}).put(0, 32).bytes()),
              EndsWith("more codes than bits tell apart"));
  EXPECT_THAT(refusal_of_stream(own_codes(0, 0, {1, 0, 0, 1}).put(1, 1).put(0, 32).bytes()),
              EndsWith("a repetition of nothing"));
  EXPECT_THAT(
      refusal_of_stream(own_codes(0, 0, {0, 0, 1, 0}).put(0, 1).put(127, 7).put(0, 1).put(127, 7).put(0, 32).bytes()),
      EndsWith("more code lengths than codes"));
  EXPECT_THAT(refusal_of_stream(own_codes(0, 0, {0, 0, 1, 0}).put(1, 1).put(0, 32).bytes()),
              EndsWith("bits that are no code"));
}

TEST(Inflate, StreamsThatEnd) {
  const Bytes whole = zlib_stored(text_bytes("abc"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(refusal_of_stream({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}), "") << length;
  }
}

TEST(Inflate, TheChecksumIsCompared) {
  Bytes stream = zlib_stored(text_bytes("abc"));
  stream[8] = 'X';
  EXPECT_EQ(refusal_of_stream(stream),
            "x: byte 14 of the packed pixels: the unpacked pixels' checksum (Adler-32) is another");
  Bytes many(20'000, 250);  // more than the sums take at once
  EXPECT_EQ(inflate(zlib_stored(many), many.size(), "x"), many);
}

TEST(Inflate, NoMoreThanAskedFor) {
  EXPECT_EQ(unpacked(zlib_stored(text_bytes("abc")), 3), "abc");
  EXPECT_EQ(refusal_of_stream(zlib_stored(text_bytes("abc")), 2),
            "x: byte 10 of the packed pixels: more than the 2 bytes that the pixels may take");
  EXPECT_EQ(refusal_of_stream(fixed_block().fixed('a').fixed(285).code(0, 5).fixed(256).put(0, 32).bytes(), 258),
            "x: byte 5 of the packed pixels: more than the 258 bytes that the pixels may take");
}

}  // namespace
}  // namespace gibbs::data
