// IDX files written byte by byte.
#include "gibbs/data/idx.h"

#include <sys/stat.h>

#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes kPictures = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 250, 251, 252};
const Bytes kLabels = {0, 0, 8, 1, 0, 0, 0, 2, 2, 0};

TEST(Idx, ReadsPicturesAndLabels) {
  const TemporaryFolder folder;
  const ImageDataset dataset = read_idx_dataset(folder.write("x", kPictures), folder.write("y", kLabels));
  EXPECT_EQ(dataset.images.shape(), Shape({2, 1, 3, 1}));
  EXPECT_EQ(dataset.images.to_vector(), (std::vector<double>{1, 2, 3, 250, 251, 252}));
  EXPECT_EQ(dataset.labels.to_vector(), (std::vector<double>{2, 0}));
  EXPECT_EQ(dataset.class_names, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_FALSE(dataset.class_ordered);
}

TEST(Idx, BrokenFilesAreNamedWithTheByte) {
  const TemporaryFolder folder;
  const auto error_for = [&](const Bytes& bytes) {
    const std::string file = folder.write("x", bytes);
    const std::string error = error_of([&] { read_idx(file); });
    const std::string prefix = "idx: " + file;
    EXPECT_EQ(error.substr(0, prefix.size()), prefix);
    return error.substr(std::min(prefix.size(), error.size()));
  };
  EXPECT_EQ(error_for({}), ": byte 0: expected the two zero bytes of IDX");
  EXPECT_EQ(error_for({0, 1, 8, 1, 0, 0, 0, 0}), ": byte 0: expected the two zero bytes of IDX");
  EXPECT_EQ(error_for({0x1F, 0x8B, 8, 0}), " is compressed; unpack it with gunzip");
  EXPECT_EQ(error_for({0, 0, 13, 1, 0, 0, 0, 0}), ": byte 2: element type 13; only 8 (unsigned byte) is supported");
  EXPECT_EQ(error_for({0, 0, 8, 9, 0, 0, 0, 0}), ": byte 3: rank 9; expected 1 to 4");
  EXPECT_EQ(error_for({0, 0, 8, 2, 0, 0, 0, 1}), ": the file ends at byte 8, inside its header of 12 bytes");
  EXPECT_EQ(error_for({0, 0, 8, 1, 0, 0, 0, 3, 1, 2}), ": the file has 10 bytes; its header announces 11");
  EXPECT_EQ(error_for({0, 0, 8, 1, 0, 0, 0, 1, 1, 2}), ": the file has 10 bytes; its header announces 9");
  EXPECT_EQ(error_for({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}),
            ": byte 4: the sizes make more elements than any file holds");
}

TEST(Idx, NoMemoryIsTakenForWhatTheFileDoesNotHold) {
  const TemporaryFolder folder;
  const auto error_for = [&](const Bytes& header, std::int64_t size, std::int64_t largest = kLargestIdxFile) {
    const std::string file = folder.write("x", header);
    std::filesystem::resize_file(file, static_cast<std::uintmax_t>(size));
    const std::string error = error_of([&] { read_idx(file, largest); });
    return error.substr(std::min(error.size(), ("idx: " + file).size()));
  };
  const Bytes four_gigabytes = {0, 0, 8, 1, 0xFF, 0xFF, 0xFF, 0xFF};
  EXPECT_EQ(error_for(four_gigabytes, 8), ": the file has 8 bytes; its header announces 4294967303");
  EXPECT_EQ(error_for(four_gigabytes, 4'294'967'303), ": 4294967303 bytes, more than the limit of 4294967296");
  EXPECT_EQ(error_for({0, 0, 8, 1, 0, 0, 0, 9}, 17, 16), ": 17 bytes, more than the limit of 16");
  EXPECT_EQ(error_for({0, 0, 8, 1, 0, 0, 0, 9}, 17, 17), "");
  EXPECT_EQ(error_for({0, 0, 8, 4, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, 20),
            ": byte 4: the sizes make more elements than any file holds");
  EXPECT_EQ(error_for({0, 0, 8, 1, 0, 0, 0, 0}, 8), "");
}

TEST(Idx, SpecialFilesAreRefused) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { read_idx(folder / "pipe"); }), "read: " + folder / "pipe" + " is a named pipe, not a file");
}

TEST(Idx, PartsThatDoNotFit) {
  const TemporaryFolder folder;
  const std::string pictures = folder.write("x", kPictures), labels = folder.write("y", kLabels);
  EXPECT_EQ(error_of([&] { read_idx_dataset(labels, labels); }),
            "idx: " + labels + ": pictures must be [N, H, W], not [2]");
  EXPECT_EQ(error_of([&] { read_idx_dataset(pictures, pictures); }),
            "idx: " + pictures + ": labels must be [N], not [2, 1, 3]");
  EXPECT_EQ(error_of([&] {
              read_idx_dataset(pictures, labels, {"a", "b"});
            }),
            "idx: " + pictures + ": label 2 of image 0 is not in [0, 2), the number of class names");
  const std::string three = folder.write("z", Bytes{0, 0, 8, 1, 0, 0, 0, 3, 0, 0, 0});
  EXPECT_EQ(error_of([&] { read_idx_dataset(pictures, three); }), "idx: " + pictures + ": 2 images but 3 labels");
}

}  // namespace
}  // namespace gibbs::data
