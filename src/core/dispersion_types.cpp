// SPDX-License-Identifier: GPL-2.0-only
#include "dispersion_types.h"

#include "elements.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <stdexcept>

namespace natrolite {

int dispersion_element(const std::string &symbol)
{
  std::string name = symbol;
  for (std::size_t k = 0; k < name.size(); ++k) {
    const auto c = static_cast<unsigned char>(name[k]);
    name[k] = static_cast<char>(k == 0 ? std::toupper(c) : std::tolower(c));
  }
  const auto &known = element_symbols();
  const auto end = known.begin() + d3::ELEMENTS, found = std::find(known.begin(), end, name);
  if (found == end)
    throw std::invalid_argument("element " + symbol + " has no D3 parameters: there are those of H to Pu");
  return static_cast<int>(found - known.begin()) + 1;
}

namespace d3 {

  namespace {

    // the units of LAMMPS' dispersion/d3
    constexpr double BOHR = 0.52917725;        // Angstrom
    constexpr double HARTREE = 27.21140795;    // eV

    Type type_of(int element)
    {
      Type type;
      if (element == 0) return type;
      const int first = FIRST_REFERENCE[element - 1];
      type.references = FIRST_REFERENCE[element] - first;
      std::copy_n(REFERENCE_COORDINATION + first, type.references, type.coordination);
      return type;
    }

    void set_damping(TypePair &pair, const DispersionSettings &s, int a, int b)
    {
      const Functional &f = s.functional;
      if (s.damping == Damping::bj || s.damping == Damping::bjm) {
        const double radius = f.first * std::sqrt(pair.c8_per_c6) + f.second * BOHR;
        pair.power6 = std::pow(radius, 6);
        pair.power8 = std::pow(radius, 8);
        return;
      }
      const double r0 = 1e-4 * DAMPING_RADIUS[in_triangle(a, b)];
      const bool modified = s.damping == Damping::zerom;
      pair.slope6 = 1.0 / (f.first * r0);
      pair.slope8 = 1.0 / ((modified ? 1.0 : f.second) * r0);
      pair.shift6 = pair.shift8 = modified ? f.second / BOHR * r0 : 0.0;
    }

    TypePair pair_of(const DispersionSettings &s, int first, int second)
    {
      TypePair pair;
      if (first == 0 || second == 0) return pair;
      const int a = first - 1, b = second - 1;
      const double unit = 1e-4 * s.energy_unit * HARTREE * std::pow(BOHR, 6);
      for (int m = FIRST_REFERENCE[a]; m < FIRST_REFERENCE[first]; ++m)
        for (int n = FIRST_REFERENCE[b]; n < FIRST_REFERENCE[second]; ++n)
          pair.c6[m - FIRST_REFERENCE[a]][n - FIRST_REFERENCE[b]] = unit * REFERENCE_C6[in_triangle(m, n)];
      pair.covalent = (COVALENT_RADIUS[a] + COVALENT_RADIUS[b]) * BOHR;
      pair.c8_per_c6 = 3.0 * ROOT_R4_R2[a] * ROOT_R4_R2[b] * BOHR * BOHR;
      set_damping(pair, s, a, b);
      return pair;
    }

  }    // namespace

  TypeTables type_tables(const DispersionSettings &settings)
  {
    TypeTables tables;
    for (const int a : settings.elements) {
      tables.types.push_back(type_of(a));
      for (const int b : settings.elements) tables.pairs.push_back(pair_of(settings, a, b));
    }
    return tables;
  }

}    // namespace d3
}    // namespace natrolite
