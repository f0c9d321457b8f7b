// safetensors files: what is accepted and written again is read as the same tensors, bit for bit, and the same
// metadata; and writing that once more gives the same bytes. A file with a checksum is refused when one bit of it is
// another.
#include "gibbs/io/safetensors.h"

#include <algorithm>
#include <map>

#include "gibbs/io/checksum.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/repair.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {
namespace {

bool same_tensors(const NamedTensors& a, const NamedTensors& b) {
  std::map<std::string, Tensor> by_name;
  for (const auto& [name, tensor] : b) {
    by_name.emplace(name, tensor);
  }
  return a.size() == by_name.size() && std::all_of(a.begin(), a.end(), [&](const auto& named) {
           const auto found = by_name.find(named.path);
           return found != by_name.end() && same_bits(named.item, found->second);
         });
}

/// Which bit is changed depends on the whole input.
void require_checksum_to_hold(Bytes file) {
  const std::size_t bit = io::checksum_of(file.data(), file.size()) % (8 * file.size());
  file[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  const std::string path = file_of(file);
  require(!accepts([&] { io::read_safetensors(path); }), "a checksum finds a changed bit, here " + std::to_string(bit));
}

bool examine(const Bytes& input) {
  io::Safetensors first;
  const std::string path = file_of(input);
  if (!accepts([&] { first = io::read_safetensors(path); })) {
    return false;
  }
  if (first.checked) {
    require_checksum_to_hold(input);
  }
  const std::string copy = scratch("copy"), second_copy = scratch("second copy");
  io::write_safetensors(copy, first.tensors, first.metadata, {.checksum = first.checked});
  const io::Safetensors second = io::read_safetensors(copy);
  require(second.checked == first.checked, "a checksum written again is right");
  require(second.metadata == first.metadata, "metadata written again are the same");
  require(same_tensors(first.tensors, second.tensors), "tensors written again are the same");
  io::write_safetensors(second_copy, second.tensors, second.metadata, {.checksum = second.checked});
  require(testing::contents(copy) == testing::contents(second_copy), "equal tensors give equal files");
  return true;
}

std::vector<Bytes> seeds() {
  const std::string path = scratch("seed");
  std::vector<Bytes> files;
  const auto add = [&](const NamedTensors& tensors, const io::Metadata& metadata) {
    io::write_safetensors(path, tensors, metadata, {.checksum = !metadata.empty()});
    files.push_back(bytes_of(testing::contents(path)));
  };
  add({}, {});
  add({{"a", Tensor::ones({2, 3})}, {"b.\"\u00e9\"", Tensor::zeros({2}, DType::uint8)}}, {{"key", "line\nline"}});
  add({{"scalar", Tensor::full({}, 7, DType::int64)},
       {"empty", Tensor::zeros({0, 4}, DType::float64)},
       {"double", Tensor::ones({1}, DType::float64)}},
      {});
  return files;
}

}  // namespace

Harness safetensors_harness() {
  return {.name = "safetensors", .examine = examine, .seeds = seeds, .repair = repair_safetensors};
}

}  // namespace gibbs::fuzz
