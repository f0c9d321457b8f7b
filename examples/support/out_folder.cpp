#include "examples/support/out_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "gibbs/tensor/error.h"

namespace gibbs::examples {

namespace fs = std::filesystem;
namespace {

/// "checkpoint.safetensors.partial.PID.0": a file of a run that was killed while writing it. Only names that runs use.
bool is_left_over(const std::string& name) {
  constexpr const char* kFiles[] = {
      "checkpoint.safetensors", "model.safetensors", "history.csv",   "summary.json", "loss.svg",     "loss.png",
      "accuracy.svg",           "accuracy.png",      "confusion.png", "filters.png",  "mistakes.png", "trace.json"};
  return std::any_of(std::begin(kFiles), std::end(kFiles),
                     [&](const char* file) { return name.starts_with(std::string(file) + ".partial."); });
}

}  // namespace

OutFolder::OutFolder(fs::path path) : path_(std::move(path)) {
  create();
  lock_ = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // Where the file system has no locks, none is held.
  if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(lock_);
    fail("--out: another run is writing to ", path_.string(), "; wait for it, or choose another folder");
  }
  for (const auto& entry : fs::directory_iterator(path_)) {
    if (is_left_over(entry.path().filename().string())) {
      fs::remove(entry.path());
    }
  }
}

OutFolder::~OutFolder() {
  remove_created();
  if (lock_ >= 0) {
    close(lock_);
  }
}

void OutFolder::create() {
  check(!path_.empty(), "--out: the name of the folder is empty");
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path folder = path_; !folder.empty() && !fs::exists(folder, error); folder = folder.parent_path()) {
    missing.push_back(folder);
  }
  for (; !missing.empty(); missing.pop_back()) {
    if (fs::create_directory(missing.back(), error)) {
      created_.push_back(missing.back());
    } else if (error) {
      remove_created();
      fail("--out: cannot create ", missing.back().string(), ": ", error.message(), "; choose another folder");
    }
  }
  check(fs::is_directory(path_, error), "--out: ", path_.string(), " is a file; choose another folder");
  check(access(path_.c_str(), W_OK | X_OK) == 0, "--out: cannot write to ", path_.string(), ": ", std::strerror(errno),
        "; choose another folder");
}

void OutFolder::remove_created() noexcept {
  std::error_code not_empty;
  for (; !created_.empty(); created_.pop_back()) {
    fs::remove(created_.back(), not_empty);
  }
}

void OutFolder::check_finished(const fs::path& checkpoint, const fs::path& result) const {
  const bool unfinished =
      fs::exists(checkpoint) && (!fs::exists(result) || fs::last_write_time(result) < fs::last_write_time(checkpoint));
  check(!unfinished, "--out: ", path_.string(), " holds an unfinished run. Go on with it by --resume, choose another ",
        "folder, or delete ", checkpoint.string(), " to begin anew");
}

}  // namespace gibbs::examples
