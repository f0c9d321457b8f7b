// The file of a drawing: DOT text as it is, pictures by graphviz' program `dot`, which reads the text and writes the
// picture without knowing any name of a file.
#include <filesystem>

#include "gibbs/autograd/draw_graph.h"
#include "gibbs/io/atomic_file.h"
#include "gibbs/io/child_program.h"
#include "gibbs/tensor/error.h"

namespace gibbs {

namespace {

template <class Drawn>
void write(const std::filesystem::path& path, const Drawn& y, const DrawOptions& options) {
  const std::string ending = path.extension().string();
  if (ending == ".dot") {
    return io::write_file_atomically(path, draw_graph(y, options));
  }
  check(ending == ".svg" || ending == ".png" || ending == ".pdf", "write_graph: ", path.string(),
        " must end in .dot, .svg, .png or .pdf");
  const io::ChildOutcome drawn = io::run_child_program({"dot", "-T" + ending.substr(1)}, draw_graph(y, options));
  check(drawn.found, "write_graph: ", path.string(),
        " needs the program 'dot'; install graphviz (apt-get install graphviz), or write a file that ends in .dot");
  check(drawn.exit_code == 0, "write_graph: drawing ", path.string(), " failed: ", drawn.complaint());
  io::write_file_atomically(path, drawn.output);
}

}  // namespace

void write_graph(const std::filesystem::path& path, const Variable& y, const DrawOptions& options) {
  write(path, y, options);
}

void write_graph(const std::filesystem::path& path, const Variables& ys, const DrawOptions& options) {
  write(path, ys, options);
}

}  // namespace gibbs
