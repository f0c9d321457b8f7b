// Storage: alignment, sharing, versions, recycling and the accounts of memory.
#include "gibbs/tensor/storage.h"

#include "gibbs/tensor/error.h"

namespace gibbs {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kRecycles = false;
#else
constexpr bool kRecycles = true;
#endif

constexpr std::size_t kMegabyte = 1 << 20;

TEST(Storage, BytesAreAlignedTo64) {
  for (std::size_t bytes : {0, 1, 63, 64, 65, 1000, 4097, 1'000'003}) {
    const Storage storage(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(storage.bytes()) % 64, 0U) << bytes;
  }
}

TEST(Storage, EveryByteAskedForCanBeWritten) {  // AddressSanitizer watches the ends
  for (std::size_t bytes = 1; bytes < 3000; bytes += 37) {
    const Storage storage(bytes);
    std::fill_n(storage.bytes(), bytes, std::byte{1});
  }
}

TEST(Storage, AnEmptyHandleHasNothing) {
  const Storage storage;
  EXPECT_FALSE(storage);
  EXPECT_EQ(storage.bytes(), nullptr);
  EXPECT_EQ(storage.version(), 0U);
  storage.announce_write();
  EXPECT_EQ(storage.version(), 0U);
}

TEST(Storage, CopiesShareBytesAndVersion) {
  const Storage one(100);
  Storage two = one;
  EXPECT_TRUE(two.same_as(one));
  EXPECT_EQ(one.version(), 0U);
  two.announce_write();
  two.announce_write();
  EXPECT_EQ(one.version(), 2U);
  two = Storage(100);
  EXPECT_FALSE(two.same_as(one));
  EXPECT_EQ(two.version(), 0U);
}

TEST(Storage, ARecycledBlockStartsAtVersionZero) {
  {
    const Storage first(12345);
    first.announce_write();
  }
  EXPECT_EQ(Storage(12345).version(), 0U);
}

TEST(Storage, HeldBytesFollowTheLastHandle) {
  const std::size_t before = memory::held_bytes();
  {
    const Storage one(kMegabyte);
    const std::size_t with = memory::held_bytes();
    EXPECT_GE(with - before, kMegabyte);
    EXPECT_LE(with - before, kMegabyte + kMegabyte / 8);
    const Storage two = one;  // NOLINT: a second handle is the point
    EXPECT_EQ(memory::held_bytes(), with);
  }
  EXPECT_EQ(memory::held_bytes(), before);
}

TEST(Storage, ARoundedSizeWastesAtMostAnEighth) {
  for (std::size_t bytes = 1000; bytes < 100'000; bytes = bytes * 11 / 10 + 1) {
    const std::size_t before = memory::held_bytes();
    const Storage storage(bytes);
    const std::size_t capacity = memory::held_bytes() - before;
    EXPECT_GE(capacity, bytes);
    EXPECT_LE(capacity, bytes + std::max<std::size_t>(bytes / 8 + 1, 64)) << bytes;
  }
}

TEST(Storage, PeakRemembersTheMost) {
  memory::reset_peak();
  const std::size_t before = memory::held_bytes();
  EXPECT_EQ(memory::peak_bytes(), before);
  { const Storage one(kMegabyte), two(kMegabyte); }
  { const Storage three(kMegabyte); }
  EXPECT_EQ(memory::peak_bytes(), before + 2 * kMegabyte);
  memory::reset_peak();
  EXPECT_EQ(memory::peak_bytes(), before);
}

TEST(Storage, BlocksAreRecycled) {
  if (!kRecycles) {
    GTEST_SKIP() << "AddressSanitizer looks for use after free";
  }
  const auto step = [] { const Storage a(kMegabyte), b(3 * kMegabyte), c(100); };
  step();
  const std::size_t allocations = memory::system_allocations();
  for (int i = 0; i < 10; ++i) {
    step();
  }
  EXPECT_EQ(memory::system_allocations(), allocations);
}

TEST(Storage, ReleaseGivesCachedBytesBack) {
  memory::release_cached();
  EXPECT_EQ(memory::cached_bytes(), 0U);
  { const Storage storage(kMegabyte); }
  EXPECT_EQ(memory::cached_bytes(), kRecycles ? kMegabyte : 0);
  {
    const Storage again(kMegabyte);
    EXPECT_EQ(memory::cached_bytes(), 0U);
  }
  memory::release_cached();
  EXPECT_EQ(memory::cached_bytes(), 0U);
  const std::size_t allocations = memory::system_allocations();
  { const Storage storage(kMegabyte); }
  EXPECT_EQ(memory::system_allocations(), allocations + 1);
}

TEST(Storage, NoMemoryIsAnErrorAndChangesNoAccount) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer ends the program instead";
#endif
  const std::size_t held = memory::held_bytes();
  constexpr std::size_t most = std::size_t{1} << 62;
  EXPECT_THAT([] { Storage{most}; },
              ::testing::ThrowsMessage<Error>(
                  "memory: the system has no 4611686018427387904 bytes for a tensor; use smaller batches"));
  EXPECT_EQ(memory::held_bytes(), held);
}

}  // namespace
}  // namespace gibbs
