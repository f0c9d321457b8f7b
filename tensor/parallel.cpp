#include "gibbs/tensor/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "gibbs/tensor/error.h"

#ifndef GIBBS_PARALLEL_STD
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace gibbs {
namespace {

thread_local bool inside_body = false;

/// Marks this thread as being inside a loop body for as long as it lives.
class BodyScope {
 public:
  BodyScope() : before_(inside_body) { inside_body = true; }
  BodyScope(const BodyScope&) = delete;
  BodyScope& operator=(const BodyScope&) = delete;
  ~BodyScope() { inside_body = before_; }

 private:
  bool before_;
};

/// Starts the threads that a loop will have beside its own, lets them wait for each other, and ends them: oneTBB ends
/// the program when the system refuses it one, and then it is too late for an error.
void check_threads_can_start(int threads) {
  std::mutex waiting;
  std::unique_lock lock(waiting);
  std::vector<std::thread> started;
  std::string reason;
  try {
    for (int t = 1; t < threads; ++t) {
      started.emplace_back([&waiting] { const std::lock_guard wait(waiting); });
    }
  } catch (const std::exception& error) {
    reason = error.what();
  }
  lock.unlock();
  for (std::thread& thread : started) {
    thread.join();
  }
  check(reason.empty(), "threads: the system lets this process have ", started.size() + 1, " of the ", threads,
        " that it asks for (", reason, "); ask for fewer, or raise the limit (ulimit -u, ulimit -v)");
}

#ifdef GIBBS_PARALLEL_STD

std::atomic<int> requested_threads{0};

int default_threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void run_pieces(std::int64_t pieces, const std::function<void(std::int64_t)>& piece) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto work = [&] {
    for (std::int64_t i = next++; i < pieces; i = next++) {
      try {
        piece(i);
      } catch (...) {
        const std::lock_guard lock(error_mutex);
        if (!error) {
          error = std::current_exception();
        }
        next = pieces;
      }
    }
  };
  std::vector<std::thread> helpers;
  try {
    for (std::int64_t t = 1; t < std::min<std::int64_t>(num_threads(), pieces); ++t) {
      helpers.emplace_back(work);
    }
  } catch (const std::system_error&) {  // the system has no more threads: those that there are do the work
  }
  work();
  for (std::thread& helper : helpers) {
    helper.join();
  }
  if (error) {
    std::rethrow_exception(error);
  }
}

void apply_num_threads(int /*threads*/) {}

#else

std::atomic<int> requested_threads{0};

int default_threads() { return oneapi::tbb::info::default_concurrency(); }

/// The arena whose size is the number of threads asked for. Replaced by set_num_threads; a loop keeps the one it began
/// in.
std::mutex arena_mutex;
std::shared_ptr<oneapi::tbb::task_arena> current_arena;
std::unique_ptr<oneapi::tbb::global_control> thread_limit;

void apply_num_threads(int threads) {
  const std::lock_guard lock(arena_mutex);
  // Workers beyond the number of processors exist only when they are asked for: needed to test 3 threads on 2.
  thread_limit = std::make_unique<oneapi::tbb::global_control>(oneapi::tbb::global_control::max_allowed_parallelism,
                                                               static_cast<std::size_t>(threads));
  current_arena = std::make_shared<oneapi::tbb::task_arena>(threads);
}

std::shared_ptr<oneapi::tbb::task_arena> arena() {
  const std::lock_guard lock(arena_mutex);
  if (!current_arena) {
    check_threads_can_start(num_threads());
    current_arena = std::make_shared<oneapi::tbb::task_arena>(num_threads());
  }
  return current_arena;
}

void run_pieces(std::int64_t pieces, const std::function<void(std::int64_t)>& piece) {
  arena()->execute([&] { oneapi::tbb::parallel_for(std::int64_t{0}, pieces, piece, oneapi::tbb::auto_partitioner{}); });
}

#endif

}  // namespace

void set_num_threads(int threads) {
  check(threads >= 1, "set_num_threads: at least 1, not ", threads);
  check(!inside_body, "set_num_threads: not inside a parallel loop");
  check_threads_can_start(threads);
  requested_threads = threads;
  apply_num_threads(threads);
}

int num_threads() {
  const int threads = requested_threads;
  return threads > 0 ? threads : default_threads();
}

bool in_parallel_region() { return inside_body; }

void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
  if (end <= begin) {
    return;
  }
  grain = std::clamp<std::int64_t>(grain, 1, end - begin);
  const std::int64_t pieces = (end - begin - 1) / grain + 1;
  const auto piece = [&](std::int64_t i) {
    const BodyScope scope;
    const std::int64_t first = begin + i * grain;
    body(first, i + 1 < pieces ? first + grain : end);
  };
  if (pieces == 1 || inside_body || num_threads() == 1) {
    for (std::int64_t i = 0; i < pieces; ++i) {
      piece(i);
    }
    return;
  }
  run_pieces(pieces, piece);
}

}  // namespace gibbs
