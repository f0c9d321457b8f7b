// What is behind a stream: a terminal, and how wide it is.
#pragma once

#include <ostream>

namespace gibbs::train {

/// Whether `out` is std::cout, std::cerr or std::clog, and what stands behind it is a terminal. Other streams, and
/// these when they were given another buffer, are none.
bool is_terminal(const std::ostream& out);

/// Columns of the terminal behind `out`; else what the environment variable COLUMNS says; else 80.
int terminal_columns(const std::ostream& out);

}  // namespace gibbs::train
