// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Damping functions of DFT-D3 and their parameters by density functional.
#pragma once

#include <string>

namespace natrolite::d3 {

/// zero: Grimme et al., J. Chem. Phys. 132, 154104 (2010); bj: Grimme, Ehrlich, Goerigk, J. Comput. Chem.
/// 32, 1456 (2011); zerom, bjm: their refit, Smith et al., J. Phys. Chem. Lett. 7, 2197 (2016).
enum class Damping : int { zero, zerom, bj, bjm };

struct Functional {
  double s6 = 1.0, s8 = 0.0;
  /// \name of zero (sr6, sr8, no unit), of zerom (sr6, beta / Bohr), of bj and bjm (a1, a2 / Bohr)
  /// @{
  double first = 0.0, second = 0.0;
  /// @}
};

/// "original" or "zero", "zerom", "bj", "bjm", in any case. Throws std::invalid_argument, which names
/// the word and those known.
Damping damping(const std::string &word);

/// Parameters of a functional by the name that LAMMPS' dispersion/d3 has for it, in any case. Throws
/// std::invalid_argument, which names the word and those known for this damping.
Functional functional(Damping, const std::string &word);

}    // namespace natrolite::d3
