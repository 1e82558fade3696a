// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Disagreement of a committee of models: standard deviations over its members.
#pragma once

#include <cstddef>
#include <vector>

namespace natrolite {

/// Standard deviation over M members, sqrt(<(x - <x>)^2>) with 1/M; 0 for fewer than two.
double deviation(const std::vector<double> &values);

/// Of M force vectors of one atom: sqrt(<|F - <F>|^2>) with 1/M (Zhang et al., Comput. Phys.
/// Commun. 253, 107206 (2020), eq. 5).
/// \param members [M] pointers to [atoms, 3]
double force_deviation(const std::vector<const double *> &members, std::size_t atom);

}    // namespace natrolite
