// Selecting by index and by order: gather, scatter_add, take_rows, add_rows, sort, topk.
#include <algorithm>

#include "gibbs/autograd/ops/ops.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::f64;
using testing::Index;
using testing::random;

Tensor indices(const NestedList& list) { return Tensor::of(list, DType::int64); }

OpEntry gather_entry() {
  const Tensor rows = indices({{2, 0}, {2, 1}, {0, 0}, {2, 2}}), columns = indices({{1}, {0}});
  return {
      "gather",
      {{"rows, repeated and left out",
        [=](const Variables& x) { return gather(x[0], 0, rows); },
        {random({3, 2})},
        [=](const Tensors& x) {
          return build({4, 2}, [&](const Index& i) { return at(x[0], {rows.at<std::int64_t>({i[0], i[1]}), i[1]}); });
        }},
       {"one column each, of squares",
        [=](const Variables& x) { return gather(x[0] * x[0], -1, columns); },
        {random({2, 3})},
        [=](const Tensors& x) {
          return build({2, 1}, [&](const Index& i) {
            const double v = at(x[0], {i[0], columns.at<std::int64_t>({i[0], 0})});
            return v * v;
          });
        }},
       {"nothing",
        [](const Variables& x) { return gather(x[0], 0, Tensor::zeros({0}, DType::int64)); },
        {random({3})},
        [](const Tensors&) { return Tensor::zeros({0}, DType::float64); }}},
      {{[] { gather(random({3}), 0, indices({3})); },
        "gather: index 3 at [0] is not in [0, 3), the range of axis 0 of [3]"},
       {[] {
          gather(random({3, 2}), 0, indices({0}));
        },
        "gather: the index is [1], the tensor [3, 2]; all axes but axis 0 must be equal"},
       {[] { gather(random({3}), 0, random({1})); }, "gather: indices must be int64, not float64; convert with cast"}}};
}

OpEntry scatter_entry() {
  const Tensor index = indices({{1, 1, 0}, {2, 2, 2}});
  const auto scattered = [=](const Tensor& source) {
    return build({2, 4}, [&](const Index& i) {
      double total = 0;
      for (std::int64_t k = 0; k < 3; ++k) {
        total += index.at<std::int64_t>({i[0], k}) == i[1] ? at(source, {i[0], k}) : 0;
      }
      return total;
    });
  };
  return {"scatter_add",
          {{"repeated indices",
            [=](const Variables& x) {
              return scatter_add({2, 4}, 1, index, x[0]);
            },
            {random({2, 3})},
            [=](const Tensors& x) { return scattered(x[0]); }},
           {"of squares",
            [=](const Variables& x) {
              return scatter_add({2, 4}, 1, index, x[0] * x[0]);
            },
            {random({2, 3})},
            [=](const Tensors& x) {
              return scattered(build({2, 3}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); }));
            }}},
          {{[=] {
              scatter_add({2, 4}, 1, index, random({2, 2}));
            },
            "scatter_add: the source is [2, 2], the index [2, 3]; shapes must be equal"},
           {[=] {
              scatter_add({2, 2}, 1, index, random({2, 3}));
            },
            "scatter_add: index 2 at [1, 0] is not in [0, 2), the range of axis 1 of [2, 2]"}}};
}

OpEntry take_rows_entry() {
  const Tensor index = indices({2, 0, 2, 1, 2});
  const auto row = [=](const Index& i) { return index.at<std::int64_t>({i[0]}); };
  return {"take_rows",
          {{"matrices, rows repeated and left out",
            [=](const Variables& x) { return take_rows(x[0], index); },
            {random({4, 3})},
            [=](const Tensors& x) {
              return build({5, 3}, [&](const Index& i) { return at(x[0], {row(i), i[1]}); });
            }},
           {"of squares, wider rows",
            [=](const Variables& x) { return take_rows(x[0] * x[0], index); },
            {random({3, 2, 2})},
            [=](const Tensors& x) {
              return build({5, 2, 2}, [&](const Index& i) {
                const double v = at(x[0], {row(i), i[1], i[2]});
                return v * v;
              });
            }},
           {"no rows",
            [](const Variables& x) { return take_rows(x[0], Tensor::zeros({0}, DType::int64)); },
            {random({3, 2})},
            [](const Tensors&) {
              return Tensor::zeros({0, 2}, DType::float64);
            }}},
          {{[=] {
              take_rows(random({2, 3}), index);
            },
            "take_rows: index 2 at [0] is not in [0, 2), the range of axis 0 of [2, 3]"}}};
}

OpEntry add_rows_entry() {
  const Tensor index = indices({2, 0, 2});
  const auto added = [=](const Tensor& source) {
    return build({4, 2}, [&](const Index& i) {
      double total = 0;
      for (std::int64_t k = 0; k < 3; ++k) {
        total += index.at<std::int64_t>({k}) == i[0] ? at(source, {k, i[1]}) : 0;
      }
      return total;
    });
  };
  return {"add_rows",
          {{"repeated indices",
            [=](const Variables& x) { return add_rows(4, index, x[0]); },
            {random({3, 2})},
            [=](const Tensors& x) { return added(x[0]); }},
           {"of squares",
            [=](const Variables& x) { return add_rows(4, index, x[0] * x[0]); },
            {random({3, 2})},
            [=](const Tensors& x) {
              return added(build({3, 2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); }));
            }}},
          {{[=] {
              add_rows(2, index, random({3, 2}));
            },
            "add_rows: index 2 at [0] is not in [0, 2), the range of axis 0 of [2, 2]"},
           {[=] {
              add_rows(4, index, random({2, 2}));
            },
            "add_rows: the index is [3], the source [2, 2]; there is one index for each of its rows"}}};
}

/// Each row of x [N, K] in order; the first `count` of them.
Tensor ordered(const Tensor& x, bool descending, std::int64_t count) {
  std::vector<double> values;
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    std::vector<double> row;
    for (std::int64_t k = 0; k < x.size(1); ++k) {
      row.push_back(at(x, {n, k}));
    }
    std::sort(row.begin(), row.end());
    if (descending) {
      std::reverse(row.begin(), row.end());
    }
    values.insert(values.end(), row.begin(), row.begin() + count);
  }
  return Tensor::from(values, {x.size(0), count});
}

OpEntry sort_entry() {
  const auto sample = [](const Shape& shape, bool descending) {
    return Sample{to_string(shape) + (descending ? " descending" : ""),
                  [descending](const Variables& x) { return sort(x[0], 1, descending).values; },
                  {random(shape)},
                  [descending](const Tensors& x) { return ordered(x[0], descending, x[0].size(1)); }};
  };
  return {"sort",
          {sample({2, 5}, false), sample({2, 5}, true), sample({3, 1}, false), sample({0, 3}, false)},
          {{[] { sort(random({2}), 1); }, "sort: axis 1 does not exist in 1 axes"}}};
}

OpEntry topk_entry() {
  const auto sample = [](const Shape& shape, std::int64_t k) {
    return Sample{std::to_string(k) + " of " + to_string(shape),
                  [k](const Variables& x) { return topk(x[0], k).values; },
                  {random(shape)},
                  [k](const Tensors& x) { return ordered(x[0], true, k); }};
  };
  return {"topk",
          {sample({2, 5}, 2), sample({2, 3}, 3), sample({2, 3}, 0)},
          {{[] { topk(random({2}), 3); }, "topk: k = 3 is not in [0, 2], the size of axis 0 of [2]"}}};
}

}  // namespace

OpEntries indexing_entries() {
  return {gather_entry(), scatter_entry(), take_rows_entry(), add_rows_entry(), sort_entry(), topk_entry()};
}

}  // namespace gibbs::battery
