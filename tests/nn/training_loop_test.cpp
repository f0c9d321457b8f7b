// TrainingLoop: the scopes it gives are those written by hand, and pieces draw what the whole batch draws.
#include "gibbs/nn/training_loop.h"

#include <fmt/format.h>

#include <optional>
#include <thread>

#include "gibbs/nn/layers/dropout.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

void expect_scope(std::uint64_t seed, std::uint64_t step, std::uint64_t first_sample) {
  const ForwardOptions& now = ForwardScope::current();
  EXPECT_TRUE(now.training);
  EXPECT_EQ(now.seed, seed);
  EXPECT_EQ(now.step, step);
  EXPECT_EQ(now.first_sample, first_sample);
}

/// What dropout of so many rows of ones draws in the scope there is.
std::vector<double> drawn(std::int64_t rows) {
  Dropout layer({.rate = 0.5});
  return layer(Tensor::ones({rows, 10})).value().to_vector();
}

TEST(TrainingLoop, CountsStepsAndSamples) {
  TrainingLoop loop({.seed = 7});
  EXPECT_EQ(loop.step(), 0U);
  EXPECT_EQ(loop.first_sample(), 0U);
  {
    const ForwardScope scope = loop.next(32);
    expect_scope(7, 0, 0);
  }
  EXPECT_FALSE(ForwardScope::current().training) << "the scope ends with its block";
  {
    const ForwardScope scope = loop.next(5);
    expect_scope(7, 1, 32);
  }
  const ForwardScope scope = loop.next(1);
  expect_scope(7, 2, 37);
  EXPECT_EQ(loop.step(), 3U);
  EXPECT_EQ(loop.first_sample(), 38U);
}

TEST(TrainingLoop, GoesOnWhereAnotherEnded) {
  TrainingLoop whole({.seed = 1}), first({.seed = 1});
  for (int i = 0; i < 3; ++i) {
    const ForwardScope scope = whole.next(4), same = first.next(4);
  }
  TrainingLoop second({.seed = 1, .step = first.step(), .first_sample = first.first_sample()});
  std::vector<double> resumed;
  {
    const ForwardScope scope = second.next(4);
    expect_scope(1, 3, 12);
    resumed = drawn(4);
  }
  const ForwardScope scope = whole.next(4);
  EXPECT_EQ(drawn(4), resumed);
}

TEST(TrainingLoop, EveryStepDrawsOtherNumbers) {
  TrainingLoop loop;
  std::vector<double> first;
  {
    const ForwardScope scope = loop.next(20);
    first = drawn(20);
  }
  const ForwardScope scope = loop.next(20);
  EXPECT_NE(drawn(20), first);
}

TEST(TrainingLoop, PiecesDrawWhatTheWholeBatchDraws) {
  TrainingLoop loop({.seed = 3, .first_sample = 100});
  { const ForwardScope before = loop.next(9); }
  const ForwardScope step = loop.next(20);
  const std::vector<double> whole = drawn(20);
  std::vector<double> pieces;
  for (const auto& [first, last] : std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 7}, {7, 8}, {8, 20}}) {
    const ForwardScope piece = loop.piece(first);
    expect_scope(3, 1, 109 + static_cast<std::uint64_t>(first));
    const std::vector<double> own = drawn(last - first);
    pieces.insert(pieces.end(), own.begin(), own.end());
  }
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(loop.step(), 2U) << "pieces are no steps";
  EXPECT_EQ(loop.first_sample(), 129U);
}

TEST(TrainingLoop, PiecesMayBeMadeOnOtherThreads) {
  TrainingLoop loop;
  const ForwardScope step = loop.next(20);
  const std::vector<double> whole = drawn(20);
  std::vector<double> last;
  std::thread([&] {
    const ForwardScope piece = loop.piece(15);
    last = drawn(5);
  }).join();
  EXPECT_EQ(last, std::vector<double>(whole.begin() + 150, whole.end()));
}

TEST(TrainingLoop, Errors) {
  TrainingLoop loop;
  EXPECT_EQ(error_of([&] { const ForwardScope scope = loop.piece(0); }),
            "TrainingLoop::piece: no step has begun; call next(rows) first, with the rows of the whole batch");
  EXPECT_EQ(error_of([&] { const ForwardScope scope = loop.next(0); }),
            "TrainingLoop::next: a step has at least one row, not 0; give it the rows of the batch");
  EXPECT_EQ(loop.step(), 0U) << "what is refused is no step";
  const ForwardScope scope = loop.next(8);
  for (const std::int64_t row : {8, -1}) {
    EXPECT_EQ(error_of([&] { const ForwardScope piece = loop.piece(row); }),
              fmt::format("TrainingLoop::piece: there is no row {} in a batch of 8; give next() the rows of the whole "
                          "batch, and piece() the first row of each part",
                          row));
  }
  EXPECT_TRUE(ForwardScope::current().training) << "an error leaves the scope as it was";
}

}  // namespace
}  // namespace gibbs::nn
