// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Element data of DFT-D3 (Grimme et al., J. Chem. Phys. 132, 154104 (2010)), as
/// tools/dispersion_tables.py writes them. Rows are elements by atomic number, from 1 at 0.
#pragma once

namespace natrolite::d3 {

inline constexpr int ELEMENTS = 94;
inline constexpr int MAX_REFERENCES = 5;

/// An element's reference systems are FIRST_REFERENCE[z] ... FIRST_REFERENCE[z + 1] - 1.
extern const int FIRST_REFERENCE[ELEMENTS + 1];
extern const double REFERENCE_COORDINATION[];     ///< of each reference system
extern const double COVALENT_RADIUS[ELEMENTS];    ///< Bohr, 4/3 of the radius
extern const double ROOT_R4_R2[ELEMENTS];         ///< Bohr, sqrt(<r4>/<r2> sqrt(Z) / 2)
/// Radius of zero damping of two elements, 1e-4 Angstrom; lower triangle by rows.
extern const unsigned short DAMPING_RADIUS[];
/// C6 of two reference systems, 1e-4 Hartree Bohr^6; lower triangle by rows.
extern const unsigned REFERENCE_C6[];

/// Place of (a, b) in a lower triangle by rows.
constexpr int in_triangle(int a, int b)
{
  return a > b ? a * (a + 1) / 2 + b : b * (b + 1) / 2 + a;
}

}    // namespace natrolite::d3
