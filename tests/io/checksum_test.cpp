// Checksum: published values, pieces, and every single bit.
#include "gibbs/io/checksum.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace gibbs::io {
namespace {

std::string sum_of(std::string_view text) {
  Checksum checksum;
  checksum.update(text);
  return checksum.text();
}

TEST(Checksum, GivesThePublishedValues) {
  // printf TEXT | xxhsum -H3, xxHash 0.8
  EXPECT_EQ(sum_of(""), "xxh3-64:2d06800538d394c2");
  EXPECT_EQ(sum_of("a"), "xxh3-64:e6c632b61e964e1f");
  EXPECT_EQ(sum_of("abc"), "xxh3-64:78af5f94892f3950");
  EXPECT_EQ(sum_of("abc").size(), kChecksumLength);
}

TEST(Checksum, CutsHaveNoInfluence) {
  const std::string text(5000, 'x');
  for (const std::size_t piece : {1U, 7U, 256U, 1024U, 4999U}) {
    Checksum checksum;
    for (std::size_t i = 0; i < text.size(); i += piece) {
      checksum.update(std::string_view(text).substr(i, piece));
    }
    EXPECT_EQ(checksum.value(), checksum_of(text.data(), text.size())) << piece;
    EXPECT_EQ(checksum.value(), checksum.value()) << "asking changes nothing";
  }
}

TEST(Checksum, EveryBitCounts) {
  std::vector<unsigned char> bytes(300, 0);
  std::set<std::uint64_t> seen{checksum_of(bytes.data(), bytes.size())};
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<unsigned char>(1U << bit % 8);
    seen.insert(checksum_of(bytes.data(), bytes.size()));
    bytes[bit / 8] = 0;
  }
  EXPECT_EQ(seen.size(), 8 * bytes.size() + 1);
}

}  // namespace
}  // namespace gibbs::io
