// Memory for OpenBLAS: a call that finds none waits for ever, so whoever calls it asks here first.
//
// OpenBLAS packs matrices into buffers of its own, one for every call that runs at the same time, and keeps them. Where
// the system has no more (a limit on the address space, say), it asks again and again without end. A BlasCall counts
// the calls that run; when there are more than ever before, it looks whether another buffer can be had.
#pragma once

namespace gibbs::kernels {

/// Lives as long as a call of OpenBLAS. Error, before the call: "gemm: OpenBLAS needs 128 MB of memory for this thread,
/// and the system has none ...".
class BlasCall {
 public:
  BlasCall();
  BlasCall(const BlasCall&) = delete;
  BlasCall& operator=(const BlasCall&) = delete;
  ~BlasCall();
};

}  // namespace gibbs::kernels
