// The names of the classes in a model file, as cifar10_convnet writes them. They are text of others: checked here, and
// to be printed as such.
#pragma once

#include <string>
#include <vector>

#include "gibbs/io/safetensors.h"

namespace gibbs::examples {

/// At least one name. The network grows with their number, so that it is compared with what `file`, read from `path`,
/// holds before anything is built. Errors: no list of names in the metadata, a list of more than a megabyte, and one
/// that is no JSON list of texts or empty or as long as no last layer of the article's network in the file.
std::vector<std::string> class_names_of(const io::Safetensors& file, const std::string& path);

}  // namespace gibbs::examples
