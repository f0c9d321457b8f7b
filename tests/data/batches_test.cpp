// Batches of tensors, and pieces of a batch.
#include "gibbs/data/batches.h"

#include <gtest/gtest.h>

#include <set>

#include "gibbs/data/loader.h"
#include "gibbs/data/tensor_batches.h"
#include "tests/testing/expect_op.h"

namespace gibbs::data {
namespace {

using gibbs::testing::error_of;

/// Ten rows that tell their number in every tensor.
TensorRows ten_rows() {
  const Tensor n = Tensor::arange(0, 10, 1, DType::float64);
  return {.inputs = {n.reshape({10, 1}), kernels::cast(n, DType::int64)}, .targets = {n * 2}};
}

TEST(TensorBatches, RowsStayTogetherInEveryOrder) {
  TensorBatches batches(ten_rows(), {.batch_size = 4, .seed = 1});
  std::multiset<double> seen;
  for (std::int64_t b = 0; b < batches.batches_per_epoch(); ++b) {
    const Batch batch = batches.make({.epoch = 2, .batch = b});
    EXPECT_EQ(batch.rows, b < 2 ? 4 : 2);
    EXPECT_EQ(batch.first_sample, 20 + 4 * b);
    EXPECT_EQ(batch.inputs[0].shape(), Shape({batch.rows, 1}));
    EXPECT_EQ(batch.inputs[1].dtype(), DType::int64);
    for (std::int64_t i = 0; i < batch.rows; ++i) {
      const double number = batch.inputs[0].at({i, 0});
      EXPECT_EQ(batch.inputs[1].at({i}), number);
      EXPECT_EQ(batch.target().at({i}), 2 * number);
      seen.insert(number);
    }
  }
  EXPECT_EQ(seen, (std::multiset<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(error_of([&] { batches.make({}).input(); }),
            "Batch: has 2 inputs, and input() is the only one; take inputs[i]");
}

TEST(TensorBatches, SayWhatTheyHold) {
  const auto digest_of = [](const auto& change) {
    TensorRows rows = ten_rows();
    change(rows);
    return TensorBatches(rows, {.batch_size = 5}).digest();
  };
  const RunSettings digest = digest_of([](TensorRows&) {});
  EXPECT_EQ(digest[0], (RunSettings::value_type("form of input 0", "float64 [10, 1]")));
  EXPECT_EQ(digest_of([](TensorRows&) {}), digest);
  EXPECT_NE(digest_of([](TensorRows& r) { r.inputs[0].set({3, 0}, 3.5); }), digest);
  EXPECT_NE(digest_of([](TensorRows& r) { r.targets[0].set({9}, 0); }), digest);
  EXPECT_NE(digest_of([](TensorRows& r) { r.inputs[0] = r.inputs[0].reshape({10}); }), digest);
}

TEST(TensorBatches, Errors) {
  EXPECT_EQ(error_of([] { TensorBatches(TensorRows{}); }), "TensorBatches: there are no inputs");
  EXPECT_EQ(error_of([] {
              TensorBatches({.inputs = {Tensor::ones({3, 2})}, .targets = {Tensor::ones({4})}});
            }),
            "TensorBatches: one tensor has 3 rows and another 4, [4]; each sample has one row in every tensor");
  EXPECT_EQ(error_of([] { TensorBatches({.inputs = {Tensor::ones({})}}); }),
            "TensorBatches: every tensor needs a first axis, the samples; one has none");
  EXPECT_EQ(error_of([] { TensorBatches(ten_rows(), {.batch_size = 11}); }),
            "TensorBatches: the batch size 11 is larger than the set of 10; use at most 10");
}

TEST(Piece, OfABatchAreItsRowsInOrder) {
  TensorBatches batches(ten_rows(), {.batch_size = 10, .shuffle = false});
  const Batch batch = batches.make({.epoch = 1, .batch = 0});
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < 4; ++i) {
    const Batch part = piece(batch, i, 4);
    EXPECT_EQ(part.rows, part.inputs[0].size(0));
    EXPECT_EQ(part.first_sample, 10 + static_cast<std::int64_t>(numbers.size()));
    for (double number : part.inputs[0].to_vector()) {
      numbers.push_back(number);
    }
  }
  EXPECT_EQ(numbers, batch.inputs[0].to_vector());
  EXPECT_EQ(piece(batch, 11, 20).rows, 1);
  EXPECT_EQ(piece(batch, 10, 20).rows, 0);
  EXPECT_EQ(error_of([&] { piece(batch, 4, 4); }), "piece: there is no piece 4 of 4");
}

TEST(DataLoader, TakesAnyBatches) {
  TensorBatches batches(ten_rows(), {.batch_size = 4, .seed = 5}), expected(ten_rows(), {.batch_size = 4, .seed = 5});
  DataLoader loader(batches, {.epoch = 0, .batch = 2});
  for (const BatchPosition position : {BatchPosition{0, 2}, BatchPosition{1, 0}, BatchPosition{1, 1}}) {
    const Batch batch = loader.next();
    EXPECT_EQ(batch.position, position);
    EXPECT_EQ(batch.target().to_vector(), expected.make(position).target().to_vector());
  }
}

/// Batches of somebody who sets rows and inputs, and nothing else.
class Careless : public Batches {
 public:
  std::int64_t samples() const override { return 6; }
  std::int64_t batches_per_epoch() const override { return batches; }
  Batch make(const BatchPosition& position) override {
    return {.inputs = {Tensor::full({rows}, static_cast<double>(position.batch))}, .rows = rows};
  }
  RunSettings settings() const override { return {}; }
  RunSettings digest() const override { return {}; }

  std::int64_t batches = 3, rows = 2;
};

TEST(DataLoader, KnowsWhereItIsWhateverBatchesSay) {
  Careless batches;
  DataLoader loader(batches);
  for (std::int64_t i = 0; i < 7; ++i) {
    const Batch batch = loader.next();
    EXPECT_EQ(batch.position, (BatchPosition{i / 3, i % 3}));
    EXPECT_EQ(batch.last_of_epoch, i % 3 == 2);
    EXPECT_EQ(batch.input().at({0}), i % 3);
  }
  Careless empty, none;
  empty.rows = 0;
  DataLoader of_empty(empty);
  EXPECT_EQ(error_of([&] { of_empty.next(); }),
            "DataLoader: batch 0 of epoch 0 has 0 rows; Batches::make must set them, at least one");
  none.batches = 0;
  EXPECT_EQ(error_of([&] { DataLoader{none}; }),
            "DataLoader: an epoch of these batches has 0; there must be at least one");
}

}  // namespace
}  // namespace gibbs::data
