// What a parent ignores stays ignored, and whoever runs tests in the background of a script, or under nohup, ignores
// SIGINT or SIGHUP. These tests send signals to themselves: they begin with the defaults.
#include <csignal>

namespace {

const bool defaults = [] {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::signal(signal, SIG_DFL);
  }
  return true;
}();

}  // namespace
