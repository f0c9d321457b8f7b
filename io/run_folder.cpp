#include "gibbs/io/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "gibbs/tensor/error.h"

namespace gibbs::io {

namespace fs = std::filesystem;
namespace {

/// "checkpoint.safetensors.partial.PID.0": a file of a run that was killed while writing it. Only names that runs use.
bool is_left_over(const fs::directory_entry& entry) {
  constexpr const char* kFiles[] = {
      "checkpoint.safetensors", "model.safetensors", "history.csv",     "summary.json", "loss.svg",     "loss.png",
      "accuracy.svg",           "accuracy.png",      "confusion.png",   "filters.png",  "mistakes.png", "trace.json",
      "equivalence.json",       "equivalence.svg",   "equivalence.png", "steps.csv"};
  const std::string name = entry.path().filename().string();
  std::error_code error;
  return entry.symlink_status(error).type() == fs::file_type::regular &&
         std::any_of(std::begin(kFiles), std::end(kFiles),
                     [&](const char* file) { return name.starts_with(std::string(file) + ".partial."); });
}

/// A folder that cannot be listed may still be written to; a file that cannot be removed is in nobody's way.
void remove_left_overs(const fs::path& folder) {
  std::error_code error, ignored;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (is_left_over(*entry)) {
      fs::remove(entry->path(), ignored);
    }
  }
}

}  // namespace

RunFolder::RunFolder(fs::path path) : path_(std::move(path)) {
  create();
  lock_ = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // Where the file system has no locks, none is held.
  if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(lock_);
    fail("--out: another run is writing to ", path_.string(), "; wait for it, or choose another folder");
  }
  remove_left_overs(path_);
}

RunFolder::~RunFolder() {
  remove_created();
  if (lock_ >= 0) {
    close(lock_);
  }
}

void RunFolder::create() {
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
  const bool writable = access(path_.c_str(), W_OK | X_OK) == 0;
  const int reason = errno;  // before the words of a message can change it
  check(writable, "--out: cannot write to ", path_.string(), ": ", std::strerror(reason), "; choose another folder");
}

void RunFolder::remove_created() noexcept {
  std::error_code not_empty;
  for (; !created_.empty(); created_.pop_back()) {
    fs::remove(created_.back(), not_empty);
  }
}

void RunFolder::check_finished(const fs::path& checkpoint, const fs::path& result) const {
  std::error_code none;  // what is not there has no time: the earliest of all
  const auto saved = fs::last_write_time(checkpoint, none), finished = fs::last_write_time(result, none);
  const bool unfinished = fs::exists(checkpoint, none) && finished < saved;
  check(!unfinished, "--out: ", path_.string(), " holds an unfinished run. Go on with it by --resume, choose another ",
        "folder, or delete ", checkpoint.string(), " to begin anew");
}

}  // namespace gibbs::io
