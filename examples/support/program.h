// What every example program does around its work: arguments, errors, exit codes.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>

namespace gibbs::examples {

/// An option's rule: "--epochs: must be at least 1, it is 0". CLI11's own ranges print limits of 300 digits.
template <class Accepts>
CLI::Validator must_be(const std::string& rule, Accepts accepts) {
  const auto message = [rule, accepts](const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool ok = end != text.c_str() && *end == '\0' && accepts(value);
    return ok ? std::string() : fmt::format("must be {}, it is {}", rule, text);
  };
  return {message, ""};
}

inline CLI::Validator must_be_at_least(int least) {
  return must_be(fmt::format("at least {}", least), [least](double value) { return value >= least; });
}

/// Parses the arguments and runs `body`, whose result is the exit code. Wrong arguments and errors end with a message
/// on standard error and exit code 2.
template <class Body>
int run_program(CLI::App& app, int argc, char** argv, Body body) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the size limit is then an error like a full disk
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
