// Tensors as text. Every expected text was printed by NumPy 2.4: print(array).
#include <cmath>
#include <sstream>

#include "gibbs/tensor/tensor.h"
#include "tests/testing/not_finite.h"

namespace gibbs {
namespace {

std::string text_of(const NestedList& list, DType dtype = DType::float32) { return to_string(Tensor::of(list, dtype)); }

TEST(Print, FloatsAlignTheirPoints) {
  EXPECT_EQ(text_of({1, 2.5, -3.125}), "[ 1.     2.5   -3.125]");
  EXPECT_EQ(text_of({{1.0 / 3, 2}, {-10, 100}}),
            "[[  0.33333334   2.        ]\n"
            " [-10.         100.        ]]");
}

TEST(Print, EightDecimalsAtMost) {
  EXPECT_EQ(text_of({1.0 / 3, 1}, DType::float64), "[0.33333333 1.        ]");
  EXPECT_EQ(text_of({0.1, 0.2}), "[0.1 0.2]");
}

TEST(Print, ScientificWhenLargeSmallOrFarApart) {
  EXPECT_EQ(text_of({1e-5, 1}), "[1.e-05 1.e+00]");
  EXPECT_EQ(text_of({0.1, 1e6}, DType::float64), "[1.e-01 1.e+06]");
  EXPECT_EQ(text_of({1e100, 1}, DType::float64), "[1.e+100 1.e+000]");
  EXPECT_EQ(text_of({16777216}), "[1.6777216e+07]");
  EXPECT_EQ(text_of({1.2345678e-7, 3}), "[1.2345679e-07 3.0000000e+00]");
  EXPECT_EQ(text_of({999999.9, 1e3}), "[999999.9   1000. ]");
  EXPECT_EQ(text_of({99999999.5, 99999}, DType::float64), "[9.99999995e+07 9.99990000e+04]");
}

TEST(Print, NanAndInfinities) {
  EXPECT_EQ(text_of({1e10, kNaN, -kInfinity}, DType::float64), "[1.e+10    nan   -inf]");
  EXPECT_EQ(text_of({kNaN, kInfinity, -1}), "[nan inf -1.]");
  EXPECT_EQ(text_of({kNaN, -kInfinity}), "[ nan -inf]");
}

TEST(Print, IntegersAlignAtTheRight) {
  EXPECT_EQ(text_of({0, 255}, DType::uint8), "[  0 255]");
  EXPECT_EQ(to_string(Tensor::arange(-100, 344, 37, DType::int64).reshape({2, 2, 3})),
            "[[[-100  -63  -26]\n"
            "  [  11   48   85]]\n"
            "\n"
            " [[ 122  159  196]\n"
            "  [ 233  270  307]]]");
}

TEST(Print, FourAxesAreSeparatedByTwoEmptyLines) {
  EXPECT_EQ(to_string(Tensor::full({2, 1, 1, 2}, 0.5)), "[[[[0.5 0.5]]]\n\n\n [[[0.5 0.5]]]]");
}

TEST(Print, LongLinesBreak) {
  EXPECT_EQ(to_string(Tensor::zeros({30})),
            "[0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0.\n"
            " 0. 0. 0. 0. 0. 0.]");
  const auto first_line = [](const Shape& shape) { return to_string(Tensor::zeros(shape, DType::int64)).find('\n'); };
  EXPECT_EQ(first_line({38}), 74U);
  EXPECT_EQ(first_line({1, 38}), 73U);
}

TEST(Print, AboveAThousandElementsTheMiddleIsLeftOut) {
  EXPECT_EQ(to_string(Tensor::arange(0, 2000)), "[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]");
  EXPECT_EQ(to_string(Tensor::arange(0, 1600, 1, DType::int64).reshape({40, 40})),
            "[[   0    1    2 ...   37   38   39]\n"
            " [  40   41   42 ...   77   78   79]\n"
            " [  80   81   82 ...  117  118  119]\n"
            " ...\n"
            " [1480 1481 1482 ... 1517 1518 1519]\n"
            " [1520 1521 1522 ... 1557 1558 1559]\n"
            " [1560 1561 1562 ... 1597 1598 1599]]");
  EXPECT_EQ(to_string(Tensor::zeros({1000})).find("..."), std::string::npos);
}

TEST(Print, AScalarIsWrittenInFull) {
  EXPECT_EQ(text_of(5), "5.0");
  EXPECT_EQ(text_of(0.1), "0.1");
  EXPECT_EQ(text_of(1.0 / 3, DType::float64), "0.3333333333333333");
  EXPECT_EQ(text_of(1e-5), "1e-05");
  EXPECT_EQ(text_of(123456789), "1.2345679e+08");
  EXPECT_EQ(text_of(123456789, DType::float64), "123456789.0");
  EXPECT_EQ(text_of(-0.0), "-0.0");
  EXPECT_EQ(text_of(kNaN), "nan");
  EXPECT_EQ(text_of(-kInfinity), "-inf");
  EXPECT_EQ(text_of(7, DType::uint8), "7");
}

TEST(Print, EmptyAndUndefined) {
  EXPECT_EQ(to_string(Tensor::zeros({2, 0})), "[]");
  EXPECT_EQ(to_string(Tensor()), "undefined");
}

TEST(Print, StreamsTheSameText) {
  std::ostringstream out;
  out << Tensor::of({1, 2}) << '|' << Tensor::of({{1, 2}, {3, 4}}, DType::int64)[1];
  EXPECT_EQ(out.str(), "[1. 2.]|[3 4]");
}

}  // namespace
}  // namespace gibbs
