// Lengths and checksums that follow from the rest of a file, set right: what most mutations would otherwise fail at.
#pragma once

#include "tests/fuzz/harness.h"

namespace gibbs::fuzz {

/// The length of a safetensors header is that of the JSON object which follows, and the data are as long as the largest
/// end of "data_offsets" says, up to a few kilobytes; and the checksum, where there is one, is that of the file.
void repair_safetensors(Bytes& file);

/// The checksums of a PNG file: of its packed rows, and of every whole chunk.
void repair_png(Bytes& file);

}  // namespace gibbs::fuzz
