// Weights of a module to and from files, and to and from lists of named tensors that other files embed.
//
// The names are the paths that `visit` gives: parameters and buffers alike. A tied parameter is saved under each of its
// names, so that any reader finds a complete model; on loading, all its copies must hold the same bits. Loading checks
// everything before it writes anything: a module is never half loaded.
#pragma once

#include <string>

#include "gibbs/io/safetensors.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// Keys of the metadata that save_weights writes: architecture_text(module), and the version of gibbs.
inline constexpr const char* kArchitectureKey = "gibbs.architecture";
inline constexpr const char* kVersionKey = "gibbs.version";

/// All parameters, then all buffers, with their paths. They share elements with the module: clone what must last.
/// Throws when a parameter is pending (nn/init.h).
NamedTensors named_tensors(Module& module);

/// Throws unless `tensors` has exactly the names of named_tensors(module), with equal shapes and dtypes; the message
/// begins with `source` and lists what is missing, what the module does not have, and what differs.
void check_tensors(Module& module, const NamedTensors& tensors, const std::string& source);

/// Overwrites all parameters and buffers, in place; pending parameters have numbers then. Throws as check_tensors does,
/// before writing.
void load_tensors(Module& module, const NamedTensors& tensors, const std::string& source = "load_tensors");

/// Writes a safetensors file with the module's tensors, its architecture, `metadata` (keys must not begin with
/// "gibbs.") and a checksum over all of it.
void save_weights(Module& module, const std::filesystem::path& path, const io::Metadata& metadata = {});

struct LoadOptions {
  /// Throw when the file tells its architecture and it is not the module's: tensors of equal shapes may belong to
  /// different functions (another stride, another activation).
  bool compare_architecture = true;
};
/// Reads what save_weights or another program has written, and returns the metadata. A file with a checksum is refused
/// when a bit of it has changed; files of version 0.1 and of other programs have none and load.
io::Metadata load_weights(Module& module, const std::filesystem::path& path, const LoadOptions& options = {});
/// The same from a file that was read already; messages call it `path`.
io::Metadata load_weights(Module& module, io::Safetensors file, const std::filesystem::path& path,
                          const LoadOptions& options = {});

/// SHA-256 over name, dtype, shape and bytes of every named tensor, in order, as hexadecimal digits. Equal for equal
/// weights on every machine.
std::string weights_sha256(Module& module);

}  // namespace gibbs::nn
