// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace natrolite {

struct Value {
  double value = 0.0, error = 0.0;
};

/// Energy (eV) of a host with n ions.
struct Content {
  double n = 0.0;
  Value energy;
};

/// Mean voltage between two contents against the ions' metal of energy mu per atom:
/// V = -[E2 - E1 - (n2 - n1) mu] / (n2 - n1); independent errors. The contents must differ.
Value voltage(const Content &from, const Content &to, const Value &mu);

/// Gravimetric capacity in mAh/g of n ions of charge 1 in a host of mass M (g/mol): n F / (3.6 M);
/// 0 without a host.
double capacity(double n, double host_mass);

/// Indices of the points on the lower convex hull of the energies, in order of content.
std::vector<int> lower_hull(const std::vector<Content> &sorted);

struct VoltageRow {
  double n = 0.0;
  Value from_empty, from_previous, along_hull;
  double capacity = 0.0;
};

/// One row per content (sorted); the first (empty) row has no voltages.
std::vector<VoltageRow> voltage_table(const std::vector<Content> &sorted, const Value &mu, double host_mass,
                                      bool hull);

/// A table of energies as text: `#` comments, then n, E and perhaps its error in each line. A comment
/// "# host = M" gives the host's mass. problem is empty if the table is sound.
struct ContentTable {
  std::vector<Content> contents;    ///< sorted by n
  double host_mass = 0.0;
  std::string problem;
};
ContentTable read_contents(const std::string &text, double energy_in_ev);

/// A row of such a table with its comments, as fix ocv writes it.
struct EnergyRow {
  double host_mass = 0.0, samples = 0.0, correlation_time = 0.0;
  Content content;    ///< in the unit of the run
};
std::string energy_text(const EnergyRow &row, const std::string &unit);
/// Where in a file of such rows the last one of this content and host is: place and length, npos if
/// there is none.
std::pair<std::size_t, std::size_t> place_of_row(const std::string &all, const EnergyRow &row);

std::string voltage_text(const std::vector<VoltageRow> &rows, double host_mass);

}    // namespace natrolite
