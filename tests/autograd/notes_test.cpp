#include "gibbs/autograd/notes.h"

#include <gtest/gtest.h>

#include <vector>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/node.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/parameter.h"
#include "tests/testing/expect_op.h"

namespace gibbs {
namespace {

using testing::error_of;

const Notes* notes_of(const Variable& x) { return x.edge().node->notes.get(); }

TEST(Notes, NobodyWatchesNobodyPays) {
  const Variable x = Variable::leaf(Tensor::of({1, 2}));
  const Variable y = x * x;
  EXPECT_EQ(notes_of(x), nullptr);
  EXPECT_EQ(notes_of(y), nullptr);
}

TEST(Notes, NodesKeepTheirValuesWhileWatched) {
  const Parameter w(Tensor::of({3, 4}));
  Variable x, y, later;
  {
    const NotesScope watch;
    x = Variable::leaf(Tensor::of({1, 2}));
    y = x * w + w - w;
    {
      const NotesScope not_here(false);
      EXPECT_EQ(notes_of(y * y), nullptr);
    }
    EXPECT_TRUE(notes_are_taken());
  }
  EXPECT_EQ(notes_of(y * y), nullptr);
  for (const auto& [variable, values] :
       std::vector<std::pair<Variable, std::vector<double>>>{{x, {1, 2}}, {w.variable(), {3, 4}}, {y, {3, 8}}}) {
    ASSERT_NE(notes_of(variable), nullptr);
    ASSERT_EQ(notes_of(variable)->values.size(), 1U);
    EXPECT_EQ(notes_of(variable)->values[0].value().to_vector(), values);
    EXPECT_EQ(notes_of(variable)->layer, nullptr);
    EXPECT_EQ(notes_of(variable)->name, "");
  }
}

TEST(Notes, AllOutputsOfANodeAreKept) {
  const NotesScope watch;
  const Variables parts = unbind(Variable::leaf(Tensor::of({{1, 2}, {3, 4}})), 0);
  ASSERT_EQ(notes_of(parts[1])->values.size(), 2U);
  EXPECT_EQ(notes_of(parts[1])->values[1].value().to_vector(), (std::vector<double>{3, 4}));
}

TEST(Notes, AValueOverwrittenIsNoticed) {
  Parameter w(Tensor::of({3, 4}));
  const NotesScope watch;
  const Variable y = w.variable() * 2;
  EXPECT_TRUE(notes_of(w.variable())->values[0].intact());
  const std::shared_ptr<Node> leaf = w.variable().edge().node;
  w.mutable_value().fill(0);
  EXPECT_FALSE(leaf->notes->values[0].intact());
  EXPECT_TRUE(notes_of(y)->values[0].intact());
}

TEST(Notes, NamesNeedNoScope) {
  const Variable x = named("x", Variable::leaf(Tensor::of({1, 2})));
  EXPECT_EQ(notes_of(x)->name, "x");
  EXPECT_EQ(notes_of(x)->values[0].value().to_vector(), (std::vector<double>{1, 2}));
  EXPECT_EQ(error_of([] { named("x", Tensor::of({1})); }),
            "named: 'x' is a constant; only leaves and what is computed from them are remembered");
}

TEST(Notes, LayersNest) {
  const NotesScope watch;
  const Variable x = Variable::leaf(Tensor::of({1, 2}));
  EXPECT_EQ(current_layer(), nullptr);
  Variable inner, outer;
  {
    const LayerScope block("block", "Block");
    {
      const LayerScope layer("block.0", "ReLU");
      inner = relu(x);
    }
    outer = inner * inner;
  }
  EXPECT_EQ(current_layer(), nullptr);
  EXPECT_EQ(notes_of(x)->layer, nullptr);
  EXPECT_EQ(notes_of(inner)->layer->path, "block.0");
  EXPECT_EQ(notes_of(inner)->layer->description, "ReLU");
  EXPECT_EQ(notes_of(inner)->layer->outer, notes_of(outer)->layer);
  EXPECT_EQ(notes_of(outer)->layer->path, "block");
}

TEST(GradOptionsWatch, SeesEveryGradientThatIsHandedUp) {
  const Variable x = Variable::leaf(Tensor::of(3.0));
  const Variable y = x * x;
  std::vector<double> seen;
  const Variable dx = grad(sum(y + x), {x}, {.watch = [&](const Node& node, int i, const Variable& gradient) {
                             EXPECT_LT(static_cast<std::size_t>(i), node.inputs.size());
                             seen.push_back(gradient.value().item());
                           }})[0];
  EXPECT_EQ(seen, (std::vector<double>{1, 1, 1, 3, 3})) << "sum, both of the addition, both of the product";
  EXPECT_EQ(dx.value().item(), 7);
}

}  // namespace
}  // namespace gibbs
