// Letters stay, commands to a terminal do not.
#include "gibbs/tensor/printable.h"

#include <gtest/gtest.h>

namespace gibbs {
namespace {

TEST(Printable, LeavesLettersOfAllLanguages) {
  for (const char* text : {"", "cat", "50% off", "Äpfel", "猫", "🐈", "a b", "\\x1b"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, WritesControlCharactersAsNumbers) {
  EXPECT_EQ(printable("a\nb"), "a\\x0ab");
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\xc2\x9b[2J"), "\\xc2\\x9b[2J") << "C1's control sequence introducer, as UTF-8";
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0") << "the first character after C1";
}

TEST(Printable, WritesWhatTurnsTheDirectionAsNumbers) {
  EXPECT_EQ(printable("\xe2\x80\xaegpj.exe"), "\\xe2\\x80\\xaegpj.exe");
  EXPECT_EQ(printable("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");
}

TEST(Printable, WritesLineEndsAndWhatIsNoCharacterAsNumbers) {
  EXPECT_EQ(printable("a\xe2\x80\xa8z"), "a\\xe2\\x80\\xa8z");
  EXPECT_EQ(printable("\xef\xbf\xbf"), "\\xef\\xbf\\xbf") << "U+FFFF, which no XML file may hold";
  EXPECT_EQ(printable("\xf0\x9f\xbf\xbe"), "\\xf0\\x9f\\xbf\\xbe") << "U+1FFFE";
  EXPECT_EQ(printable("\xef\xbf\xbd"), "\xef\xbf\xbd") << "the replacement character is one";
}

TEST(Printable, WritesBytesThatAreNotUtf8AsNumbers) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc3"), "\\xc3") << "cut off";
  EXPECT_EQ(printable("\xc0\x8a"), "\\xc0\\x8a") << "a newline in a longer form than it needs";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
  EXPECT_EQ(printable("\xe2\x82z"), "\\xe2\\x82z");
}

TEST(Printable, IsShortenedByCharacters) {
  EXPECT_EQ(printable("12345", 5), "12345");
  EXPECT_EQ(printable("123456", 5), "12...");
  EXPECT_EQ(printable("éééééé", 5), "éé...");
  EXPECT_EQ(printable("🐈🐈🐈🐈🐈", 5), "🐈🐈🐈🐈🐈");
  EXPECT_EQ(printable("🐈🐈🐈🐈🐈🐈", 5), "🐈🐈...");
  EXPECT_EQ(printable("\n\n", 5), "\\x...");
  EXPECT_EQ(printable(std::string(100'000'000, 'x'), 4), "x...");
  EXPECT_EQ(printable("", 3), "");
}

}  // namespace
}  // namespace gibbs
