// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

namespace natrolite {

/// Symbols of the elements 1..118, in order.
const std::vector<std::string> &element_symbols();

bool is_element(const std::string &symbol);

/// The element whose standard atomic weight (g/mol) is nearest; empty for masses <= 0.
std::string element_by_mass(double mass);

/// The default exclusion radius (A): C 1.70, N 1.55, O 1.52, H 1.09 (van der Waals, Bondi/Rowland),
/// Na 2.27, Ti 2.00; negative for elements without a default.
double default_radius(const std::string &symbol);

}    // namespace natrolite
