// The table of all that is compared with PyTorch: a name as the library's headers declare it, and a function of the
// arrays and options of a case. bench/conformance/*.py has the same names, with PyTorch's spelling of each.
//
// Options arrive as JSON. A tensor among them, as everywhere in a case, is {"dtype", "shape", "data"}, data being the
// elements' bytes in hexadecimal: every bit of them arrives, those of NaN too.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/target.h"

namespace gibbs::conformance {

using nlohmann::json;

/// Outputs from inputs, which are leaves: gradients are taken with respect to them. A layer puts its parameters, made
/// of inputs, in the place of these.
using Function = std::function<Variables(Variables& x, const json& options)>;
using Table = std::map<std::string, Function>;

Table elementwise_table();
Table arrangement_table();  // reductions, layout, indices, order
Table image_table();        // products, convolution, pooling
Table measure_table();
Table categorical_table();
Table regression_table();  // losses on numbers, and of two classes
Table compat_table();
Table keras_table();
Table layer_table();
Table optimizer_table();

/// f(x, options), which gives one Variable or several, as a Function.
template <class F>
Function entry(F f) {
  return [f](Variables& x, const json& options) -> Variables {
    if constexpr (std::is_same_v<decltype(f(x, options)), Variable>) {
      return {f(x, options)};
    } else {
      return f(x, options);
    }
  };
}

inline Function unary(Variable (*f)(const Variable&)) {
  return entry([f](const Variables& x, const json&) { return f(x.at(0)); });
}
inline Function binary(Variable (*f)(const Variable&, const Variable&)) {
  return entry([f](const Variables& x, const json&) { return f(x.at(0), x.at(1)); });
}

Tensor tensor_from(const json& value);
json to_json(const Tensor& tensor);

/// The tensor of that name; undefined when there is none.
Tensor tensor(const json& options, const char* name);
Shape shape(const json& options, const char* name = "shape");
/// The option "axes"; empty when there is none.
Axes axes(const json& options);
int axis(const json& options);
bool flag(const json& options, const char* name);
losses::Reduction reduction(const json& options);
losses::Base base(const json& options);

}  // namespace gibbs::conformance
