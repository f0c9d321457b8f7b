// What the fuzzers started from and what they once found, in every run of the tests and without clang: seeds are
// accepted, and nothing in corpus/ and crashes/ breaks a promise any more.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/fuzz/harness.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {

/// How GoogleTest names a harness.
void PrintTo(const Harness& harness, std::ostream* out) { *out << harness.name; }

namespace {

namespace fs = std::filesystem;

const std::vector<Harness>& harnesses() {
  static const std::vector<Harness> all = {
      checkpoint_harness(),   cifar10_harness(), class_names_harness(), history_harness(),        idx_harness(),
      image_folder_harness(), picture_harness(), safetensors_harness(), training_state_harness(), weights_harness()};
  return all;
}

std::vector<fs::path> files_of(const std::string& kind, const std::string& name) {
  const fs::path folder = fs::path(GIBBS_SOURCE_DIR "/tests/fuzz") / kind / name;
  std::vector<fs::path> files;
  if (fs::exists(folder)) {
    std::copy(fs::directory_iterator(folder), {}, std::back_inserter(files));
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Replay : public ::testing::TestWithParam<Harness> {};

TEST_P(Replay, SeedsAreAccepted) {
  const std::vector<Bytes> seeds = GetParam().seeds();
  ASSERT_FALSE(seeds.empty());
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    Bytes seed = seeds[i];
    EXPECT_TRUE(GetParam().examine(seed)) << "seed " << i;
    GetParam().repair(seed);
    EXPECT_TRUE(GetParam().examine(seed)) << "seed " << i << ", repaired";
  }
}

TEST_P(Replay, TheCorpusIsAccepted) {
  for (const fs::path& file : files_of("corpus", GetParam().name)) {
    EXPECT_TRUE(GetParam().examine(bytes_of(testing::contents(file)))) << file;
  }
}

TEST_P(Replay, PastCrashesStayMended) {
  for (const fs::path& file : files_of("crashes", GetParam().name)) {
    EXPECT_NO_THROW(GetParam().examine(bytes_of(testing::contents(file)))) << file;
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, ::testing::ValuesIn(harnesses()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace gibbs::fuzz
