// A picture of a graph, in the language DOT of graphviz: one box per node, one arrow per value that flows.
//
//   const NotesScope watch;                       // nodes keep their values, for the picture
//   const Variable x = named("x", Variable::leaf(Tensor::of(3.0)));
//   write_graph("square.svg", x * x, {.gradients = true});
//
// What stands in the picture is what the tape holds: constants are no part of it. Make an input a leaf to see it.
#pragma once

#include <filesystem>
#include <string>

#include "gibbs/autograd/variable.h"

namespace gibbs {

struct DrawOptions {
  /// Write on every arrow the gradient of sum(y) that flows back along it, and in a value with several users the sum
  /// of what arrives. Needs a graph that was not yet consumed, and leaves it so.
  bool gradients = false;
  /// Tensors of so many elements at most are written out; others as mean and range, gradients as root mean square.
  std::int64_t written_out = 4;
  bool left_to_right = false;  // instead of downwards
  std::string title = {};
  /// Larger graphs are refused: nobody can read them.
  std::int64_t most_nodes = 1000;
};

/// The graph of y as DOT text. Boxes carry the op or a leaf's name, the shape and, where notes were taken
/// (autograd/notes.h), the value; layers are frames. Values with NaN or infinity are red.
/// Errors: y is a constant; more than most_nodes nodes.
std::string draw_graph(const Variable& y, const DrawOptions& options = {});
/// One drawing of several values, such as the outputs of a module: draw_graph({out.y, out.state}). Gradients are those
/// of the sum of all their numbers. Constants among them are left out. Errors: all are constants.
std::string draw_graph(const Variables& ys, const DrawOptions& options = {});

/// Writes draw_graph(y, options) to a file that ends in .dot, or a picture that ends in .svg, .png or .pdf, which takes
/// the program `dot` of graphviz. Errors: another ending; no such program; what the program itself complains of.
void write_graph(const std::filesystem::path& path, const Variable& y, const DrawOptions& options = {});
void write_graph(const std::filesystem::path& path, const Variables& ys, const DrawOptions& options = {});

}  // namespace gibbs
