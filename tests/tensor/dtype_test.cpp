// DType: sizes, names, and the bridge to C++ types.
#include "gibbs/tensor/dtype.h"

#include <sstream>

namespace gibbs {
namespace {

using ::testing::ThrowsMessage;

constexpr DType kAll[] = {DType::float32, DType::float64, DType::int64, DType::uint8};

TEST(DType, NamesAreNumPys) {
  std::ostringstream out;
  for (DType dtype : kAll) {
    out << dtype << ' ';
  }
  EXPECT_EQ(out.str(), "float32 float64 int64 uint8 ");
}

TEST(DType, DispatchGivesTheTypeOfTheDType) {
  for (DType dtype : kAll) {
    EXPECT_EQ(dispatch(dtype, [](auto zero) { return dtype_of<decltype(zero)>; }), dtype);
    EXPECT_EQ(dispatch(dtype, [](auto zero) { return sizeof(zero); }), size_of(dtype));
    EXPECT_EQ(dispatch(dtype, [](auto zero) { return std::is_floating_point_v<decltype(zero)>; }), is_floating(dtype));
  }
}

TEST(DType, DispatchFloatingRefusesIntegers) {
  const auto size = [](auto zero) { return sizeof(zero); };
  EXPECT_EQ(dispatch_floating(DType::float32, "exp", size), 4U);
  EXPECT_EQ(dispatch_floating(DType::float64, "exp", size), 8U);
  EXPECT_THAT([&] { dispatch_floating(DType::int64, "exp", size); },
              ThrowsMessage<Error>("exp: needs float32 or float64, not int64; convert with cast"));
}

TEST(DType, AnUnknownValueIsAnError) {
  EXPECT_THAT([] { dispatch(static_cast<DType>(9), [](auto) {}); }, ThrowsMessage<Error>("dispatch: unknown dtype"));
}

}  // namespace
}  // namespace gibbs
