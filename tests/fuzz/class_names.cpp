// The names of the classes in a model file, as classify reads them: the input is the JSON in its metadata, beside the
// weights of a network with two classes. There are as many as the network has, and as they are printed they hold no
// commands.
#include "examples/training/class_names.h"

#include <algorithm>

#include "gibbs/tensor/printable.h"
#include "tests/fuzz/harness.h"

namespace gibbs::fuzz {
namespace {

constexpr std::int64_t kClasses = 2;

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

bool examine(const Bytes& input) {
  static const Tensor last_layer = Tensor::zeros({256, kClasses});
  const io::Safetensors file{.tensors = {{"9.weight", last_layer}}, .metadata = {{"class_names", text_of(input)}}};
  std::vector<std::string> names;
  if (!accepts([&] { names = examples::class_names_of(file, "fuzz"); })) {
    return false;
  }
  require(std::ssize(names) == kClasses, "there are as many names as classes");
  for (const std::string& name : names) {
    const std::string shown = printable(name);
    require(std::none_of(shown.begin(), shown.end(), is_control), "what is printed holds no control characters");
    require(printable(shown) == shown, "what is printed is printable");
  }
  return true;
}

std::vector<Bytes> seeds() { return {bytes_of(R"(["cat","\u0007\u00e9\ud83d\ude00"])")}; }

}  // namespace

Harness class_names_harness() { return {.name = "class_names", .examine = examine, .seeds = seeds}; }

}  // namespace gibbs::fuzz
