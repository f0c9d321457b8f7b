#include "gibbs/data/cifar10.h"

#include <algorithm>
#include <array>

#include "gibbs/data/detail/room.h"
#include "gibbs/io/atomic_file.h"
#include "gibbs/io/input_file.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::data {
namespace {

constexpr std::int64_t kPlane = kCifar10Side * kCifar10Side;
constexpr std::int64_t kRecordsOfAPiece = 64;  // of the parallel loop: they stay in the cache
constexpr std::int64_t kMostRecords = std::int64_t{1} << 32;
constexpr int kCifar10Classes = 10;

/// Throws unless a file of so many bytes holds exactly `records` records.
void check_size(const std::string& file, std::int64_t size, std::int64_t records) {
  const std::int64_t expected = records * kCifar10RecordBytes;
  check(size >= expected, "cifar10: ", file, ": the file ends at byte ", size, ", inside record ",
        size / kCifar10RecordBytes, "; expected ", expected, " bytes (", records, " records of ", kCifar10RecordBytes,
        ")");
  check(size == expected, "cifar10: ", file, ": ", size - expected, " bytes too many from byte ", expected,
        " on; expected ", expected, " bytes (", records, " records of ", kCifar10RecordBytes, ")");
}

void check_labels(const std::string& file, const std::int64_t* labels, std::int64_t records) {
  for (std::int64_t r = 0; r < records; ++r) {
    check(labels[r] < kCifar10Classes, "cifar10: ", file, ": byte ", r * kCifar10RecordBytes, " (record ", r,
          ") is label ", labels[r], "; expected 0 to 9");
  }
}

/// planes: [3, 1024] -> pixels: [1024, 3].
void interleave(const std::uint8_t* planes, std::uint8_t* pixels) {
  for (std::int64_t p = 0; p < kPlane; ++p) {
    for (std::int64_t c = 0; c < 3; ++c) {
      pixels[3 * p + c] = planes[c * kPlane + p];
    }
  }
}

void deinterleave(const std::uint8_t* pixels, std::uint8_t* planes) {
  for (std::int64_t c = 0; c < 3; ++c) {
    for (std::int64_t p = 0; p < kPlane; ++p) {
      planes[c * kPlane + p] = pixels[3 * p + c];
    }
  }
}

}  // namespace

const std::vector<std::string>& cifar10_class_names() {
  static const std::vector<std::string> names = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                 "dog",      "frog",       "horse", "ship", "truck"};
  return names;
}

ImageDataset read_cifar10_batches(const std::vector<std::filesystem::path>& files, std::int64_t records_per_file) {
  check(!files.empty() && records_per_file > 0, "cifar10: no files or no records asked for");
  check(records_per_file <= kMostRecords, "cifar10: ", records_per_file, " records per file; at most ", kMostRecords);
  for (const auto& path : files) {
    check_size(path.string(), io::InputFile(path).size(), records_per_file);
  }
  const std::int64_t n = static_cast<std::int64_t>(files.size()) * records_per_file;
  const std::string what = "cifar10: " + files[0].string() + " and the like";
  ImageDataset result{.images = room_for({n, kCifar10Side, kCifar10Side, 3}, DType::uint8, what),
                      .labels = room_for({n}, DType::int64, what),
                      .class_names = cifar10_class_names()};
  auto* pixels = result.images.mutable_data<std::uint8_t>();
  auto* labels = result.labels.mutable_data<std::int64_t>();
  for (const auto& path : files) {
    const io::InputFile file(path);
    parallel_for(0, records_per_file, kRecordsOfAPiece, [&](std::int64_t first, std::int64_t last) {
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>((last - first) * kCifar10RecordBytes));
      const std::int64_t begin = first * kCifar10RecordBytes, size = std::ssize(bytes);
      const std::int64_t got = file.read(begin, size, bytes.data());
      check(got == size, "cifar10: ", path.string(), ": the file ended at byte ", begin + got, " while it was read");
      const std::uint8_t* record = bytes.data();
      for (std::int64_t r = first; r < last; ++r, record += kCifar10RecordBytes) {
        labels[r] = record[0];
        interleave(record + 1, pixels + r * 3 * kPlane);
      }
    });
    check_labels(path.string(), labels, records_per_file);
    pixels += records_per_file * 3 * kPlane;
    labels += records_per_file;
  }
  return result;
}

Cifar10 read_cifar10(const std::filesystem::path& folder, std::int64_t records_per_file) {
  std::vector<std::filesystem::path> train;
  for (int i = 1; i <= 5; ++i) {
    train.push_back(folder / ("data_batch_" + std::to_string(i) + ".bin"));
  }
  return {.train = read_cifar10_batches(train, records_per_file),
          .test = read_cifar10_batches({folder / "test_batch.bin"}, records_per_file)};
}

void write_cifar10_batch(const std::filesystem::path& file, const Subset& subset) {
  validate(subset.dataset, "write_cifar10_batch");
  const Shape picture = subset.dataset.images.shape().without(0);
  check(picture == Shape({kCifar10Side, kCifar10Side, 3}), "write_cifar10_batch: pictures must be [32, 32, 3], not ",
        picture);
  io::write_file_atomically(file, [&](io::FileWriter& writer) {
    std::array<std::uint8_t, kCifar10RecordBytes> record{};
    for (std::int64_t i = 0; i < subset.size(); ++i) {
      check(subset.label(i) < kCifar10Classes, "write_cifar10_batch: label ", subset.label(i), " is not in 0 to 9");
      record[0] = static_cast<std::uint8_t>(subset.label(i));
      deinterleave(subset.image(i).data<std::uint8_t>(), record.data() + 1);
      writer.write(record.data(), record.size());
    }
  });
}

}  // namespace gibbs::data
