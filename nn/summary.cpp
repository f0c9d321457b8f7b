#include "gibbs/nn/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <vector>

#include "gibbs/nn/forward.h"
#include "gibbs/nn/init.h"

namespace gibbs::nn {
namespace {

/// What belongs to a module itself, without its children.
struct OwnParts : ModuleVisitor {
  std::vector<std::pair<const void*, std::int64_t>> trainable, other;  // identity and number of elements
  bool has_children = false;

  void parameter(std::string_view /*name*/, Parameter& parameter) override {
    (parameter.frozen() ? other : trainable).emplace_back(parameter.id(), parameter.shape().numel());
  }
  void buffer(std::string_view /*name*/, Buffer& buffer) override {
    other.emplace_back(buffer.id(), buffer.value().numel());
  }
  void child(std::string_view /*name*/, Module& /*module*/) override { has_children = true; }
  bool is_row() const { return !has_children || !trainable.empty() || !other.empty(); }
};

OwnParts own_parts(Module& module) {
  OwnParts parts;
  module.visit(parts);
  return parts;
}

/// Sums sizes, each thing once in the counter's life.
class Counter {
 public:
  std::int64_t add(const std::vector<std::pair<const void*, std::int64_t>>& things) {
    std::int64_t count = 0;
    for (const auto& [id, size] : things) {
      count += seen_.insert(id).second ? size : 0;
    }
    return count;
  }

 private:
  std::unordered_set<const void*> seen_;
};

using Row = std::array<std::string, 4>;

std::string with_batch(const Shape& shape) {
  return shape.rank() == 0
             ? "()"
             : fmt::format("(None{}{})", shape.rank() > 1 ? ", " : "", fmt::join(shape.begin() + 1, shape.end(), ", "));
}

/// 1234567 as "1,234,567".
std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) {
    digits.insert(i - 3, 1, ',');
  }
  return digits;
}

std::string mega(double flops) { return fmt::format("{:.3f}", flops / 1e6); }

/// Words left, numbers right, a rule under the head and under the body.
std::string table(const std::vector<Row>& rows) {
  std::array<std::size_t, 4> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  const std::size_t width = widths[0] + widths[1] + widths[2] + widths[3] + 6;
  std::string text;
  for (const Row& row : rows) {
    text += fmt::format("{:<{}}  {:<{}}  {:>{}}  {:>{}}\n", row[0], widths[0], row[1], widths[1], row[2], widths[2],
                        row[3], widths[3]);
    if (&row == &rows.front()) {
      text += std::string(width, '=') + "\n";
    }
  }
  return text + std::string(width, '=') + "\n";
}

/// That of the first, of which a module may have none.
Shape first_shape(const Variables& all) { return !all.empty() && all[0].defined() ? all[0].shape() : Shape{}; }

DType dtype_of_model(Module& model) {
  const auto found = parameters(model);
  return found.empty() ? DType::float32 : found[0].item.dtype();
}

}  // namespace

std::string summary(Layer& model, const Shape& input_shape) {
  if (has_pending(model)) {
    const std::unique_ptr<Layer> copy = clone(model);
    initialize(*copy, 0);
    return summary(*copy, input_shape);
  }
  std::vector<Row> rows = {{"Layer", "Output shape", "Params", "MFLOP"}};
  Counter shown;
  double flops = 0;
  const auto add_row = [&](const std::string& path, Module& module, const Variables& x, const Variables& y) {
    if (const OwnParts parts = own_parts(module); parts.is_row()) {
      const double layer_flops = module.flops(first_shape(x), first_shape(y));
      flops += layer_flops;
      rows.push_back({path.empty() ? module.describe() : path + ": " + module.describe(), with_batch(first_shape(y)),
                      with_commas(shown.add(parts.trainable) + shown.add(parts.other)), mega(layer_flops)});
    }
  };
  {
    const NoTape no_tape;
    const ForwardScope scope({.observer = add_row});
    model(Tensor::zeros(Shape{1}.followed_by(input_shape), dtype_of_model(model)));
  }
  Counter all;
  std::int64_t trainable = 0, other = 0;
  for (const auto& [path, module] : named_modules(model)) {
    const OwnParts parts = own_parts(*module);
    trainable += all.add(parts.trainable);
    other += all.add(parts.other);
  }
  return table(rows) +
         fmt::format("Total params: {}\nTrainable params: {}\nNon-trainable params: {}\nMFLOP per sample: {}\n",
                     with_commas(trainable + other), with_commas(trainable), with_commas(other), mega(flops));
}

}  // namespace gibbs::nn
