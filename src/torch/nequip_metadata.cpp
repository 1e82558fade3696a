// SPDX-License-Identifier: GPL-2.0-only
#include "nequip_metadata.h"

#include "file_kind.h"
#include "foreign_metadata.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace natrolite {
namespace {

  constexpr double FLOAT32_ROUNDING = 1e-6;    // nequip writes the cutoffs of pairs in float32

  double cutoff(const std::string &key, const std::string &text)
  {
    double value = NAN;
    try {
      value = std::stod(text);
    } catch (const std::exception &) {
    }
    if (!(value > 0.0) || !std::isfinite(value))
      throw std::runtime_error("its '" + key + "' is no cutoff: '" + text + "'");
    return value;
  }

}    // namespace

NequipText extra_texts(const LoadOptions &options)
{
  return [&options](const std::string &key) {
    if (!has_extra_file(options.bytes, options.nbytes, key)) return std::string();
    return read_extra_file(options.bytes, options.nbytes, key);
  };
}

Metadata nequip_metadata(const LoadOptions &options, const std::string &family, int num_layers,
                         const NequipText &text)
{
  const std::string dtype = text("model_dtype");
  if (dtype != "float32" && dtype != "float64")
    throw std::runtime_error("its 'model_dtype' is '" + dtype +
                             "', not float32 or float64: export the original model with "
                             "'natrolite export FILE -o MODEL.pt'");
  Metadata m = foreign_metadata(options, family, "nequip-compile", words(text("type_names")),
                                cutoff("r_max", text("r_max")), num_layers, dtype);
  for (const std::string &word : words(text("per_edge_type_cutoff"))) {
    const double rc = cutoff("per_edge_type_cutoff", word);
    if (rc > m.r_max * (1.0 + FLOAT32_ROUNDING))
      throw std::runtime_error("its 'per_edge_type_cutoff' has " + std::to_string(rc) +
                               ", more than its 'r_max' " + std::to_string(m.r_max));
    m.pair_cutoffs.push_back(std::min(rc, m.r_max));
  }
  const std::size_t ntypes = m.type_names.size();
  if (!m.pair_cutoffs.empty() && m.pair_cutoffs.size() != ntypes * ntypes)
    throw std::runtime_error("its 'per_edge_type_cutoff' is not a square matrix over type_names");
  m.allow_tf32 = text("allow_tf32") == "1";
  return m;
}

}    // namespace natrolite
