// The library's side of the comparison with PyTorch (bench/conformance.sh): reads cases, one in a line, and answers
// each in a line, with values, gradients and second derivatives, or with the error that the library threw.
//
//   {"name": "pow", "x": [inputs], "options": {}, "dy": [cotangents], "v": [directions]}
//   y: outputs;   g: gradients of <y, dy> in x;   h: gradients of <g, v> in x and in dy
//
// g comes twice: as in training, and with the graph that h needs, which fused ops compute in another way. Without "dy"
// only y is asked for; null in it stands for an output without a gradient.
// Usage: conformance < cases, or conformance --names for the names that it knows.
#include <algorithm>
#include <exception>
#include <iostream>
#include <iterator>
#include <string_view>

#include "bench/conformance/table.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/forward.h"

namespace {

using namespace gibbs;
using conformance::json;

conformance::Table all() {
  conformance::Table table;
  for (const auto& part :
       {conformance::elementwise_table, conformance::arrangement_table, conformance::image_table,
        conformance::measure_table, conformance::categorical_table, conformance::regression_table,
        conformance::compat_table, conformance::keras_table, conformance::layer_table, conformance::optimizer_table}) {
    table.merge(part());
  }
  return table;
}

/// null where it is undefined.
Variables leaves(const json& values) {
  Variables result;
  for (const json& value : values) {
    result.push_back(value.is_null() ? Variable() : Variable::leaf(conformance::tensor_from(value)));
  }
  return result;
}

json to_json(const Variables& values) {
  json result = json::array();
  for (const Variable& value : values) {
    result.push_back(conformance::to_json(value.value()));
  }
  return result;
}

/// The sum of a_i b_i over all pairs that are defined.
Variable inner_product(const Variables& a, const Variables& b) {
  Variable total;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (b.at(i).defined()) {
      const Variable term = sum(a[i] * b[i]);
      total = total.defined() ? total + term : term;
    }
  }
  return total;
}

json answer(const conformance::Table& table, const json& request) {
  const nn::ForwardScope evaluation({});
  Variables x = leaves(request.at("x"));
  const Variables y = table.at(request.at("name"))(x, request.at("options"));
  json result = {{"y", to_json(y)}};
  if (request.contains("dy")) {
    const Variables dy = leaves(request.at("dy")), v = leaves(request.at("v"));
    check(y.size() == dy.size(), "conformance: ", y.size(), " outputs, ", dy.size(), " cotangents");
    const Variable total = inner_product(y, dy);
    result["g"] = to_json(grad(total, x, {.retain_graph = true, .allow_unused = true}));
    const Variables g = grad(total, x, {.create_graph = true, .allow_unused = true});
    result["g_with_graph"] = to_json(g);
    Variables both = x;
    std::copy_if(dy.begin(), dy.end(), std::back_inserter(both), [](const Variable& d) { return d.defined(); });
    result["h"] = to_json(grad(inner_product(g, v), both, {.allow_unused = true}));
  }
  return result;
}

json answer_or_error(const conformance::Table& table, const std::string& line) {
  try {
    return answer(table, json::parse(line));
  } catch (const std::exception& error) {
    return {{"error", error.what()}};
  }
}

}  // namespace

int main(int argc, char** argv) {
  const conformance::Table table = all();
  if (argc > 1 && std::string_view(argv[1]) == "--names") {
    for (const auto& [name, function] : table) {
      std::cout << name << '\n';
    }
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << answer_or_error(table, line).dump() << std::endl;
  }
  return 0;
}
