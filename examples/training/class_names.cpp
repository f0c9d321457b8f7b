#include "examples/training/class_names.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gibbs/tensor/printable.h"

namespace gibbs::examples {

std::vector<std::string> class_names_of(const io::Safetensors& file, const std::string& path) {
  constexpr std::size_t kLongestList = 1 << 20;
  constexpr std::int64_t kFeatures = 256;  // that the last layer of the article's network sees
  const auto entry = file.metadata.find("class_names");
  check(entry != file.metadata.end(), "classify: ", path,
        " names no classes; give the model.safetensors that cifar10_convnet writes");
  const std::string& list = entry->second;
  check(list.size() <= kLongestList, "classify: ", path, ": the list of class names has ", list.size(),
        " bytes, more than the limit of ", kLongestList);
  std::vector<std::string> names;
  try {
    names = nlohmann::json::parse(list).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    fail("classify: ", path, ": the metadata's class_names is not a list of names: ", printable(list, 100));
  }
  check(!names.empty(), "classify: ", path, ": the list of class names is empty");
  const bool fits = std::any_of(file.tensors.begin(), file.tensors.end(), [&](const Named<Tensor>& tensor) {
    return tensor.item.shape() == Shape{kFeatures, std::ssize(names)};
  });
  check(fits, "classify: ", path, ": names ", names.size(), " classes, but no tensor is the last layer of so many, ",
        Shape{kFeatures, std::ssize(names)}, "; nothing was loaded");
  return names;
}

}  // namespace gibbs::examples
