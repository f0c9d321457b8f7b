// Numbers from text: all of it, in decimal digits, in every locale.
#include "gibbs/tensor/parse_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "tests/testing/foreign_locale.h"
#include "tests/testing/not_finite.h"

namespace gibbs {
namespace {

template <class T>
T number(std::string_view text) {
  T value{};
  EXPECT_EQ(parse_number(text, value), std::errc()) << text;
  return value;
}

template <class T>
std::errc error_of(std::string_view text) {
  T value = 7;
  const std::errc error = parse_number(text, value);
  EXPECT_EQ(value, T{7}) << text;
  return error;
}

TEST(ParseNumber, ReadsFractions) {
  EXPECT_EQ(number<double>("1234.5"), 1234.5);
  EXPECT_EQ(number<double>("-1.5e-3"), -1.5e-3);
  EXPECT_EQ(number<double>("010"), 10);
  EXPECT_EQ(number<double>(".5"), 0.5);
  EXPECT_EQ(number<double>("0.1000000000000000055511151231257827"), 0.1);
  EXPECT_EQ(number<double>("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(number<double>("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::signbit(number<double>("-0")));
  EXPECT_EQ(number<double>("-inf"), -kInfinity);
  EXPECT_EQ(number<double>("INFINITY"), kInfinity);
  EXPECT_TRUE(std::isnan(number<double>("nan")));
}

TEST(ParseNumber, ReadsWholeNumbers) {
  EXPECT_EQ(number<int>("-12"), -12);
  EXPECT_EQ(number<std::int64_t>("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(ParseNumber, RefusesWhatIsNotDecimalDigitsAlone) {
  for (const char* text :
       {"", " 1", "1 ", "+1", "-", "--1", "0x10", "-0X1p3", "1,5", "1.234,5", "e5", "1e", "one", "\t1"}) {
    EXPECT_EQ(error_of<double>(text), std::errc::invalid_argument) << text;
    EXPECT_EQ(error_of<int>(text), std::errc::invalid_argument) << text;
  }
  EXPECT_EQ(error_of<double>(std::string_view("1\0", 2)), std::errc::invalid_argument);
  EXPECT_EQ(error_of<int>("1.5"), std::errc::invalid_argument);
}

TEST(ParseNumber, SaysWhatDoesNotFit) {
  for (const char* text : {"1e400", "-1e400", "1e-400"}) {
    EXPECT_EQ(error_of<double>(text), std::errc::result_out_of_range) << text;
  }
  EXPECT_EQ(error_of<int>("3000000000"), std::errc::result_out_of_range);
}

TEST(ParseNumber, TakesAPartOfAText) { EXPECT_EQ(number<double>(std::string_view("1.5678").substr(0, 3)), 1.5); }

TEST(ParseNumber, IsTheSameInEveryLocale) {
  const testing::ForeignLocale german(/*also_in_c=*/true);
  EXPECT_EQ(number<double>("1234.5"), 1234.5);
  EXPECT_EQ(error_of<double>("1234,5"), std::errc::invalid_argument);
}

}  // namespace
}  // namespace gibbs
