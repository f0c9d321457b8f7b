// The checksum of weights files: it finds every flipped bit, and other readers do not notice that it is there.
#include "gibbs/io/checksum.h"

#include <fmt/format.h>

#include <cstring>

#include "gibbs/nn/layers/dense.h"
#include "gibbs/nn/sequential.h"
#include "gibbs/nn/weights.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::contents;
using gibbs::testing::error_of;
using gibbs::testing::TemporaryFolder;

Sequential small_model(std::uint64_t seed) { return initialized(Sequential(Dense({.in = 3, .out = 2})), seed); }

/// A small weights file, and where its checksum's 24 characters begin.
struct Scene {
  TemporaryFolder folder;
  std::string path = folder / "a";
  Sequential model = small_model(1);
  std::string good;
  std::size_t place = 0;

  Scene() {
    save_weights(model, path, {{"note", "text"}});
    good = contents(path);
    place = good.find("xxh3-64:");
  }
};

TEST(FileChecksum, IsThatOfTheFileWithZerosInItsPlace) {
  const Scene scene;
  ASSERT_NE(scene.place, std::string::npos);
  std::string zeroed = scene.good;
  zeroed.replace(scene.place, io::kChecksumLength, "xxh3-64:0000000000000000");
  EXPECT_EQ(scene.good.substr(scene.place, io::kChecksumLength),
            fmt::format("xxh3-64:{:016x}", io::checksum_of(zeroed.data(), zeroed.size())));
  EXPECT_EQ(scene.good.substr(scene.place - 18, 18), R"("gibbs.checksum":")");
}

TEST(FileChecksum, EveryFlippedBitIsFoundAndNothingIsLoaded) {
  Scene scene;
  Sequential other = small_model(2);
  const std::string before = weights_sha256(other);
  for (std::size_t bit = 0; bit < 8 * scene.good.size(); ++bit) {
    std::string damaged = scene.good;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    scene.folder.write("a", damaged);
    ASSERT_THROW(load_weights(other, scene.path, {.compare_architecture = false}), Error)
        << "bit " << bit % 8 << " of byte " << bit / 8;
  }
  EXPECT_EQ(weights_sha256(other), before);
  scene.folder.write("a", scene.good);
  EXPECT_EQ(load_weights(other, scene.path).at("note"), "text");
  EXPECT_EQ(weights_sha256(other), weights_sha256(scene.model));
}

TEST(FileChecksum, EveryReplacedByteIsFound) {
  Scene scene;
  Sequential other = small_model(2);
  for (std::size_t place = 0; place < scene.good.size(); ++place) {
    for (const char byte : std::string("\0\xFF\"\\ 0a,}", 9)) {
      std::string damaged = scene.good;
      damaged[place] = byte;
      if (damaged != scene.good) {
        scene.folder.write("a", damaged);
        ASSERT_THROW(load_weights(other, scene.path, {.compare_architecture = false}), Error)
            << "byte " << place << " as " << int{byte};
      }
    }
  }
}

TEST(FileChecksum, SaysWhatIsWrong) {
  Scene scene;
  const auto error_with = [&](const std::string& from, const std::string& to) {
    std::string changed = scene.good;
    changed.replace(changed.find(from), from.size(), to);
    scene.folder.write("a", changed);
    return error_of([&] { load_weights(scene.model, scene.path); });
  };
  const std::string sum = scene.good.substr(scene.place, io::kChecksumLength);
  std::string changed = scene.good;
  changed.back() ^= 1;
  std::string zeroed = changed;
  zeroed.replace(scene.place, io::kChecksumLength, "xxh3-64:0000000000000000");
  scene.folder.write("a", changed);
  EXPECT_EQ(error_of([&] { load_weights(scene.model, scene.path); }),
            scene.path + ": its checksum is " + sum + " and that of its bytes " +
                fmt::format("xxh3-64:{:016x}", io::checksum_of(zeroed.data(), zeroed.size())) +
                ". Its bytes are not those that were written; a program that changes the file must leave out "
                "'gibbs.checksum'");
  EXPECT_EQ(error_with("gibbs.checksum", "gibbs.checksuM"),
            scene.path + ": metadata 'gibbs.checksuM' has the form of the checksum; the file is damaged");
  EXPECT_EQ(error_with("xxh3-64:", "xxh4-64:"),
            scene.path + ": metadata 'gibbs.checksum' is no checksum; the file is damaged");
  EXPECT_EQ(error_with(sum.substr(0, 23), sum.substr(0, 22) + "A"),
            scene.path + ": metadata 'gibbs.checksum' is no checksum; the file is damaged");
  EXPECT_EQ(error_of([&] {
              io::write_safetensors(scene.path, {}, {{"gibbs.checksum", "1"}});
            }),
            "save: " + scene.path + ": metadata 'gibbs.checksum' would be taken for the checksum; choose another key");
  EXPECT_EQ(error_of([&] {
              io::write_safetensors(scene.path, {}, {{"note", sum}});
            }),
            "save: " + scene.path + ": metadata 'note' would be taken for the checksum; choose another text");
}

TEST(FileChecksum, AProgramThatRewritesTheFileMustLeaveItOut) {
  Scene scene;
  std::string header =
      scene.good.substr(8, static_cast<unsigned char>(scene.good[0]) + 256 * static_cast<unsigned char>(scene.good[1]));
  const std::string data = scene.good.substr(8 + header.size());
  header.replace(header.find("\"gibbs.checksum\":"), 17, "\"gibbs.checksum\": ");
  std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  scene.folder.write("a", bytes + header + data);
  EXPECT_EQ(error_of([&] { load_weights(scene.model, scene.path); }),
            scene.path +
                ": its checksum is not written as gibbs writes it. Its bytes are not those that were written; a "
                "program that changes the file must leave out 'gibbs.checksum'");
}

TEST(FileChecksum, FilesWithoutOneLoad) {
  Scene scene;
  io::write_safetensors(scene.path, named_tensors(scene.model), {{"note", "xxh3-64: is no checksum"}});
  EXPECT_FALSE(io::read_safetensors(scene.path).checked);
  Sequential other = small_model(2);
  EXPECT_EQ(load_weights(other, scene.path), (io::Metadata{{"note", "xxh3-64: is no checksum"}}));
  EXPECT_EQ(weights_sha256(other), weights_sha256(scene.model));
  save_weights(scene.model, scene.path);
  EXPECT_TRUE(io::read_safetensors(scene.path).checked);
}

}  // namespace
}  // namespace gibbs::nn
