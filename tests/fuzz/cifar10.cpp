// CIFAR-10 batches: accepted exactly when the size is that of so many records and every label is 0 to 9; and what is
// accepted and written again gives the same bytes.
#include "gibbs/data/cifar10.h"

#include <algorithm>

#include "tests/fuzz/harness.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {
namespace {

constexpr std::size_t kRecord = 3073;

bool is_right(const Bytes& input, std::size_t records) {
  bool labels = true;
  for (std::size_t at = 0; at < input.size(); at += kRecord) {
    labels = labels && input[at] <= 9;
  }
  return labels && input.size() == records * kRecord;
}

bool examine(const Bytes& input) {
  const std::string path = file_of(input);
  const std::size_t records = std::max<std::size_t>(1, input.size() / kRecord);
  data::ImageDataset set;
  const bool accepted = accepts([&] { set = data::read_cifar10_batches({path}, static_cast<std::int64_t>(records)); });
  require(accepted == is_right(input, records), "right files are accepted and wrong ones refused");
  if (accepted) {
    const std::string copy = scratch("copy");
    data::write_cifar10_batch(copy, set);
    require(testing::contents(copy) == text_of(input), "a batch written again is the same");
  }
  return accepted;
}

std::vector<Bytes> seeds() {
  Bytes two(2 * kRecord, 128);
  two[0] = 0;
  two[kRecord] = 9;
  return {two, Bytes(kRecord, 5)};
}

void repair(Bytes& input) { input.resize(std::max<std::size_t>(1, input.size() / kRecord) * kRecord); }

}  // namespace

Harness cifar10_harness() { return {.name = "cifar10", .examine = examine, .seeds = seeds, .repair = repair}; }

}  // namespace gibbs::fuzz
