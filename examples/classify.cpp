// classify: names pictures with a network that cifar10_convnet has trained.
//
// The network is built in code; the weights come from the file. Its metadata holds the architecture as text, which must
// equal this network's, and the names of the classes. Names are text of others: they are checked and printed as such.
#include <algorithm>

#include "examples/networks/article_convnet.h"
#include "examples/program/data_source.h"
#include "examples/program/program.h"
#include "examples/training/class_names.h"
#include "gibbs/data/image.h"
#include "gibbs/data/normalization.h"
#include "gibbs/data/resize.h"
#include "gibbs/gibbs.h"
#include "gibbs/tensor/printable.h"

namespace {

using namespace gibbs;

constexpr data::ImageSize kInputSize{.height = 32, .width = 32};

/// What was taken out of the pixels in training, as the file says; nothing when it does not.
data::Normalization normalization_of(const io::Safetensors& file, const std::string& path) {
  const auto found = file.metadata.find("normalization");
  const data::Normalization normalization =
      found == file.metadata.end() ? data::Normalization() : data::parse_normalization(found->second, path);
  data::validate(normalization, 3, path.c_str());
  return normalization;
}

/// Probabilities [K] of one picture.
Tensor classify(nn::Sequential& model, const std::string& picture, const data::ImageLimits& limits,
                const data::Normalization& normalization) {
  const Tensor pixels = data::resize(data::read_image(picture, limits), kInputSize);
  return train::predict_probabilities(model, data::normalized(pixels, normalization).reshape({1, 32, 32, 3}))[0];
}

/// Names every picture it can read; false when one could not be read.
bool run(const std::string& model_path, const std::vector<std::string>& pictures, std::int64_t top,
         const data::ImageLimits& limits) {
  io::Safetensors file = io::read_safetensors(model_path);
  const std::vector<std::string> names = examples::class_names_of(file, model_path);
  nn::Sequential model = examples::article_convnet(0, static_cast<std::int64_t>(names.size()));
  const data::Normalization normalization = normalization_of(file, model_path);
  nn::load_weights(model, std::move(file), model_path);
  bool all_read = true;
  for (const std::string& picture : pictures) {
    try {
      const auto best = kernels::topk(classify(model, picture, limits, normalization),
                                      std::min(top, static_cast<std::int64_t>(names.size())));
      fmt::print("{}:", printable(picture));
      for (std::int64_t i = 0; i < best.values.numel(); ++i) {
        const std::string& name = names[static_cast<std::size_t>(best.indices.at<std::int64_t>({i}))];
        fmt::print("{} {} {:.1f}%", i ? "," : "", printable(name), 100 * best.values.at({i}));
      }
      fmt::print("\n");
    } catch (const Error& error) {
      examples::report_error(error.what());
      all_read = false;
    }
  }
  return all_read;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Names JPEG and PNG pictures with a trained network, most probable class first.");
  std::string model;
  std::vector<std::string> pictures;
  std::int64_t top = 3;
  data::ImageLimits limits;
  app.add_option("--model", model, "model.safetensors, as cifar10_convnet writes it")->required();
  app.add_option("--top", top, "Classes to print per picture")
      ->transform(examples::whole_number(1, examples::kLargestCount))
      ->capture_default_str();
  examples::declare_picture_limits(app, limits);
  app.add_option("images", pictures, "Pictures to name")->required();
  return examples::run_program(app, argc, argv, [&] { return run(model, pictures, top, limits) ? 0 : 2; });
}
