// Storage: a reference-counted block of bytes, 64-byte aligned, with a version that counts writes.
//
// Blocks are recycled: a fresh 30 MB mapping costs more in page faults than the kernel that fills it. Freed blocks wait
// in lists by size class and are handed out again. Under AddressSanitizer nothing is recycled, since reuse would hide
// use after free. Storage knows nothing of shapes and dtypes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace gibbs {

namespace memory {

/// Bytes that live tensors hold now, and the most they ever held since the last reset_peak.
std::size_t held_bytes();
std::size_t peak_bytes();
void reset_peak();
/// Bytes kept for recycling, and the call that gives them back to the system.
std::size_t cached_bytes();
void release_cached();
/// Number of blocks ever requested from the system: constant over a steady-state training step.
std::size_t system_allocations();

}  // namespace memory

/// Shared handle on a block. Copying it shares the bytes.
class Storage {
 public:
  Storage() = default;
  /// A block of at least `bytes` bytes, contents undefined.
  explicit Storage(std::size_t bytes);
  Storage(const Storage& other) noexcept : block_(other.block_) { retain(); }
  Storage(Storage&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Storage& operator=(Storage other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Storage() { release(); }

  explicit operator bool() const { return block_ != nullptr; }
  std::byte* bytes() const { return block_ ? block_->bytes : nullptr; }
  /// Number of writes announced so far. Whoever saved the storage compares it to find out about overwriting.
  std::uint64_t version() const { return block_ ? block_->version.load(std::memory_order_relaxed) : 0; }
  void announce_write() const {
    if (block_) {
      block_->version.fetch_add(1, std::memory_order_relaxed);
    }
  }
  bool same_as(const Storage& other) const { return block_ == other.block_; }

 private:
  struct Block {
    std::byte* bytes;
    std::size_t capacity;
    std::atomic<std::uint64_t> version{0};
    std::atomic<std::size_t> references{1};
  };

  void retain() noexcept {
    if (block_) {
      block_->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void release() noexcept;

  Block* block_ = nullptr;
};

}  // namespace gibbs
