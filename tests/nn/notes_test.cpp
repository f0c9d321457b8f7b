// What nodes remember of the layers that recorded them, while notes are taken.
#include "gibbs/autograd/notes.h"

#include <gtest/gtest.h>

#include "gibbs/autograd/node.h"
#include "gibbs/nn/nn.h"

namespace gibbs::nn {
namespace {

const Notes& notes_of(const Variable& x) { return *x.edge().node->notes; }

TEST(LayerNotes, NodesKnowTheirLayerAndParametersTheirNames) {
  Sequential model(Sequential(Dense({.in = 2, .out = 3}), Tanh()), Dense({.in = 3, .out = 1}));
  initialize(model, 0);
  const Variable y = [&] {
    const NotesScope watch;
    return model(Tensor::ones({1, 2}));
  }();
  ASSERT_NE(notes_of(y).layer, nullptr);
  EXPECT_EQ(notes_of(y).layer->path, "1");
  EXPECT_EQ(notes_of(y).layer->description, "Dense(3 -> 1)");
  EXPECT_EQ(notes_of(y).layer->outer->path, "");
  EXPECT_EQ(notes_of(y).layer->outer->description, "Sequential(2 layers)");
  EXPECT_EQ(current_layer(), nullptr);
  for (const auto& [path, parameter] : named_parameters(model)) {
    EXPECT_EQ(notes_of(parameter).name, path);
    EXPECT_EQ(notes_of(parameter).layer->path, path.substr(0, path.rfind('.')));
  }
}

TEST(LayerNotes, AFrozenParameterIsAConstant) {
  Dense layer({.in = 2, .out = 1});
  initialize(layer, 0);
  set_frozen(layer, true);
  const NotesScope watch;
  EXPECT_FALSE(layer(Tensor::ones({1, 2})).traced());
}

TEST(LayerNotes, ALayerUsedTwiceIsTwoCalls) {
  Dense layer = [] { return initialized(Dense({.in = 2, .out = 2}), 0); }();
  const NotesScope watch;
  const Variable first = layer(Tensor::ones({1, 2})), second = layer(first);
  EXPECT_NE(notes_of(first).layer, notes_of(second).layer);
}

TEST(LayerNotes, AFusedRunIsOneCall) {
  Sequential model(Conv2d({.in = 3, .out = 32, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}));
  initialize(model, 0);
  const NotesScope watch;
  const Variable y = model(Tensor::ones({1, 32, 32, 3}));
  ASSERT_STREQ(y.edge().node->op, "conv_block");
  EXPECT_EQ(notes_of(y).layer->path, "0, 1, 2");
  EXPECT_EQ(notes_of(y).layer->description, "Conv2d(3 -> 32, kernel 3x3), ReLU, MaxPool2d(window 2x2), as one op");
}

}  // namespace
}  // namespace gibbs::nn
