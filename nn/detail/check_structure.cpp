#include "gibbs/nn/detail/check_structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>

#include "gibbs/autograd/check_report.h"
#include "gibbs/autograd/node.h"
#include "gibbs/nn/detail/kept_buffers.h"
#include "gibbs/nn/weights.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/pointwise.h"

namespace gibbs::nn::detail {
namespace {

using gibbs::detail::check_same_bits;

/// The leaves that the layer's output is computed from, with their shapes: leaves made in forward do not outlive it.
std::unordered_map<const Node*, Shape> leaves_behind(Layer& layer, const Variable& x, const ForwardOptions& how) {
  const ForwardScope scope(how);
  const Variable y = layer(x);
  std::unordered_map<const Node*, Shape> leaves;
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> pending;
  const auto enter = [&](const Node* node) {
    if (node != nullptr && seen.insert(node).second) {
      pending.push_back(node);
    }
  };
  enter(y.edge().node.get());
  while (!pending.empty()) {
    const Node* node = pending.back();
    pending.pop_back();
    if (node->state == Node::State::leaf) {
      leaves.emplace(node, node->outputs[0].shape);
    }
    for (const Edge& input : node->inputs) {
      enter(input.node.get());
    }
  }
  return leaves;
}

/// For integers, which no graph leads back to: throws when other ones give the same output.
void check_integers_matter(Layer& layer, const Tensor& x) {
  const Tensor other = first_sample_repeated(x);
  check(other.to_vector() == x.to_vector() || output_of(layer, other).to_vector() != output_of(layer, x).to_vector(),
        "the output is the same when every sample is the first; does it depend on the input?");
}

/// The leaf of every parameter that is not frozen, tied ones once, with its path.
std::vector<Named<const Node*>> leaves_of(Layer& layer) {
  std::vector<Named<const Node*>> leaves;
  std::unordered_set<const Node*> seen;
  for (const auto& [path, parameter] : named_parameters(layer)) {
    const Node* leaf = parameter.variable().edge().node.get();
    if (leaf != nullptr && seen.insert(leaf).second) {
      leaves.push_back({path, leaf});
    }
  }
  return leaves;
}

/// Whether evaluation depends on some parameter.
bool reads_parameters(Layer& layer, const Tensor& x) {
  const auto behind = leaves_behind(layer, x, evaluation());
  const auto own = leaves_of(layer);
  return std::any_of(own.begin(), own.end(), [&](const auto& leaf) { return behind.contains(leaf.item); });
}

/// Other numbers in every parameter and floating buffer.
void change_numbers(Module& module) {
  for (const auto& [path, tensor] : named_tensors(module)) {
    if (is_floating(tensor.dtype())) {
      Tensor(tensor).copy_from(kernels::add(kernels::mul(tensor, 0.5), 0.25));
    }
  }
}

/// A file name that no other process uses; the file is removed at the end.
class TemporaryFile {
 public:
  TemporaryFile()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("gibbs_check_layer_{:08x}", std::random_device()())) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

ForwardOptions evaluation() { return {}; }
ForwardOptions training() { return {.training = true, .seed = 3, .step = 5}; }

Tensor output_of(Layer& module, const Tensor& x, const ForwardOptions& how) {
  const NoTape no_tape;
  const ForwardScope scope(how);
  return module(x).value();
}

Tensor first_sample_repeated(const Tensor& x) {
  return x.rank() == 0 || x.size(0) == 0 ? x : kernels::take_rows(x, Tensor::zeros({x.size(0)}, DType::int64));
}

std::string check_visit(Layer& layer) {
  std::vector<std::string> first, second;
  for (auto* names : {&first, &second}) {
    for (const auto& [path, parameter] : named_parameters(layer)) {
      check(parameter.defined(), "parameter '", path, "' is visited but undefined; visit what is there");
      names->push_back(path);
    }
    for (const auto& [path, buffer] : named_buffers(layer)) {
      check(buffer.defined(), "buffer '", path, "' is visited but undefined; visit what is there");
      names->push_back(path);
    }
  }
  check(first == second, "the second visit reports [", fmt::to_string(fmt::join(second, ", ")), "], the first [",
        fmt::to_string(fmt::join(first, ", ")), "]");
  std::set<std::string> distinct;
  for (const std::string& name : first) {
    check(distinct.insert(name).second, "two tensors are named '", name, "'");
  }
  check(!layer.describe().empty(), "describe() is empty; saved models are compared by it");
  return first.empty() ? "no parameters and no buffers" : fmt::to_string(fmt::join(first, ", "));
}

std::string check_parameters(Layer& layer, const Tensor& x) {
  const KeptBuffers buffers(layer);
  const bool differentiable = is_floating(x.dtype());
  const Variable input = differentiable ? Variable::leaf(x) : Variable(x);
  auto reached = leaves_behind(layer, input, evaluation());
  reached.merge(leaves_behind(layer, input, training()));
  if (differentiable) {
    check(reached.erase(input.edge().node.get()) == 1, "the output does not depend on the input");
  } else {
    check_integers_matter(layer, x);
  }
  const auto visited = leaves_of(layer);
  for (const auto& [path, leaf] : visited) {
    check(reached.erase(leaf) == 1, "parameter '", path, "' is visited, but the output does not depend on it");
  }
  if (!reached.empty()) {
    fail("forward reads a trainable ", reached.begin()->second,
         " that visit does not report: it is not trained, saved or cloned");
  }
  return fmt::format("{} read, all of them visited", visited.size());
}

void check_share(const Module& layer, const Module& shared) {
  check(typeid(layer) == typeid(shared), "share() makes '", shared.describe(), "', not '", layer.describe(),
        "'; does a derived class inherit it?");
}

std::string check_copies(Layer& layer, const Tensor& x) {
  const std::unique_ptr<Module> shared = layer.share();
  const std::unique_ptr<Layer> copy = clone(layer);
  check_share(layer, *shared);
  const auto mine = named_parameters(layer), its = named_parameters(*shared);
  check(mine.size() == its.size(), "share() makes a layer with ", its.size(), " parameters, not ", mine.size());
  for (std::size_t i = 0; i < mine.size(); ++i) {
    check(mine[i].item.same_as(its[i].item), "share() gives '", mine[i].path,
          "' to the other layer as a copy; Parameters are handles: copy those");
  }
  const Tensor y = output_of(layer, x);
  check_same_bits("the clone's output", output_of(*copy, x), y);
  change_numbers(*copy);
  output_of(*copy, x, training());
  check_same_bits("the output after the clone was changed and trained", output_of(layer, x), y);
  return "the same function, with numbers of its own";
}

std::string check_save_and_load(Layer& layer, const Tensor& x) {
  if (named_tensors(layer).empty()) {
    return "nothing to save";
  }
  const std::unique_ptr<Layer> saved = clone(layer), loaded = clone(layer);
  const Tensor y = output_of(*saved, x);
  change_numbers(*loaded);
  if (reads_parameters(layer, x)) {
    check(output_of(*loaded, x).to_vector() != y.to_vector(),
          "new numbers in the parameters do not change the output: is something computed from them and kept?");
  }
  const TemporaryFile file;
  save_weights(*saved, file.path());
  load_weights(*loaded, file.path());
  check(weights_sha256(*saved) == weights_sha256(*loaded), "loading does not give the saved numbers back");
  check_same_bits("the output after loading", output_of(*loaded, x), y);
  return "the saved numbers come back, and the output with them";
}

}  // namespace gibbs::nn::detail
