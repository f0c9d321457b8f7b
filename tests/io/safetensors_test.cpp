// Safetensors: exact bytes, round trips, and readers that know nothing of gibbs.
#include "gibbs/io/safetensors.h"

#include <sys/wait.h>

#include <cstdio>
#include <cstring>
#include <limits>

#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::io {
namespace {

using gibbs::testing::contents;
using gibbs::testing::TemporaryFolder;

using gibbs::testing::error_of;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

NamedTensors some_tensors() {
  return {{"counts", Tensor::from(std::vector<std::int64_t>{-1, kLargest}, {2})},
          {"a \"quoted\" Größe", Tensor::of({1, 2, 255}, DType::uint8)},
          {"w", Tensor::of({{1.5, -0.25, 3}, {4, 5, 6}})},
          {"empty", Tensor::zeros({0, 3})},
          {"scalar", Tensor::of(2.5, DType::float64)}};
}

/// Equal names, dtypes, shapes and values, whatever their order.
void expect_equal(const NamedTensors& actual, const NamedTensors& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& entry : expected) {
    const std::string& name = entry.path;
    const Tensor& tensor = entry.item;
    const auto found = std::find_if(actual.begin(), actual.end(), [&](const auto& a) { return a.path == name; });
    ASSERT_NE(found, actual.end()) << name;
    EXPECT_EQ(found->item.dtype(), tensor.dtype()) << name;
    EXPECT_EQ(found->item.shape(), tensor.shape()) << name;
    EXPECT_EQ(found->item.to_vector(), tensor.to_vector()) << name;
  }
}

struct ProgramResult {
  int code;
  std::string output;
};

ProgramResult run(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  check(pipe != nullptr, "test: cannot run ", command);
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    output += static_cast<char>(c);
  }
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

bool python_is_missing() { return run("python3 -c '' 2>/dev/null").code != 0; }

TEST(Safetensors, WritesExactlyTheFormat) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.safetensors";
  write_safetensors(path, {{"b", Tensor::of({7}, DType::uint8)}, {"w", Tensor::of({{1, 2}})}}, {{"k", "v"}});
  const std::string header = R"({"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})";
  const std::size_t padded = (header.size() + 7) / 8 * 8;
  const std::string expected = std::string(1, static_cast<char>(padded)) + std::string(7, '\0') + header +
                               std::string(padded - header.size(), ' ') +
                               std::string("\x00\x00\x80\x3f\x00\x00\x00\x40\x07", 9);
  EXPECT_EQ(contents(path), expected);
}

TEST(Safetensors, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  const Metadata metadata{{"note", "line\nline \"two\""}, {"empty", ""}};
  write_safetensors(folder / "a", some_tensors(), metadata);
  const Safetensors read = read_safetensors(folder / "a");
  expect_equal(read.tensors, some_tensors());
  EXPECT_EQ(read.tensors[0].item.data<std::int64_t>()[1], kLargest);
  EXPECT_EQ(read.metadata, metadata);
  // Larger elements first, otherwise in the order given.
  EXPECT_EQ(read.tensors[0].path, "counts");
  EXPECT_EQ(read.tensors[1].path, "scalar");
  EXPECT_EQ(read.tensors[4].path, "a \"quoted\" Größe");
}

TEST(Safetensors, AFileWithoutTensorsIsAFile) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {});
  EXPECT_EQ(contents(folder / "a"), std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  EXPECT_TRUE(read_safetensors(folder / "a").tensors.empty());
}

TEST(Safetensors, KeepsTheBitsOfNaNAndNegativeZero) {
  const TemporaryFolder folder;
  const std::vector<float> values{std::numeric_limits<float>::quiet_NaN(), -0.0F,
                                  std::numeric_limits<float>::denorm_min(), -std::numeric_limits<float>::infinity()};
  write_safetensors(folder / "a", {{"x", Tensor::from(values, {4})}});
  const Tensor read = read_safetensors(folder / "a").tensors[0].item;
  EXPECT_EQ(std::memcmp(read.data<float>(), values.data(), 16), 0);
}

TEST(Safetensors, AReaderOfTheStandardLibraryAgrees) {
  if (python_is_missing()) {
    GTEST_SKIP() << "python3 is not installed";
  }
  const TemporaryFolder folder;
  write_safetensors(folder / "a", some_tensors(), {{"note", "text"}});
  const ProgramResult result =
      run("PYTHONIOENCODING=utf-8 python3 -B " GIBBS_SOURCE_DIR "/tests/io/read_safetensors.py " + folder / "a");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.output,
            "metadata {\"note\": \"text\"}\n"
            "counts I64 [2] [-1, 9223372036854775807]\n"
            "scalar F64 [] [2.5]\n"
            "w F32 [2, 3] [1.5, -0.25, 3.0, 4.0, 5.0, 6.0]\n"
            "empty F32 [0, 3] []\n"
            "a \"quoted\" Größe U8 [3] [1, 2, 255]\n");
}

TEST(Safetensors, TheReferenceImplementationReadsItAndWritesWhatIsReadHere) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", some_tensors(), {{"note", "text"}});
  const int code =
      run("python3 -B " GIBBS_SOURCE_DIR "/tests/io/copy_safetensors.py " + folder / "a" + " " + folder / "b" + " 2>&1")
          .code;
  if (python_is_missing() || code == 77) {
    GTEST_SKIP() << "the python package safetensors is not installed";
  }
  EXPECT_EQ(code, 0);
  const Safetensors copy = read_safetensors(folder / "b");
  expect_equal(copy.tensors, some_tensors());
  EXPECT_EQ(copy.metadata, (Metadata{{"note", "text"}}));
}

TEST(Safetensors, RefusesWhatTheFormatCannotHold) {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  const Tensor x = Tensor::zeros({1});
  EXPECT_EQ(error_of([&] {
              write_safetensors(path, {{"x", x}, {"x", x}});
            }),
            "save: " + path + ": two tensors are named 'x'");
  EXPECT_EQ(error_of([&] {
              write_safetensors(path, {{"x", Tensor()}});
            }),
            "save: " + path + ": tensor 'x' is undefined");
  EXPECT_EQ(error_of([&] {
              write_safetensors(path, {{"__metadata__", x}});
            }),
            "save: " + path + ": '__metadata__' is the format's own name; rename the tensor");
  EXPECT_EQ(error_of([&] {
              write_safetensors(path, {{"\xff", x}});
            }),
            "save: " + path + ": a name or text is not UTF-8: \\xff");
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace gibbs::io
