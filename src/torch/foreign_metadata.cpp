// SPDX-License-Identifier: GPL-2.0-only
#include "foreign_metadata.h"

#include "core/elements.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace natrolite {

std::vector<std::string> words(const std::string &text)
{
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

Metadata foreign_metadata(const LoadOptions &options, const std::string &family,
                          const std::string &created_by, const std::vector<std::string> &type_names,
                          double r_max, int num_layers, const std::string &dtype)
{
  Metadata m;
  m.family = family;
  m.name = std::filesystem::path(options.file).filename();
  m.created_by = created_by;
  m.license = m.weights_sha256 = "unknown";
  m.dtype = dtype;
  m.type_names = type_names;
  if (type_names.empty()) throw std::runtime_error("the file names no type of atoms");
  const auto &known = element_symbols();
  for (const std::string &name : type_names) {
    const auto found = std::find(known.begin(), known.end(), name);
    const int number = 1 + static_cast<int>(found - known.begin());
    m.atomic_numbers.push_back(found == known.end() ? 0 : number);
  }
  if (!(r_max > 0.0) || !(r_max <= LONGEST_CUTOFF) || num_layers < 1 || num_layers > 100)
    throw std::runtime_error("the file's cutoff (" + std::to_string(r_max) + ") or number of layers (" +
                             std::to_string(num_layers) + ") makes no sense");
  m.r_max = m.list_cutoff = r_max;
  m.num_layers = num_layers;
  m.strictly_local = num_layers == 1;
  m.outputs = {"atomic_energy"};
  return m;
}

}    // namespace natrolite
