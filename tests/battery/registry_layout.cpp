// Ops that rearrange elements, against the index arithmetic that they stand for.
#include "gibbs/autograd/ops/ops.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::Index;
using testing::random;

OpEntry reshape_entry() {
  const auto sample = [](const Shape& from, const Shape& to) {
    return Sample{to_string(from) + " to " + to_string(to),
                  [to](const Variables& x) { return reshape(x[0], to); },
                  {random(from)},
                  [to](const Tensors& x) { return Tensor::from(x[0].to_vector(), to); }};
  };
  return {"reshape",
          {sample({2, 3}, {3, 2}), sample({2, 3}, {2, 3}), sample({1, 1}, {}), sample({2, 0}, {0, 5})},
          {{[] {
              reshape(random({2, 3}), {4});
            },
            "reshape: [2, 3] has 6 elements, [4] has 4"}}};
}

OpEntry flatten_entry() {
  const auto rows = [](const Tensors& x) {
    return Tensor::from(x[0].to_vector(), {x[0].size(0), x[0].size(0) == 0 ? 6 : x[0].numel() / x[0].size(0)});
  };
  const auto f = [](const Variables& x) { return flatten(x[0]); };
  return {"flatten",
          {{"[2, 3, 2]", f, {random({2, 3, 2})}, rows},
           {"[3]", f, {random({3})}, rows},
           {"[0, 3, 2]", f, {random({0, 3, 2})}, rows}},
          {{[] { flatten(random({})); }, "flatten: needs a leading axis"}}};
}

/// Entries begin, begin + step ... of `axis`, `count` of them.
struct Slice {
  Shape from;
  int axis;
  std::int64_t begin, end, step, first, count;
};

OpEntry slice_entry() {
  OpEntry entry{"slice",
                {},
                {{[] {
                    slice(random({2, 3}), 2, 0, 1);
                  },
                  "slice: axis 2 does not exist in 2 axes"},
                 {[] {
                    slice(random({2, 3}), 1, 0, 2, 0);
                  },
                  "slice: step must be positive, it is 0"}}};
  const Slice slices[] = {{{5, 2}, 0, 1, 4, 1, 1, 3},   {{5, 2}, 0, 0, 5, 2, 0, 3},    {{2, 5}, 1, 1, 5, 3, 1, 2},
                          {{2, 5}, 1, -3, -1, 1, 2, 2}, {{2, 5, 1}, 1, 2, 2, 1, 2, 0}, {{1, 4}, 0, 0, 1, 1, 0, 1}};
  for (const Slice& s : slices) {
    entry.samples.push_back({to_string(s.from) + " from " + std::to_string(s.begin) + " to " + std::to_string(s.end),
                             [s](const Variables& x) { return slice(x[0], s.axis, s.begin, s.end, s.step); },
                             {random(s.from)},
                             [s](const Tensors& x) {
                               Shape shape = s.from;
                               shape.set(s.axis, s.count);
                               return build(shape, [&](Index i) {
                                 auto& k = i[static_cast<std::size_t>(s.axis)];
                                 k = s.first + k * s.step;
                                 return at(x[0], i);
                               });
                             }});
  }
  return entry;
}

OpEntry pad_entry() {
  const auto sample = [](std::int64_t rows, double value) {
    return Sample{std::to_string(rows) + " rows with " + std::to_string(value),
                  [value](const Variables& x) {
                    return pad(x[0], {{1, 0}, {2, 1}}, value);
                  },
                  {random({rows, 3})},
                  [rows, value](const Tensors& x) {
                    return build({rows + 1, 6}, [&](const Index& i) {
                      const std::int64_t row = i[0] - 1, column = i[1] - 2;
                      return row >= 0 && column >= 0 && column < 3 ? at(x[0], {row, column}) : value;
                    });
                  }};
  };
  return {"pad",
          {sample(2, 7), sample(1, 0), sample(0, 1)},
          {{[] {
              pad(random({2, 3}), {{1, 1}});
            },
            "pad: 1 (before, after) pairs for shape [2, 3]; give one per axis"}}};
}

OpEntry concat_entry() {
  const auto pieces = [](const Tensors& x) {
    return build({2, 7}, [&](const Index& i) {
      return i[1] == 3 ? at(x[1], {i[0], 0}) : at(x[0], {i[0], i[1] < 3 ? i[1] : i[1] - 4});
    });
  };
  const auto join = [](const Variables& x) { return concat(x, -2); };
  return {"concat",
          {{"along the last axis, one part twice",
            [](const Variables& x) {
              return concat({x[0], x[1], x[0]}, 1);
            },
            {random({2, 3}), random({2, 1}, 2)},
            pieces},
           {"an empty part", join, {random({0, 2}), random({3, 2}, 2)}, [](const Tensors& x) { return x[1]; }},
           {"equal parts",
            join,
            {random({1, 2}), random({1, 2}, 2)},
            [](const Tensors& x) {
              return build({2, 2}, [&](const Index& i) { return at(x[static_cast<std::size_t>(i[0])], {0, i[1]}); });
            }},
           {"a constant and a computed part",
            [](const Variables& x) {
              return concat({Tensor::ones({1}, x[0].dtype()), x[0] * x[0]});
            },
            {random({2})},
            [](const Tensors& x) {
              return build({3},
                           [&](const Index& i) { return i[0] > 0 ? at(x[0], {i[0] - 1}) * at(x[0], {i[0] - 1}) : 1; });
            },
            {.alone = false}}},
          {{[] { concat({}); }, "concat: needs at least one part"},
           {[] {
              concat({random({2, 3}), random({2, 2})});
            },
            "concat: tensor 1 is [2, 2], tensor 0 is [2, 3]; all axes but axis 0 must be equal"},
           {[] {
              concat({random({2, 3}), random({2})});
            },
            "concat: tensor 1 is [2], tensor 0 is [2, 3]; all axes but axis 0 must be equal"}}};
}

/// The index without axis k, or with `value` inserted before it.
Index without(Index i, std::size_t k) {
  i.erase(i.begin() + static_cast<std::ptrdiff_t>(k));
  return i;
}
Index with(Index i, std::size_t k, std::int64_t value) {
  i.insert(i.begin() + static_cast<std::ptrdiff_t>(k), value);
  return i;
}

OpEntry stack_entry() {
  const auto sample = [](int axis, const Shape& shape) {
    const auto k = static_cast<std::size_t>(axis < 0 ? shape.rank() + 1 + axis : axis);
    return Sample{to_string(shape) + " along axis " + std::to_string(axis),
                  [axis](const Variables& x) {
                    return stack({x[0], x[1], x[0]}, axis);
                  },
                  {random(shape), random(shape, 2)},
                  [k, shape](const Tensors& x) {
                    return build(shape.with_inserted(static_cast<int>(k), 3),
                                 [&](const Index& i) { return at(x[i[k] == 1 ? 1 : 0], without(i, k)); });
                  }};
  };
  return {"stack",
          {sample(0, {2, 3}), sample(1, {2, 3}), sample(-1, {2, 3}), sample(0, {}), sample(1, {2, 0})},
          {{[] { stack({}); }, "stack: needs at least one part"},
           {[] {
              stack({random({2}), random({3})});
            },
            "stack: tensor 1 is [3], tensor 0 is [2]; shapes must be equal"}}};
}

OpEntry unbind_entry() {
  const auto sample = [](int axis) {
    const auto k = static_cast<std::size_t>(axis < 0 ? 3 + axis : axis);
    return Sample{
        "the product of two of three entries along axis " + std::to_string(axis),
        [axis](const Variables& x) {
          const Variables parts = unbind(x[0], axis);
          return parts[0] * parts[1];
        },
        {random({3, 3, 3})},
        [k](const Tensors& x) {
          return build({3, 3}, [&](const Index& i) { return at(x[0], with(i, k, 0)) * at(x[0], with(i, k, 1)); });
        },
        {.alone = false}};
  };
  return {"unbind",
          {sample(0), sample(1), sample(-1)},
          {{[] { unbind(random({})); }, "unbind: axis 0 does not exist in 0 axes"}}};
}

OpEntry permute_entry() {
  const auto rotate = [](const Variables& x) { return permute_copy(x[0], {2, 0, -2}); };
  const auto rotated = [](const Tensors& x) {
    return build({x[0].size(2), x[0].size(0), x[0].size(1)}, [&](const Index& i) {
      return at(x[0], {i[1], i[2], i[0]});
    });
  };
  return {"permute_copy",
          {{"[2, 3, 4]", rotate, {random({2, 3, 4})}, rotated},
           {"[2, 1, 3]", rotate, {random({2, 1, 3})}, rotated},
           {"[2, 0, 3]", rotate, {random({2, 0, 3})}, rotated}},
          {{[] {
              permute_copy(random({2, 3}), {0});
            },
            "permute_copy: 1 axes for shape [2, 3]"},
           {[] {
              permute_copy(random({2, 3}), {0, 0});
            },
            "permute_copy: axis 0 is given twice"}}};
}

OpEntry transpose_entry() {
  const auto f = [](const Variables& x) { return transpose(x[0]); };
  const auto swapped = [](const Tensors& x) {
    return build({x[0].size(0), x[0].size(2), x[0].size(1)}, [&](const Index& i) {
      return at(x[0], {i[0], i[2], i[1]});
    });
  };
  return {"transpose",
          {{"[2, 1, 3]", f, {random({2, 1, 3})}, swapped}, {"[1, 3, 2]", f, {random({1, 3, 2})}, swapped}},
          {{[] { transpose(random({2})); }, "transpose: needs two axes, not shape [2]"}}};
}

}  // namespace

OpEntries layout_entries() {
  return {reshape_entry(), flatten_entry(), slice_entry(),   pad_entry(),      concat_entry(),
          stack_entry(),   unbind_entry(),  permute_entry(), transpose_entry()};
}

}  // namespace gibbs::battery
