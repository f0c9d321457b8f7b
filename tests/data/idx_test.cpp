// IDX files written byte by byte.
#include "gibbs/data/idx.h"

#include <sys/stat.h>

#include <algorithm>

#include "png_bytes.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

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

/// kPictures as gzip packs them, and a header that announces 4096 zeros with them behind it.
const Bytes kPackedPictures = {0x1F, 0x8B, 8,    0,    0,    0,    0,    0,    2,    3,    0x63, 0x60, 0xE0,
                               0x60, 0x66, 0x60, 0x60, 0x60, 0x02, 0x62, 0x46, 0x20, 0x66, 0x66, 0x64, 0x62,
                               0xFE, 0xF5, 0xFB, 0x0F, 0x00, 0x5B, 0xCA, 0x7D, 0x96, 0x16, 0x00, 0x00, 0x00};
const Bytes kPackedZeros = {0x1F, 0x8B, 8,    0,    0,    0,    0,    0,    2,    3,    0xED, 0xC1, 0x31, 0x11, 0x00,
                            0x30, 0x08, 0x00, 0xB1, 0x67, 0xEB, 0x88, 0x7F, 0xB5, 0xF8, 0xE8, 0x25, 0xA9, 0x37, 0xB5,
                            0x01, 0x00, 0x00, 0x00, 0xFF, 0x3B, 0xD1, 0xD5, 0xC6, 0x7F, 0x08, 0x10, 0x00, 0x00};

/// A gzip file of one stored block, with a right checksum and length unless told otherwise.
Bytes stored_gzip(const Bytes& bytes, std::uint32_t spoil_checksum = 0, std::uint32_t more_length = 0) {
  const auto little = [](std::uint32_t number) {
    Bytes result = big_endian(number);
    std::ranges::reverse(result);
    return result;
  };
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const Bytes sizes = little(size | ~size << 16);
  return joined({{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1},
                 sizes,
                 bytes,
                 little(crc_of(bytes) ^ spoil_checksum),
                 little(size + more_length)});
}

TEST(Idx, ReadsFilesPackedWithGzip) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_idx(folder.write("x", kPackedPictures)).to_vector(), (std::vector<double>{1, 2, 3, 250, 251, 252}));
  const Tensor zeros = read_idx(folder.write("x", kPackedZeros));
  EXPECT_EQ(zeros.shape(), Shape({4096}));
  EXPECT_EQ(zeros.to_vector(), std::vector<double>(4096, 0));
  const ImageDataset dataset =
      read_idx_dataset(folder.write("x", kPackedPictures), folder.write("y", stored_gzip(kLabels)));
  EXPECT_EQ(dataset.images.shape(), Shape({2, 1, 3, 1}));
  EXPECT_EQ(dataset.labels.to_vector(), (std::vector<double>{2, 0}));
  Bytes with_all = stored_gzip(kLabels);
  with_all[3] = 2 | 4 | 8 | 16;  // checksum of the header, extra, name and comment
  const Bytes extra = joined({{2, 0, 7, 7}, text_bytes("name"), {0}, text_bytes("comment"), {0, 9, 9}});
  with_all.insert(with_all.begin() + 10, extra.begin(), extra.end());
  EXPECT_EQ(read_idx(folder.write("y", with_all)).to_vector(), (std::vector<double>{2, 0}));
}

TEST(Idx, DamagedPackedFilesAreNamedWithTheByte) {
  const TemporaryFolder folder;
  const auto error_for = [&](const Bytes& bytes, std::int64_t largest = kLargestIdxFile) {
    const std::string file = folder.write("x", bytes);
    const std::string error = error_of([&] { read_idx(file, largest); });
    return error.substr(std::min(error.size(), ("idx: " + file).size()));
  };
  const auto with_byte = [](Bytes bytes, std::size_t at, std::uint8_t value) {
    bytes[at] = value;
    return bytes;
  };
  EXPECT_EQ(error_for({0x1F, 0x8B, 8, 0}), ": byte 4 of the packed file: the stream ends too early");
  EXPECT_EQ(error_for(with_byte(kPackedZeros, 2, 7)), ": byte 3 of the packed file: a method other than deflate");
  EXPECT_EQ(error_for(with_byte(kPackedZeros, 3, 32)), ": byte 4 of the packed file: flags of gzip that do not exist");
  EXPECT_EQ(error_for(stored_gzip(kLabels, 1)),
            ": byte 33 of the packed file: the unpacked bytes' checksum (CRC-32) is another");
  EXPECT_EQ(error_for(stored_gzip(kLabels, 0, 1)),
            ": byte 33 of the packed file: it says that it unpacks to 11 bytes, but does to 10");
  EXPECT_EQ(
      error_for(joined({stored_gzip(kLabels), stored_gzip(kLabels)})),
      ": byte 33 of the packed file: bytes behind the end; one with several members must be unpacked first (gunzip)");
  EXPECT_EQ(error_for(stored_gzip({0, 0, 8, 1, 0, 0, 0, 3, 1, 2})),
            ": the file unpacks to 10 bytes; its header announces 11");
  EXPECT_EQ(error_for(stored_gzip({0, 0, 8, 1, 0, 0, 0, 1, 1, 2})),
            ": byte 25 of the packed file: more than the 9 bytes that the file may take");
  EXPECT_EQ(error_for(stored_gzip({0, 0, 8, 9, 0})), ": byte 3: rank 9; expected 1 to 4");
  EXPECT_EQ(error_for(stored_gzip({0, 0})), ": byte 0: expected the two zero bytes of IDX");
  EXPECT_EQ(error_for(stored_gzip({0, 0, 8, 1, 0xFF, 0xFF, 0xFF, 0xFF})),
            ": the header announces 4294967303 bytes, more than the file's 31 can unpack to");
  EXPECT_EQ(error_for(kPackedZeros, 4000), ": 4104 bytes, more than the limit of 4000");
  for (std::size_t length = 2; length < kPackedPictures.size(); ++length) {
    EXPECT_NE(error_for(Bytes(kPackedPictures.begin(), kPackedPictures.begin() + static_cast<std::ptrdiff_t>(length))),
              "")
        << length;
  }
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
