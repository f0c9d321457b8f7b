#include "gibbs/nn/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gibbs/nn/detail/call_tree.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/init.h"

namespace gibbs::nn {
namespace {

/// What belongs to a module itself, without its children.
struct OwnParts : ModuleVisitor {
  std::vector<std::pair<const void*, std::int64_t>> trainable, other;  // identity and number of elements
  bool has_children = false, has_line = false;

  void parameter(std::string_view /*name*/, Parameter& parameter) override {
    (parameter.frozen() ? other : trainable).emplace_back(parameter.id(), parameter.shape().numel());
  }
  void buffer(std::string_view /*name*/, Buffer& buffer) override {
    other.emplace_back(buffer.id(), buffer.value().numel());
  }
  void child(std::string_view /*name*/, Module& /*module*/) override { has_children = true; }
  bool is_row() const { return !has_children || has_line || !trainable.empty() || !other.empty(); }
};

OwnParts own_parts(Module& module) {
  OwnParts parts;
  parts.has_line = module.has_line();
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

/// How shapes are written: of a call as they are, or with "None" for the samples.
enum class Samples { shown, none };

std::string shape_text(const Variable& y, Samples samples) {
  if (!y.defined()) {
    return "undefined";
  }
  const Shape& shape = y.shape();
  if (samples == Samples::shown || shape.rank() == 0) {
    return fmt::format("({})", fmt::join(shape.begin(), shape.end(), ", "));
  }
  return fmt::format("(None{}{})", shape.rank() > 1 ? ", " : "", fmt::join(shape.begin() + 1, shape.end(), ", "));
}

/// Of all outputs; of many, the first and how many.
std::string output_text(const Variables& y, Samples samples) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> shapes;
  for (std::size_t i = 0; i < (y.size() > kMost ? 1 : y.size()); ++i) {
    shapes.push_back(shape_text(y[i], samples));
  }
  return fmt::format("{}{}", fmt::join(shapes, ", "),
                     y.size() > kMost ? fmt::format(" and {} more", y.size() - 1) : "");
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

/// Runs the call, looking at every module of the model.
detail::CallTree calls_in(Module& model, Samples samples, const std::function<void(Module&)>& call) {
  std::unordered_map<const Module*, std::string> paths;
  for (auto& [path, module] : named_modules(model)) {
    paths.try_emplace(module, std::move(path));
  }
  detail::CallTree calls;
  Counter counted;
  const auto see = [&](const std::string& path, Module& module, const Variables& x, const Variables& y) {
    const OwnParts parts = own_parts(module);
    std::vector<std::int64_t> sizes;
    for (const auto* things : {&parts.trainable, &parts.other}) {
      std::transform(things->begin(), things->end(), std::back_inserter(sizes),
                     [](const auto& one) { return one.second; });
    }
    const auto known = paths.find(&module);
    calls.add({.path = known == paths.end() ? path : known->second,
               .description = module.describe(),
               .output = output_text(y, samples),
               .sizes = std::move(sizes),
               .has_line = parts.is_row(),
               .parameters = counted.add(parts.trainable) + counted.add(parts.other),
               .flops = parts.is_row() ? module.flops(first_shape(x), first_shape(y)) : 0});
  };
  const NoTape no_tape;
  const ForwardScope scope({.observer = see});
  call(model);
  return calls;
}

std::string totals(Module& model) {
  Counter all;
  std::int64_t trainable = 0, other = 0;
  for (const auto& [path, module] : named_modules(model)) {
    const OwnParts parts = own_parts(*module);
    trainable += all.add(parts.trainable);
    other += all.add(parts.other);
  }
  return fmt::format("Total params: {}\nTrainable params: {}\nNon-trainable params: {}\n",
                     with_commas(trainable + other), with_commas(trainable), with_commas(other));
}

std::string summary_of(Module& model, Samples samples, const std::function<void(Module&)>& call) {
  if (has_pending(model)) {
    const std::unique_ptr<Module> copy = clone(model);
    initialize(*copy, 0);
    return summary_of(*copy, samples, call);
  }
  const detail::CallTree calls = calls_in(model, samples, call);
  check(!calls.empty(), "summary: the function ran no module that could be seen; let it call the one it is given, ",
        "[&](Model& model) { model(x); }, without a ForwardScope of its own");
  std::vector<Row> rows = {{"Layer", "Output shape", "Params", "MFLOP"}};
  double flops = 0;
  for (const detail::SummaryLine& line : calls.lines()) {
    rows.push_back({line.title, line.output, with_commas(line.parameters), mega(line.flops)});
    flops += line.title.starts_with(' ') ? 0 : line.flops;
  }
  return table(rows) + totals(model) +
         fmt::format("{}: {}\n", samples == Samples::none ? "MFLOP per sample" : "MFLOP of this call", mega(flops));
}

}  // namespace

std::string summary(Layer& model, const Shape& input_shape) {
  const Tensor x = Tensor::zeros(Shape{1}.followed_by(input_shape), dtype_of_model(model));
  return summary_of(model, Samples::none, [&](Module& own) { static_cast<Layer&>(own)(x); });
}

std::string detail::summary_of_call(Module& model, const std::function<void(Module&)>& call) {
  return summary_of(model, Samples::shown, call);
}

}  // namespace gibbs::nn
