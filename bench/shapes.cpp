// Single layers on shapes that networks are made of: forward and backward through the public interface, gradients of
// the input and of every parameter. bench/shapes.json has the tables, which bench/peers/pytorch_shapes.py reads, too;
// the checksums that both print prove that they computed the same. bench/shapes.sh compares the two.
//
// Usage: build/release/bench/shapes bench/shapes.json [--threads 2] [--only 3x3]; prints one JSON line per shape.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/checksum.h"
#include "bench/timing.h"
#include "gibbs/gibbs.h"

namespace {

using namespace gibbs;
using nlohmann::json;

Shape shape_of(const json& entry) { return Shape(entry.at("x").get<std::vector<std::int64_t>>()); }

/// The loss as a layer, so that all entries look alike. Row i is of class 7 i mod K.
class CrossEntropy : public nn::Layer {
 public:
  explicit CrossEntropy(const Shape& x) : labels_(Tensor::uninitialized({x[0]}, DType::int64)) {
    for (std::int64_t i = 0; i < x[0]; ++i) {
      labels_.mutable_data<std::int64_t>()[i] = 7 * i % x[1];
    }
  }
  std::string describe() const override { return "CrossEntropy"; }
  std::unique_ptr<nn::Module> share() const override { return std::make_unique<CrossEntropy>(*this); }

 protected:
  Variable forward(const Variable& x) override { return losses::cross_entropy_with_logits(labels_, x); }

 private:
  Tensor labels_;
};

/// A batched matrix product x w, or x w^T, as a layer whose weight is the other operand.
class Product : public nn::Layer {
 public:
  Product(const Shape& w, bool transposed) : transposed_{.b = transposed}, weight_(Tensor::zeros(w, DType::float32)) {}
  void visit(nn::ModuleVisitor& visitor) override { visitor.parameter("weight", weight_); }
  std::string describe() const override { return "Product"; }
  std::unique_ptr<nn::Module> share() const override { return std::make_unique<Product>(*this); }
  double flops(const Shape& input, const Shape& output) const override {
    return 2.0 * static_cast<double>(output.numel() * input[-1]);
  }

 protected:
  Variable forward(const Variable& x) override { return matmul(x, weight_, transposed_); }

 private:
  kernels::Transposed transposed_;
  Parameter weight_;
};

std::unique_ptr<nn::Layer> layer_of(const json& entry) {
  const Shape x = shape_of(entry);
  const std::string op = entry.at("op");
  const auto number = [&](const char* key, std::int64_t otherwise) { return entry.value(key, otherwise); };
  if (op == "conv2d") {
    return std::make_unique<nn::Conv2d>(nn::Conv2dOptions{.in = x[-1],
                                                          .out = entry.at("out"),
                                                          .kernel = number("kernel", 1),
                                                          .stride = number("stride", 1),
                                                          .padding = number("padding", 0),
                                                          .groups = number("groups", 1)});
  }
  if (op == "dense") {
    return std::make_unique<nn::Dense>(nn::DenseOptions{.in = x[-1], .out = entry.at("out")});
  }
  if (op == "max_pool2d") {
    return std::make_unique<nn::MaxPool2d>(nn::Pool2dOptions{
        .window = number("kernel", 1), .stride = number("stride", 1), .padding = number("padding", 0)});
  }
  if (op == "matmul") {
    return std::make_unique<Product>(Shape(entry.at("w").get<std::vector<std::int64_t>>()),
                                     entry.value("transposed_w", false));
  }
  check(op == "cross_entropy", "shapes: there is no op ", op);
  return std::make_unique<CrossEntropy>(x);
}

nlohmann::ordered_json measure(const std::string& table, const json& entry, double seconds) {
  const std::unique_ptr<nn::Layer> layer = layer_of(entry);
  testing::set_golden_parameters(*layer, DType::float32);
  const auto golden = [](std::uint32_t seed, const Shape& shape) {
    return kernels::cast(testing::golden_numbers(seed, shape, 1), DType::float32);
  };
  const Variable x = Variable::leaf(golden(100, shape_of(entry)));
  Variables inputs = {x};
  std::vector<std::string> names = {"y", "dx"};
  for (const auto& [name, parameter] : nn::named_parameters(*layer)) {
    inputs.push_back(parameter);
    names.push_back("d" + name);
  }
  const Shape y_shape = (*layer)(x).shape();
  const Tensor dy = y_shape.rank() == 0 ? Tensor::ones({}) : golden(101, y_shape);
  const auto forward_and_backward = [&] {
    const Variable y = (*layer)(x);
    Variables results = grad(y, inputs, dy);
    results.insert(results.begin(), y);
    return results;
  };
  const auto times = bench::repeat([&] { forward_and_backward(); }, {.calls = 7, .seconds = seconds});
  const double median = bench::median(times);

  nlohmann::ordered_json result;
  result["peer"] = "gibbs";
  result["table"] = table;
  result["shape"] = entry.at("name");
  result["ms"] = median;
  result["best_ms"] = bench::least(times);
  if (const double flops = 3 * layer->flops(x.shape(), y_shape); flops > 0) {  // the output and two gradients
    result["gflop_per_s"] = 1e-6 * flops / median;
  }
  const Variables results = forward_and_backward();
  for (std::size_t i = 0; i < names.size(); ++i) {
    result["checksums"][names[i]] = bench::checksum(results[i].value());
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times layers, forward and backward, on a list of shapes.");
  std::string list, only;
  int threads = 2;
  double seconds = 0.4;
  app.add_option("list", list, "bench/shapes.json")->required()->check(CLI::ExistingFile);
  app.add_option("--threads", threads)->capture_default_str();
  app.add_option("--only", only, "The shapes whose names contain this");
  app.add_option("--seconds", seconds, "How long each shape is measured")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  set_num_threads(threads);
  std::ifstream file(list);
  const auto tables = nlohmann::ordered_json::parse(file);
  for (const auto& [table, entries] : tables.items()) {
    for (const json entry : entries) {
      if (entry.at("name").get<std::string>().find(only) != std::string::npos) {
        fmt::print("{}\n", measure(table, entry, seconds).dump());
        std::fflush(stdout);
      }
    }
  }
  return 0;
}
