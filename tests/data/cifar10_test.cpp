// CIFAR-10 batches: bytes laid out by hand, a round trip, and every way in which a file can be wrong.
#include "gibbs/data/cifar10.h"

#include <limits>

#include "gibbs/io/input_file.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

constexpr std::int64_t kRecord = 3073;

/// Byte b of record r as the format has it: a label, then three planes.
std::uint8_t byte_of(std::int64_t r, std::int64_t b) {
  return static_cast<std::uint8_t>(b == 0 ? (r * 3) % 10 : r * 31 + b * 7);
}

std::vector<std::uint8_t> batch_bytes(std::int64_t records) {
  std::vector<std::uint8_t> bytes;
  for (std::int64_t r = 0; r < records; ++r) {
    for (std::int64_t b = 0; b < kRecord; ++b) {
      bytes.push_back(byte_of(r, b));
    }
  }
  return bytes;
}

TEST(Cifar10, PlanesBecomePixels) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.bin", batch_bytes(4));
  const ImageDataset dataset = read_cifar10_batches({file, file}, 4);
  ASSERT_EQ(dataset.images.shape(), Shape({8, 32, 32, 3}));
  EXPECT_EQ(dataset.labels.to_vector(), (std::vector<double>{0, 3, 6, 9, 0, 3, 6, 9}));
  EXPECT_EQ(dataset.class_names[1], "automobile");
  EXPECT_FALSE(dataset.class_ordered);
  const std::uint8_t* pixels = dataset.images.data<std::uint8_t>();
  for (std::int64_t n = 0; n < 8; ++n) {
    for (std::int64_t p = 0; p < 1024; ++p) {
      for (std::int64_t c = 0; c < 3; ++c) {
        ASSERT_EQ(pixels[(n * 1024 + p) * 3 + c], byte_of(n % 4, 1 + c * 1024 + p)) << n << ", " << p << ", " << c;
      }
    }
  }
}

TEST(Cifar10, WrittenBatchesReadBackOnAnyNumberOfThreads) {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> original = batch_bytes(600);
  const ImageDataset dataset = read_cifar10_batches({folder.write("a.bin", original)}, 600);
  write_cifar10_batch(folder / "b.bin", dataset);
  std::vector<std::uint8_t> written;
  io::read_file(folder / "b.bin", written);
  EXPECT_EQ(written, original);
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    EXPECT_EQ(read_cifar10_batches({folder / "b.bin"}, 600).images.to_vector(), dataset.images.to_vector());
  }
}

TEST(Cifar10, AFolderOfSixFiles) {
  const TemporaryFolder folder;
  for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    folder.write(name, batch_bytes(2));
  }
  const Cifar10 parts = read_cifar10(folder.path(), 2);
  EXPECT_EQ(parts.train.size(), 10);
  EXPECT_EQ(parts.test.size(), 2);
  std::filesystem::remove(folder / "data_batch_4.bin");
  EXPECT_EQ(error_of([&] { read_cifar10(folder.path(), 2); }),
            "read: cannot open " + folder / "data_batch_4.bin" + ": No such file or directory");
}

TEST(Cifar10, WrongFilesAreNamedWithTheByte) {
  const TemporaryFolder folder;
  std::vector<std::uint8_t> bytes = batch_bytes(3);
  bytes[2 * kRecord] = 10;
  const std::string label = folder.write("label.bin", bytes);
  EXPECT_EQ(error_of([&] { read_cifar10_batches({label}, 3); }),
            "cifar10: " + label + ": byte 6146 (record 2) is label 10; expected 0 to 9");
  bytes = batch_bytes(3);
  bytes.push_back(0);
  const std::string oversized = folder.write("oversized.bin", bytes);
  EXPECT_EQ(error_of([&] { read_cifar10_batches({oversized}, 3); }),
            "cifar10: " + oversized + ": 1 bytes too many from byte 9219 on; expected 9219 bytes (3 records of 3073)");
  bytes.resize(4000);
  const std::string truncated = folder.write("truncated.bin", bytes);
  EXPECT_EQ(error_of([&] { read_cifar10_batches({truncated}, 3); }),
            "cifar10: " + truncated +
                ": the file ends at byte 4000, inside record 1; expected 9219 bytes (3 records of 3073)");
  const std::string empty = folder.write("empty.bin", "");
  EXPECT_EQ(error_of([&] { read_cifar10_batches({empty}); }),
            "cifar10: " + empty +
                ": the file ends at byte 0, inside record 0; expected 30730000 bytes (10000 records of 3073)");
}

TEST(Cifar10, NoMemoryIsTakenForWhatTheFilesDoNotHold) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.bin", batch_bytes(1));
  EXPECT_EQ(error_of([&] { read_cifar10_batches({file}, 4'000'000'000); }),
            "cifar10: " + file +
                ": the file ends at byte 3073, inside record 1; expected 12292000000000 bytes (4000000000 records of "
                "3073)");
  EXPECT_EQ(error_of([&] { read_cifar10_batches({file}, std::numeric_limits<std::int64_t>::max()); }),
            "cifar10: 9223372036854775807 records per file; at most 4294967296");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which end the process instead
  const std::string sparse = folder.write("sparse.bin", "");
  std::filesystem::resize_file(sparse, 3073ULL * 4'000'000'000);
  EXPECT_EQ(error_of([&] { read_cifar10_batches({sparse}, 4'000'000'000); }),
            "cifar10: " + sparse + " and the like: no memory for uint8 [4000000000, 32, 32, 3]");
#endif
}

TEST(Cifar10, OnlyItsOwnPicturesCanBeWritten) {
  const TemporaryFolder folder;
  ImageDataset dataset{.images = Tensor::zeros({1, 28, 28, 3}, DType::uint8),
                       .labels = Tensor::zeros({1}, DType::int64),
                       .class_names = std::vector<std::string>(11, "a")};
  EXPECT_EQ(error_of([&] { write_cifar10_batch(folder / "a.bin", dataset); }),
            "write_cifar10_batch: pictures must be [32, 32, 3], not [28, 28, 3]");
  dataset.images = Tensor::zeros({1, 32, 32, 3}, DType::uint8);
  dataset.labels.set({0}, 10);
  EXPECT_EQ(error_of([&] { write_cifar10_batch(folder / "a.bin", dataset); }),
            "write_cifar10_batch: label 10 is not in 0 to 9");
  EXPECT_FALSE(std::filesystem::exists(folder / "a.bin"));
}

}  // namespace
}  // namespace gibbs::data
