// Hostile safetensors files: every rule of the format broken once, with the exact message.
#include "gibbs/io/detail/safetensors_header.h"

#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::io {
namespace {

using gibbs::testing::contents;
using gibbs::testing::TemporaryFolder;

using gibbs::testing::error_of;

std::string little_endian(std::uint64_t number) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) {
    bytes += static_cast<char>(number >> shift & 255);
  }
  return bytes;
}

/// What reading a file of these bytes says after the file's name.
std::string error_of_file(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.safetensors", bytes);
  const std::string error = error_of([&] { read_safetensors(path); });
  return error.starts_with(path + ": ") ? error.substr(path.size() + 2) : "no file name: " + error;
}

/// The same for a header followed by so many bytes of data. Offset 8 is the header's first character.
std::string error_of_header(const std::string& header, std::size_t data = 8) {
  return error_of_file(little_endian(header.size()) + header + std::string(data, '\0'));
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

/// {first,second,...}
std::string object(const std::vector<std::string>& members) {
  std::string text = "{";
  for (const std::string& member : members) {
    text.append(text.size() > 1 ? "," : "").append(member);
  }
  return text.append("}");
}

TEST(HostileSafetensors, LengthsThatCannotBe) {
  EXPECT_EQ(error_of_file(""), "byte 0: expected a file of at least 8 bytes, found 0");
  EXPECT_EQ(error_of_file("1234567"), "byte 0: expected a file of at least 8 bytes, found 7");
  EXPECT_EQ(error_of_file(little_endian(3) + "{}"),
            "byte 0: expected a header length that fits in a file of 10 bytes, found 3");
  EXPECT_EQ(error_of_file(little_endian(~std::uint64_t{0}) + "{}"),
            "byte 0: expected a header length of at most 100000000, found 18446744073709551615");
  EXPECT_EQ(error_of_file(little_endian(100'000'001) + "{}"),
            "byte 0: expected a header length of at most 100000000, found 100000001");
}

TEST(HostileSafetensors, FilesThatAreNone) {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing", here = folder / ".";
  EXPECT_EQ(error_of([&] { read_safetensors(missing); }),
            "read: cannot open " + missing + ": No such file or directory");
  EXPECT_EQ(error_of([&] { read_safetensors(here); }), "read: " + here + " is a folder, not a file");
}

TEST(HostileSafetensors, TextThatIsNotTheJsonOfAHeader) {
  EXPECT_EQ(error_of_header("", 0), "byte 8: expected '{', found the end of the header");
  EXPECT_EQ(error_of_header("[]"), "byte 8: expected '{', found '['");
  EXPECT_EQ(error_of_header("{"), "byte 9: expected a tensor's name, found the end of the header");
  EXPECT_EQ(error_of_header("{x"), "byte 9: expected a tensor's name, found 'x'");
  EXPECT_EQ(error_of_header(std::string("{\0", 2)), "byte 9: expected a tensor's name, found byte 0x00");
  EXPECT_EQ(error_of_header(R"({"x)"), "byte 9: expected a tensor's name, found text that is not a JSON string");
  EXPECT_EQ(error_of_header("{\"x\\"), "byte 9: expected a tensor's name, found text that is not a JSON string");
  EXPECT_EQ(error_of_header("{\"\xff\":{}}"), "byte 9: expected a tensor's name, found text that is not a JSON string");
  EXPECT_EQ(error_of_header(R"({"x"})"), "byte 12: expected ':', found '}'");
  EXPECT_EQ(error_of_header(R"({"x":7})"), "byte 13: expected '{', found '7'");
  EXPECT_EQ(error_of_header("{} {}"), "byte 11: expected nothing but spaces after the header's '}', found '{'");
  EXPECT_EQ(error_of_header(object({entry("x", "U8", "[8]", "[0,8]"), ""})),
            "byte 61: expected a tensor's name, found '}'");
  EXPECT_EQ(error_of_header(R"({"x":{"shape":)" + std::string(100'000, '[')),
            "byte 23: expected a size, a whole number from 0, found '['");
}

TEST(HostileSafetensors, EntriesThatSayTooMuchOrTooLittle) {
  EXPECT_EQ(error_of_header(R"({"x":{}})"),
            R"(byte 13: expected "dtype", "shape" and "data_offsets" of "x", found fewer)");
  EXPECT_EQ(error_of_header(R"({"x":{"stride":[1]}})"),
            R"(byte 14: expected "dtype", "shape" or "data_offsets", found "stride")");
  EXPECT_EQ(error_of_header(R"({"x":{"dtype":"U8","dtype":"U8"}})"),
            R"(byte 27: expected "dtype", "shape" or "data_offsets" that was not there before, found "dtype" again)");
  EXPECT_EQ(error_of_header(object({entry("x", "U8", "[8]", "[0,8]"), entry("x", "U8", "[0]", "[8,8]")})),
            R"(byte 61: expected a tensor's name that was not there before, found "x" again)");
  EXPECT_EQ(error_of_header(R"({"__metadata__":{"k":1}})"), "byte 29: expected a text of the metadata, found '1'");
  EXPECT_EQ(error_of_header(R"({"__metadata__":{"k":"a","k":"b"}})"),
            R"(byte 33: expected a key of the metadata that was not there before, found "k" again)");
}

TEST(HostileSafetensors, DTypesAndShapes) {
  const auto error = [](const std::string& dtype, const std::string& shape) {
    return error_of_header(object({entry("x", dtype, shape, "[0,8]")}));
  };
  EXPECT_EQ(error("BF16", "[4]"), R"(byte 22: expected a dtype of F32, F64, I64 or U8, found "BF16")");
  EXPECT_EQ(error("F32", "[-2]"), "byte 37: expected a size, a whole number from 0, found '-'");
  EXPECT_EQ(error("F32", "[2.5]"), "byte 38: expected ']', found '.'");
  EXPECT_EQ(error("F32", "[02]"), "byte 37: expected a size, a whole number from 0, found '0'");
  EXPECT_EQ(error("F32", "[9223372036854775808]"),
            "byte 37: expected a size, a whole number from 0, found a number that does not fit in 63 bits");
  EXPECT_EQ(error("F32", "[99999999999999999999999999]"),
            "byte 37: expected a size, a whole number from 0, found a number that does not fit in 63 bits");
  EXPECT_EQ(error("F32", "[4294967296,4294967296]"),
            "byte 36: expected a shape that memory can hold for \"x\", found [4294967296, 4294967296]");
  EXPECT_EQ(error("F32", "[1,1,1,1,1,1,1,1,1]"), "byte 53: expected at most 8 numbers, found '1'");
  EXPECT_EQ(error("F32", "[3]"), R"(byte 55: expected 12 bytes for "x" of shape [3] and dtype F32, found [0, 8])");
  EXPECT_EQ(error("F64", "[]"), "no file name: ") << "eight bytes for a float64 scalar are right";
}

TEST(HostileSafetensors, OffsetsThatOverlapLeaveGapsOrLeaveTheFile) {
  const auto error = [](const std::string& offsets, const std::vector<std::string>& more = {}) {
    std::vector<std::string> members = {entry("x", "U8", "[4]", offsets)};
    members.insert(members.end(), more.begin(), more.end());
    return error_of_header(object(members));
  };
  EXPECT_EQ(error("[4]"), R"(byte 54: expected [begin, end] of "x" with begin <= end, found [4])");
  EXPECT_EQ(error("[0,4,8]"), "byte 59: expected at most 2 numbers, found '8'");
  EXPECT_EQ(error("[4,0]"), R"(byte 54: expected [begin, end] of "x" with begin <= end, found [4, 0])");
  EXPECT_EQ(error("[-4,0]"), "byte 55: expected an offset, a whole number from 0, found '-'");
  EXPECT_EQ(error("[1,5]"),
            R"(byte 54: expected "x" to begin at 0, where the tensor before it ends, found 1, which leaves a gap)");
  EXPECT_EQ(
      error("[0,4]", {entry("y", "U8", "[5]", "[3,8]")}),
      R"(byte 106: expected "y" to begin at 4, where the tensor before it ends, found 3, which leaves an overlap)");
  EXPECT_EQ(error("[0,4]", {entry("y", "U8", "[5]", "[4,9]")}),
            R"(byte 106: expected "y" to end within the 8 bytes of data, found the end 9)");
  EXPECT_EQ(error("[0,4]"), "byte 65: expected the end of the file, found 4 bytes more");
  EXPECT_EQ(error("[0,4]", {entry("y", "U8", "[4]", "[4,8]")}), "no file name: ") << "this file is right";
}

TEST(HostileSafetensors, EveryTruncationOfAGoodFileIsAnError) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {{"x", Tensor::of({1, 2, 3})}, {"y", Tensor::of({4}, DType::uint8)}}, {{"k", "v"}});
  const std::string good = contents(folder / "a");
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(error_of_file(good.substr(0, length)), "no file name: ") << length;
  }
}

TEST(HostileSafetensors, NoChangeOfOneByteCrashesTheReader) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {{"x", Tensor::of({1, 2, 3})}}, {{"k", "v"}});
  const std::string good = contents(folder / "a");
  const std::string text = good.substr(8, good.size() - 8 - 12);
  for (std::size_t place = 0; place < text.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[place] = static_cast<char>(byte);
      try {
        detail::parse_safetensors_header("f", changed, 12);
      } catch (const Error& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with("f: byte ")) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace gibbs::io
