// What every example program does around its work: arguments, errors, exit codes.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

namespace gibbs::examples {

/// Parses the arguments and runs `body`, whose result is the exit code. Wrong arguments and errors end with a message
/// on standard error and exit code 2.
template <class Body>
int run_program(CLI::App& app, int argc, char** argv, Body body) {
  try {
    app.parse(argc, argv);
    return body();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 2;
  }
}

}  // namespace gibbs::examples
