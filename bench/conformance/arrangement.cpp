// Reductions, softmax, layout, selection by index, order.
#include "bench/conformance/table.h"
#include "gibbs/autograd/ops/indexing.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/ordering.h"

namespace gibbs::conformance {
namespace {

Function reduction_of(Variable (*f)(const Variable&, const Axes&, bool)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), axes(o), flag(o, "keepdim")); });
}

Function along_axis(Variable (*f)(const Variable&, int)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), axis(o)); });
}

Function index_of(Tensor (*f)(const Tensor&, int, bool)) {
  return entry(
      [f](const Variables& x, const json& o) -> Variable { return f(x.at(0).value(), axis(o), flag(o, "keepdim")); });
}

Variables values_and_indices(const SortedVariable& sorted) { return {sorted.values, sorted.indices}; }

}  // namespace

Table arrangement_table() {
  return {
      {"sum", reduction_of(sum)},
      {"mean", reduction_of(mean)},
      {"max", reduction_of(max)},
      {"min", reduction_of(min)},
      {"prod", reduction_of(prod)},
      {"logsumexp", reduction_of(logsumexp)},
      {"var", entry([](const Variables& x, const json& o) {
         return var(x.at(0), axes(o), flag(o, "keepdim"), o.at("correction"));
       })},
      {"broadcast_to", entry([](const Variables& x, const json& o) { return broadcast_to(x.at(0), shape(o)); })},
      {"sum_to", entry([](const Variables& x, const json& o) { return sum_to(x.at(0), shape(o)); })},
      {"softmax", along_axis(softmax)},
      {"log_softmax", along_axis(log_softmax)},
      {"reshape", entry([](const Variables& x, const json& o) { return reshape(x.at(0), shape(o)); })},
      {"flatten", unary(flatten)},
      {"slice", entry([](const Variables& x, const json& o) {
         return slice(x.at(0), axis(o), o.at("begin"), o.at("end"), o.at("step"));
       })},
      {"pad", entry([](const Variables& x, const json& o) {
         return pad(x.at(0), o.at("padding").get<kernels::Padding>(), o.at("value"));
       })},
      {"concat", entry([](const Variables& x, const json& o) { return concat(x, axis(o)); })},
      {"stack", entry([](const Variables& x, const json& o) { return stack(x, axis(o)); })},
      {"unbind", entry([](const Variables& x, const json& o) { return unbind(x.at(0), axis(o)); })},
      {"permute_copy", entry([](const Variables& x, const json& o) { return permute_copy(x.at(0), axes(o)); })},
      {"transpose", unary(transpose)},
      {"gather", entry([](const Variables& x, const json& o) { return gather(x.at(0), axis(o), tensor(o, "index")); })},
      {"scatter_add", entry([](const Variables& x, const json& o) {
         return scatter_add(shape(o), axis(o), tensor(o, "index"), x.at(0));
       })},
      {"sort", entry([](const Variables& x, const json& o) {
         return values_and_indices(sort(x.at(0), axis(o), flag(o, "descending")));
       })},
      {"topk",
       entry([](const Variables& x, const json& o) { return values_and_indices(topk(x.at(0), o.at("k"), axis(o))); })},
      {"kernels::argmax", index_of(kernels::argmax)},
      {"kernels::argmin", index_of(kernels::argmin)},
      {"kernels::one_hot", entry([](const Variables& x, const json& o) -> Variable {
         return kernels::one_hot(tensor(o, "index"), o.at("classes"), x.at(0).dtype());
       })},
      {"take_rows", entry([](const Variables& x, const json& o) { return take_rows(x.at(0), tensor(o, "index")); })},
      {"add_rows",
       entry([](const Variables& x, const json& o) { return add_rows(o.at("rows"), tensor(o, "index"), x.at(0)); })},
  };
}

}  // namespace gibbs::conformance
