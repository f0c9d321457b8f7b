// The loader's thread: the batches of ImageBatches in their order, from any start, ended at any time, errors passed on.
#include "gibbs/data/loader.h"

#include <atomic>
#include <chrono>
#include <stdexcept>

#include "gibbs/tensor/parallel.h"
#include "numbered_pictures.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

const ImageBatchOptions kOptions = {
    .batch_size = 4,
    .seed = 9,
    .transforms = {random_crop(1), random_horizontal_flip(), alternating_flip(), cutout({.size = 1})}};

void expect_same(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.position, b.position);
  EXPECT_EQ(a.first_sample, b.first_sample);
  EXPECT_EQ(a.last_of_epoch, b.last_of_epoch);
  EXPECT_EQ(a.input().to_vector(), b.input().to_vector());
  EXPECT_EQ(a.target().to_vector(), b.target().to_vector());
}

TEST(DataLoader, GivesTheBatchesInOrderOnAnyNumberOfThreads) {
  const ImageDataset dataset = numbered_pictures(18);
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    ImageBatches expected(dataset, kOptions);
    DataLoader loader(dataset, kOptions);
    EXPECT_EQ(loader.batches_per_epoch(), 5);
    EXPECT_EQ(loader.samples(), 18);
    for (std::int64_t i = 0; i < 12; ++i) {
      const BatchPosition position{i / 5, i % 5};
      EXPECT_EQ(loader.position(), position);
      expect_same(loader.next(), expected.make(position));
    }
  }
}

TEST(DataLoader, ResumesAnywhere) {
  const ImageDataset dataset = numbered_pictures(18);
  DataLoader whole(dataset, kOptions);
  for (int i = 0; i < 8; ++i) {
    whole.next();
  }
  DataLoader resumed(dataset, kOptions, whole.position());
  EXPECT_EQ(resumed.position(), (BatchPosition{1, 3}));
  for (int i = 0; i < 6; ++i) {
    expect_same(whole.next(), resumed.next());
  }
  EXPECT_EQ(DataLoader(dataset, kOptions, {1, 5}).position(), (BatchPosition{2, 0}));
}

TEST(DataLoader, EndsAtAnyTime) {
  const ImageDataset dataset = numbered_pictures(18);
  for (int taken = 0; taken < 50; ++taken) {
    DataLoader loader(dataset, kOptions);
    for (int i = 0; i < taken % 4; ++i) {
      loader.next();
    }
  }
}

TEST(DataLoader, WorksOneOrTwoBatchesAhead) {
  std::atomic<int> pictures{0};
  const Transform count = [&](const Picture&, const RandomKey&) { ++pictures; };
  DataLoader loader(numbered_pictures(100), {.batch_size = 10, .transforms = {count}});
  loader.next();
  while (pictures < 30) {
    std::this_thread::yield();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a thread that goes on too far has time to
  EXPECT_EQ(pictures, 30);                                     // one in use, one ready, one waiting to be handed over
}

TEST(DataLoader, PassesOnWhatItsThreadMeets) {
  std::atomic<int> pictures{0};
  const Transform fails = [&](const Picture&, const RandomKey&) {
    if (++pictures > 8) {
      throw std::invalid_argument("no more pictures");
    }
  };
  DataLoader loader(numbered_pictures(18), {.batch_size = 4, .transforms = {fails}});
  EXPECT_EQ(loader.next().position, (BatchPosition{0, 0}));
  EXPECT_EQ(loader.next().position, (BatchPosition{0, 1}));
  EXPECT_THROW(loader.next(), std::invalid_argument);
  EXPECT_THROW(loader.next(), std::invalid_argument);
}

#ifndef __SANITIZE_ADDRESS__  // under which nothing is recycled
TEST(DataLoader, SteadyStateAsksTheSystemForNoMemory) {
  DataLoader loader(numbered_pictures(250),
                    {.batch_size = 60,
                     .normalization = {.mean = {0, 0, 0}, .deviation = {1, 1, 1}},
                     .transforms = {random_crop(1, Border::reflect), alternating_flip(), cutout({.size = 1})}});
  for (int i = 0; i < 10; ++i) {
    loader.next();
  }
  const std::size_t before = memory::system_allocations();
  Batch batch;
  for (int i = 0; i < 500; ++i) {
    batch = loader.next();
  }
  EXPECT_EQ(memory::system_allocations(), before);
}
#endif

TEST(DataLoader, Errors) {
  const ImageDataset dataset = numbered_pictures(18);
  EXPECT_EQ(error_of([&] { DataLoader(dataset, {.batch_size = 19}); }),
            "ImageBatches: the batch size 19 is larger than the set of 18; use at most 18");
  EXPECT_EQ(error_of([&] {
              DataLoader(dataset, {.batch_size = 4}, {0, 6});
            }),
            "DataLoader: cannot start at batch 6 of epoch 0; an epoch has 5 batches");
  EXPECT_EQ(error_of([&] {
              DataLoader(dataset, {.batch_size = 4}, {-1, 0});
            }),
            "DataLoader: cannot start at batch 0 of epoch -1; an epoch has 5 batches");
}

}  // namespace
}  // namespace gibbs::data
