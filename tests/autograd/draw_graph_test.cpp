// Drawings of graphs as text, and what is said when no picture can be made of one.
#include "gibbs/autograd/draw_graph.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <regex>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/notes.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/io/child_program.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;

Variable leaf(const char* name, const NestedList& values) {
  return named(name, Variable::leaf(Tensor::of(values, DType::float64)));
}

/// How often `part` stands in `text`.
int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(DrawGraph, AProductWithItsGradientsIsThisText) {
  const NotesScope watch;
  const Variable x = leaf("x", 3), y = leaf("y", {1, 2});
  EXPECT_EQ(draw_graph(x * y + x, {.gradients = true, .left_to_right = true, .title = "x < y"}),
            R"(digraph gibbs {
  graph [rankdir=LR fontname="Helvetica" fontsize=13 labelloc=t nodesep=0.35 ranksep=0.4 label=<<b>x &lt; y</b>>]
  node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=11 margin="0.12,0.06" color="#6b7785"]
  edge [fontname="Helvetica" fontsize=10 color="#6b7785" fontcolor="#b3261e" arrowsize=0.7]
  n0 [fillcolor="#fdf0c4" label=<<b>x</b><br/>3<br/><font color="#b3261e">Σ ∂ 5</font>>]
  n1 [fillcolor="#fdf0c4" label=<<b>y</b><br/><font color="#6b7785">[2]</font><br/>[1, 2]>]
  n2 [fillcolor="#ffffff" label=<<b>mul</b><br/><font color="#6b7785">[2]</font><br/>[3, 6]>]
  n3 [fillcolor="#cfe8cf" label=<<b>add</b><br/><font color="#6b7785">[2]</font><br/>[6, 9]<br/><font color="#b3261e">∂ [1, 1]</font>>]
  n0 -> n2 [weight=10 label=< ∂ 3>]
  n1 -> n2 [weight=10 label=< ∂ [3, 3]>]
  n2 -> n3 [weight=10 label=< ∂ [1, 1]>]
  n0 -> n3 [weight=10 label=< ∂ 2>]
}
)");
}

TEST(DrawGraph, WithoutNotesThereAreOpsAndShapesOnly) {
  const Variable x = Variable::leaf(Tensor::ones({2, 3}));
  const std::string text = draw_graph(sum(exp(x)));
  EXPECT_THAT(text, HasSubstr(R"(label=<<b>exp</b><br/><font color="#6b7785">[2, 3]</font>>])"));
  EXPECT_THAT(text, HasSubstr("<b>leaf</b>"));
  EXPECT_THAT(text, HasSubstr("label=<<b>sum</b>>]"));
  EXPECT_THAT(text, Not(HasSubstr("∂")));
}

TEST(DrawGraph, LargeTensorsAreStatistics) {
  const NotesScope watch;
  const Variable x = leaf("x", {1, 2, 3, 4, 10});
  const std::string text = draw_graph(sum(x * x), {.gradients = true});
  EXPECT_THAT(text, HasSubstr("mean 4, from 1 to 10"));
  EXPECT_EQ(count(text, "∂ rms 5.099"), 2) << "sqrt(130 / 5), on both arrows from x to its square";
  EXPECT_THAT(text, HasSubstr("Σ ∂ rms 10.2"));
  EXPECT_THAT(draw_graph(sum(x), {.written_out = 5}), HasSubstr("[1, 2, 3, 4, 10]"));
  EXPECT_THAT(draw_graph(named("same", x * 0)),
              HasSubstr("<b>same</b><br/>mul<br/><font color=\"#6b7785\">[5]</font><br/>all 0"));
}

TEST(DrawGraph, NanAndInfinityAreRed) {
  const NotesScope watch;
  const Variable x = leaf("x", {-1, 0, 1, 2, 3});
  const std::string text = draw_graph(log(x));
  EXPECT_THAT(text, HasSubstr("fillcolor=\"#f4b6b0\" label=<<b>log</b>"));
  EXPECT_THAT(text, HasSubstr("2 of 5 not finite"));
}

TEST(DrawGraph, OutputsOfOneNodeAreTold) {
  const NotesScope watch;
  const Variables parts = unbind(leaf("x", {1, 2}));
  const std::string text = draw_graph(parts[0] / parts[1], {.gradients = true});
  EXPECT_THAT(text, HasSubstr("label=<output 0 ∂ 0.5>"));
  EXPECT_THAT(text, HasSubstr("label=<output 1 ∂ -0.25>"));
  EXPECT_EQ(count(text, "<b>unbind</b>"), 1);
  EXPECT_THAT(text, Not(HasSubstr("Σ"))) << "each output has one user";
}

TEST(DrawGraph, FramesNestAsLayersDo) {
  const NotesScope watch;
  Variable y = leaf("x", 2);
  {
    const LayerScope block("block", "Block<2>");
    y = y * y;
    const LayerScope inner("block.0", "Tanh");
    y = tanh(y);
  }
  const std::string text = draw_graph(y);
  const std::size_t outer = text.find("label=<block: Block&lt;2&gt;>"), inner = text.find("label=<block.0: Tanh>");
  EXPECT_LT(text.find("<b>x</b>"), outer) << "outside";
  EXPECT_LT(outer, text.find("<b>mul</b>"));
  EXPECT_LT(text.find("<b>mul</b>"), inner);
  EXPECT_LT(inner, text.find("<b>tanh</b>"));
  EXPECT_EQ(count(text, "subgraph"), 2);
}

TEST(DrawGraph, SeveralValuesAreOneDrawing) {
  const Variable x = leaf("x", 2), far = leaf("far", 5);
  const Variable shared = x * x, y = named("y", shared * 3.0), state = named("state", shared + far);
  const std::string text = draw_graph({y, state, Tensor::of(7)}, {.gradients = true});
  EXPECT_EQ(count(text, "<b>x</b>"), 1) << "what they share is drawn once";
  EXPECT_EQ(count(text, "<b>far</b>"), 1);
  EXPECT_EQ(count(text, "#cfe8cf"), 2) << "both are ends";
  EXPECT_THAT(text, HasSubstr("<b>x</b><br/>2<br/><font color=\"#b3261e\">Σ ∂ 16</font>")) << "(3 + 1) 2 x";
  EXPECT_EQ(count(draw_graph(y), "<b>far</b>"), 0);
  EXPECT_EQ(error_of([] {
              draw_graph(Variables{Tensor::of(1), Tensor::of(2)});
            }),
            "draw_graph: all 2 values are constants; there is no graph to draw");
}

TEST(DrawGraph, DrawingLeavesGraphAndGradientsAsTheyWere) {
  const Variable x = leaf("x", 3), y = x * x;
  const std::string before = draw_graph(y);
  draw_graph(y, {.gradients = true});
  EXPECT_FALSE(x.gradient().defined());
  backward(y);
  EXPECT_EQ(x.gradient().item(), 6);
  EXPECT_EQ(draw_graph(y), before) << "a consumed graph is still there to be drawn";
  EXPECT_EQ(error_of([&] { draw_graph(y, {.gradients = true}); }),
            "grad: 'mul' was already differentiated and freed; pass .retain_graph = true to the first call");
}

TEST(DrawGraph, ValuesThatWereOverwrittenAreNotShown) {
  Tensor numbers = Tensor::of({1, 2});
  const Variable y = named("x", Variable::leaf(numbers)) * 2;
  numbers.fill(7);
  EXPECT_THAT(draw_graph(y), HasSubstr("<i>overwritten since</i>"));
}

TEST(DrawGraph, ErrorsSayWhatToDo) {
  EXPECT_EQ(error_of([] { draw_graph(Tensor::of(1)); }), "draw_graph: y is a constant; there is no graph to draw");
  Variable y = leaf("x", 1);
  for (int i = 0; i < 10; ++i) {
    y = y * 2;
  }
  EXPECT_EQ(error_of([&] { draw_graph(y, {.most_nodes = 10}); }),
            "draw_graph: the graph has more than 10 nodes, too many to read; draw a part of it, or raise .most_nodes");
  EXPECT_EQ(count(draw_graph(y, {.most_nodes = 11}), " -> "), 10);
  EXPECT_EQ(error_of([&] { write_graph("graph.jpg", y); }),
            "write_graph: graph.jpg must end in .dot, .svg, .png or .pdf");
}

// ---- files ----

using testing::contents;

/// A folder that is the whole PATH, apart from what a shell script needs.
class WriteGraph : public ::testing::Test {
 protected:
  WriteGraph() : path_before_(std::getenv("PATH")) {}
  ~WriteGraph() override { setenv("PATH", path_before_.c_str(), 1); }

  /// Makes `script` the program dot.
  void dot_is(const std::string& script) {
    folder_.write("dot", "#!/bin/sh\n" + script);
    std::filesystem::permissions(folder_ / "dot", std::filesystem::perms::owner_all);
    setenv("PATH", folder_.path().c_str(), 1);
  }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  testing::TemporaryFolder folder_;
  Variable y_ = leaf("x", 3) * 2;

 private:
  std::string path_before_;
};

TEST_F(WriteGraph, DotTextNeedsNoProgram) {
  setenv("PATH", folder_.path().c_str(), 1);
  write_graph(folder_ / "graph.dot", y_);
  EXPECT_EQ(contents(folder_ / "graph.dot"), draw_graph(y_));
}

TEST_F(WriteGraph, PicturesAreMadeByGraphviz) {
  dot_is("echo \"$@\"\nwhile read -r line; do echo \"$line\"; done\n");
  for (const char* name : {"a 'graph'.svg", "a\nb; `id`.svg"}) {
    write_graph(folder_ / name, y_);
    EXPECT_THAT(contents(folder_ / name), ::testing::StartsWith("-Tsvg\ndigraph gibbs {\n"));
  }
  EXPECT_EQ(files(), 3U) << "dot and the pictures";
}

TEST_F(WriteGraph, WithoutGraphvizTheErrorSaysWhatToInstall) {
  setenv("PATH", folder_.path().c_str(), 1);
  EXPECT_EQ(error_of([&] { write_graph(folder_ / "graph.svg", y_); }),
            "write_graph: " + (folder_ / "graph.svg") +
                " needs the program 'dot'; install graphviz (apt-get install graphviz), or write a file that ends in "
                ".dot");
  EXPECT_EQ(files(), 0U);
}

TEST_F(WriteGraph, WhatGraphvizComplainsOfIsPassedOn) {
  dot_is("echo 'syntax error in line 1' >&2\nexit 1\n");
  EXPECT_EQ(error_of([&] { write_graph(folder_ / "graph.png", y_); }),
            "write_graph: drawing " + (folder_ / "graph.png") + " failed: syntax error in line 1");
  EXPECT_EQ(files(), 1U);
}

TEST_F(WriteGraph, GraphvizShowsAnyTextAsItIs) {
  if (!io::run_child_program({"dot", "-V"}).found) {
    GTEST_SKIP() << "graphviz is not installed";
  }
  const NotesScope watch;
  const LayerScope layer("0", "a -> \"b\" & <c>");
  const std::string title = "\\N \\G <x> &amp; ]]> 50% \xc3\xa9 \xff \x1b[2J\nsecond \xef\xbf\xbf";
  write_graph(folder_ / "graph.svg", y_ * y_, {.gradients = true, .title = title});
  const std::string picture = contents(folder_ / "graph.svg");
  // graphviz writes blanks and some other characters as numbers.
  const std::string shown = std::regex_replace(picture, std::regex("&#160;|&#45;"), " ");
  EXPECT_THAT(shown, HasSubstr("\\N \\G &lt;x&gt; &amp;amp; ]]&gt; 50% \xc3\xa9 \\xff \\x1b[2J\\x0asecond "
                               "\\xef\\xbf\\xbf</text>"));
  EXPECT_THAT(picture, HasSubstr("</svg>"));
}

}  // namespace
}  // namespace gibbs
