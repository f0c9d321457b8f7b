// parallel_for and parallel_reduce: a partition that the threads do not influence.
#include "gibbs/tensor/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>

#include "gibbs/tensor/error.h"
#include "tests/testing/little_memory.h"

namespace gibbs {
namespace {

using ::testing::ThrowsMessage;
using Pieces = std::set<std::pair<std::int64_t, std::int64_t>>;

class Parallel : public ::testing::Test {
 protected:
  ~Parallel() override { set_num_threads(before_); }
  int before_ = num_threads();
};

Pieces pieces_of(std::int64_t begin, std::int64_t end, std::int64_t grain) {
  Pieces pieces;
  std::mutex mutex;
  parallel_for(begin, end, grain, [&](std::int64_t first, std::int64_t last) {
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(pieces.emplace(first, last).second);
  });
  return pieces;
}

TEST_F(Parallel, PiecesAreTheSameOnAnyNumberOfThreads) {
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    EXPECT_EQ(num_threads(), threads);
    EXPECT_EQ(pieces_of(5, 16, 4), (Pieces{{5, 9}, {9, 13}, {13, 16}}));
    EXPECT_EQ(pieces_of(0, 8, 4), (Pieces{{0, 4}, {4, 8}}));
    EXPECT_EQ(pieces_of(0, 3, 0), (Pieces{{0, 1}, {1, 2}, {2, 3}}));
    EXPECT_EQ(pieces_of(-2, 2, 3), (Pieces{{-2, 1}, {1, 2}}));
  }
}

TEST_F(Parallel, AHugeGrainIsOnePiece) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(pieces_of(3, 10, huge), (Pieces{{3, 10}}));
  EXPECT_EQ(pieces_of(huge - 5, huge, 3), (Pieces{{huge - 5, huge - 2}, {huge - 2, huge}}));
}

TEST_F(Parallel, EveryElementExactlyOnce) {
  set_num_threads(3);
  std::vector<std::atomic<int>> visits(10'007);
  parallel_for(0, 10'007, 13, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      ++visits[static_cast<std::size_t>(i)];
    }
  });
  EXPECT_TRUE(std::all_of(visits.begin(), visits.end(), [](const auto& count) { return count == 1; }));
}

TEST_F(Parallel, AnEmptyRangeDoesNothing) {
  parallel_for(4, 4, 1, [](std::int64_t, std::int64_t) { FAIL(); });
  parallel_for(4, 3, 1, [](std::int64_t, std::int64_t) { FAIL(); });
}

TEST_F(Parallel, ALoopInsideALoopRunsInlineInOrder) {
  set_num_threads(2);
  EXPECT_FALSE(in_parallel_region());
  parallel_for(0, 4, 1, [](std::int64_t, std::int64_t) {
    EXPECT_TRUE(in_parallel_region());
    std::vector<std::int64_t> order;  // unguarded: only this thread may touch it
    parallel_for(0, 100, 10, [&](std::int64_t first, std::int64_t) { order.push_back(first); });
    EXPECT_THAT(order, ::testing::ElementsAre(0, 10, 20, 30, 40, 50, 60, 70, 80, 90));
    EXPECT_TRUE(in_parallel_region());
  });
  EXPECT_FALSE(in_parallel_region());
}

TEST_F(Parallel, AnInnerLoopStaysOnItsThreadThoughOthersAreIdle) {
  set_num_threads(2);
  parallel_for(0, 2, 1, [](std::int64_t first, std::int64_t) {
    if (first == 1) {
      return;
    }
    const auto outer = std::this_thread::get_id();
    std::atomic<int> strangers{0};
    parallel_for(0, 40, 1, [&](std::int64_t, std::int64_t) {
      strangers += std::this_thread::get_id() != outer;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    });
    EXPECT_EQ(strangers, 0);
  });
}

TEST_F(Parallel, ExceptionsArrive) {
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    const auto loop = [] {
      parallel_for(0, 100, 1, [](std::int64_t first, std::int64_t) { check(first != 57, "piece ", first); });
    };
    EXPECT_THAT(loop, ThrowsMessage<Error>("piece 57"));
    EXPECT_FALSE(in_parallel_region());
    EXPECT_EQ(pieces_of(0, 2, 1).size(), 2U);  // and the next loop works
  }
}

TEST_F(Parallel, ReduceCombinesInATreeOfFixedForm) {
  const auto name = [](std::int64_t first, std::int64_t) { return std::to_string(first); };
  const auto pair = [](const std::string& a, const std::string& b) { return "(" + a + " " + b + ")"; };
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    EXPECT_EQ(parallel_reduce(0, 5, 1, std::string("none"), name, pair), "(((0 1) (2 3)) 4)");
    EXPECT_EQ(parallel_reduce(0, 5, 2, std::string("none"), name, pair), "((0 2) 4)");
    EXPECT_EQ(parallel_reduce(0, 5, 9, std::string("none"), name, pair), "0");
    EXPECT_EQ(parallel_reduce(0, 2, 0, std::string("none"), name, pair), "(0 1)");
    EXPECT_EQ(parallel_reduce(0, 0, 1, std::string("none"), name, pair), "none");
  }
}

TEST_F(Parallel, FloatSumsHaveTheSameBits) {
  std::vector<float> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = 1.0F / static_cast<float>(i + 1);
  }
  const auto sum = [&](int threads) {
    set_num_threads(threads);
    return parallel_reduce(
        0, 100'000, 999, 0.0F,
        [&](std::int64_t first, std::int64_t last) {
          return std::accumulate(values.begin() + first, values.begin() + last, 0.0F);
        },
        std::plus<>());
  };
  const float one = sum(1);
  EXPECT_EQ(sum(2), one);
  EXPECT_EQ(sum(3), one);
}

TEST_F(Parallel, TheNumberOfThreadsIsChecked) {
  EXPECT_THAT([] { set_num_threads(0); }, ThrowsMessage<Error>("set_num_threads: at least 1, not 0"));
  EXPECT_THAT([] { parallel_for(0, 1, 1, [](std::int64_t, std::int64_t) { set_num_threads(2); }); },
              ThrowsMessage<Error>("set_num_threads: not inside a parallel loop"));
}

#if defined(GIBBS_CAN_LIMIT_MEMORY)
TEST_F(Parallel, ThreadsThatTheSystemRefusesAreAnError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ask_for_many = [] { testing::run_with_little_memory(100 << 20, [] { set_num_threads(512); }); };
  EXPECT_EXIT(
      ask_for_many(), ::testing::ExitedWithCode(2),
      "threads: the system lets this process have [0-9]+ of the 512 that it asks for \\(.*\\); ask for fewer, or "
      "raise the limit \\(ulimit -u, ulimit -v\\)");
}

TEST_F(Parallel, RefusedThreadsLeaveTheNumberAsItWas) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ask_and_go_on = [] {
    testing::run_with_little_memory(100 << 20, [] {
      set_num_threads(2);
      EXPECT_THROW(set_num_threads(512), Error);
      std::_Exit(num_threads() == 2 ? 0 : 1);
    });
  };
  EXPECT_EXIT(ask_and_go_on(), ::testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace gibbs
