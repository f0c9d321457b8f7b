// Weights files into a model: a file that is refused leaves the model as it was; one that is accepted gives a model
// which, saved and loaded again, has the same bits.
#include "gibbs/nn/weights.h"

#include "gibbs/nn/nn.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/repair.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {
namespace {

nn::Sequential small_model(std::uint64_t seed) {
  return nn::initialized(nn::Sequential(nn::Dense({.in = 2, .out = 2}), nn::ReLU(), nn::Dense({.in = 2, .out = 1})),
                         seed);
}

bool examine_with(const std::string& path, const nn::LoadOptions& options) {
  nn::Sequential model = small_model(1), other = small_model(2);
  const std::string before = nn::weights_sha256(model);
  if (!accepts([&] { nn::load_weights(model, path, options); })) {
    require(nn::weights_sha256(model) == before, "what is refused changes no weight");
    return false;
  }
  const std::string copy = scratch("copy");
  nn::save_weights(model, copy);
  nn::load_weights(other, copy);
  require(nn::weights_sha256(model) == nn::weights_sha256(other), "weights saved again are the same");
  return true;
}

bool examine(const Bytes& input) {
  const std::string path = file_of(input);
  const bool accepted = examine_with(path, {});
  const bool accepted_anyway = examine_with(path, {.compare_architecture = false});
  require(accepted_anyway || !accepted, "whoever does not compare architectures accepts more");
  return accepted;
}

std::vector<Bytes> seeds() {
  const std::string path = scratch("seed");
  nn::Sequential model = small_model(3);
  std::vector<Bytes> files;
  nn::save_weights(model, path, {{"class_names", R"(["cat","dog"])"}});
  files.push_back(bytes_of(testing::contents(path)));
  io::write_safetensors(path, nn::named_tensors(model));
  files.push_back(bytes_of(testing::contents(path)));
  return files;
}

}  // namespace

Harness weights_harness() {
  return {.name = "weights", .examine = examine, .seeds = seeds, .repair = repair_safetensors};
}

}  // namespace gibbs::fuzz
