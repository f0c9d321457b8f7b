#include "gibbs/tensor/storage.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "gibbs/tensor/error.h"

namespace gibbs {
namespace {

// AddressSanitizer finds the use of freed blocks only if they are freed. g++ and clang++ say differently that it is on.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kRecycle = false;
#elif defined(__has_feature)
constexpr bool kRecycle = !__has_feature(address_sanitizer);
#else
constexpr bool kRecycle = true;
#endif

/// Blocks of several huge pages begin with one, so that the system can map them in a few steps instead of thousands.
constexpr std::size_t kHugePage = std::size_t{1} << 21;
bool is_huge(std::size_t capacity) { return capacity >= 2 * kHugePage; }
std::align_val_t alignment_of(std::size_t capacity) { return std::align_val_t{is_huge(capacity) ? kHugePage : 64}; }

/// Sizes are rounded up to eight classes per power of two, so a recycled block wastes at most an eighth.
std::size_t size_class(std::size_t bytes) {
  if (bytes <= 64) {
    return 64;
  }
  const std::size_t step = std::max<std::size_t>(std::bit_floor(bytes - 1) / 8, 64);
  return (bytes + step - 1) / step * step;
}

/// Free blocks by size class. One for the process; it is never destroyed, since tensors may outlive static objects.
class Pool {
 public:
  static Pool& instance() {
    static Pool& pool = *new Pool;
    return pool;
  }

  std::byte* take(std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    std::byte* bytes = nullptr;
    if (auto& free = free_[capacity]; !free.empty()) {
      bytes = free.back();
      free.pop_back();
      cached_ -= capacity;
    } else {
      bytes = allocate(capacity);
      ++system_allocations_;
    }
    held_ += capacity;
    peak_ = std::max(peak_, held_);
    return bytes;
  }

  void give_back(std::byte* bytes, std::size_t capacity) noexcept {
    const std::lock_guard lock(mutex_);
    held_ -= capacity;
    if (!kRecycle) {
      ::operator delete(bytes, alignment_of(capacity));
      return;
    }
    try {
      free_[capacity].push_back(bytes);
      cached_ += capacity;
    } catch (const std::bad_alloc&) {
      ::operator delete(bytes, alignment_of(capacity));
    }
  }

  void release_cached() {
    const std::lock_guard lock(mutex_);
    free_cached();
  }

  template <class Read>
  std::size_t read(Read read) {
    const std::lock_guard lock(mutex_);
    return read(*this);
  }

  std::size_t held_ = 0, peak_ = 0, cached_ = 0, system_allocations_ = 0;

 private:
  void free_cached() {
    for (auto& [capacity, free] : free_) {
      for (std::byte* bytes : free) {
        ::operator delete(bytes, alignment_of(capacity));
      }
    }
    free_.clear();
    cached_ = 0;
  }

  /// A fresh block; when the system has none left, blocks that wait for recycling are given up first.
  std::byte* allocate(std::size_t capacity) {
    void* bytes = ::operator new(capacity, alignment_of(capacity), std::nothrow);
    if (!bytes) {
      free_cached();
      bytes = ::operator new(capacity, alignment_of(capacity), std::nothrow);
    }
#ifdef MADV_HUGEPAGE  // Linux
    if (bytes && is_huge(capacity)) {
      madvise(bytes, capacity, MADV_HUGEPAGE);  // where there are none, nothing is lost
    }
#endif
    check(bytes != nullptr, "memory: the system has no ", capacity, " bytes for a tensor; use smaller batches");
    return static_cast<std::byte*>(bytes);
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<std::byte*>> free_;
};

}  // namespace

namespace memory {

std::size_t held_bytes() {
  return Pool::instance().read([](Pool& pool) { return pool.held_; });
}
std::size_t peak_bytes() {
  return Pool::instance().read([](Pool& pool) { return pool.peak_; });
}
void reset_peak() {
  Pool::instance().read([](Pool& pool) { return pool.peak_ = pool.held_; });
}
std::size_t cached_bytes() {
  return Pool::instance().read([](Pool& pool) { return pool.cached_; });
}
void release_cached() { Pool::instance().release_cached(); }
std::size_t system_allocations() {
  return Pool::instance().read([](Pool& pool) { return pool.system_allocations_; });
}

}  // namespace memory

Storage::Storage(std::size_t bytes) {
  const std::size_t capacity = size_class(bytes);
  block_ = new Block{.bytes = Pool::instance().take(capacity), .capacity = capacity};
}

void Storage::release() noexcept {
  if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    Pool::instance().give_back(block_->bytes, block_->capacity);
    delete block_;
  }
}

}  // namespace gibbs
