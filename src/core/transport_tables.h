// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "transport.h"

#include <cstdint>
#include <string>
#include <vector>

namespace natrolite {

/// Units of the two unit styles with Angstrom.
struct TransportUnits {
  std::string time = "ps";
  double ps = 1.0;              ///< one picosecond
  double cm2_per_s = 1.0e-4;    ///< one A^2/time in cm^2/s
};

/// The curve of the whole group.
struct MsdTable {
  GroupCurve curve;
  std::vector<int> lags;
  std::vector<double> observations;    ///< entry k: of lag k, all ions
  Diffusion group;
  int ions = 0;
  std::int64_t samples = 0;
};

/// Complete texts of the two files; the first line tells what the table is.
std::string msd_text(const MsdTable &table, const TransportSettings &settings, const TransportUnits &units);
std::string ions_text(const std::vector<std::int64_t> &tags, const std::vector<IonResult> &ions,
                      std::int64_t samples, const TransportSettings &settings, const TransportUnits &units);

}    // namespace natrolite
