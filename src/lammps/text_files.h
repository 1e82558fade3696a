// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Tables that the first rank writes.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace LAMMPS_NS {

class LAMMPS;

/// Refuses, when a style is defined, a file that cannot be written when the run is over. Creates no
/// file and changes none.
void check_writable(LAMMPS *lmp, const std::string &title, const std::string &file);

/// Writes a text file from the first rank; a file that cannot be written is an error on all.
void write_text(LAMMPS *lmp, const std::string &title, const std::string &file, const std::string &text);

/// Puts text in the place and length that `find` gives of what a file holds, or at its end if there is none
/// (npos).
void renew_text(LAMMPS *lmp, const std::string &title, const std::string &file,
                const std::function<std::pair<std::size_t, std::size_t>(const std::string &)> &find,
                const std::string &text);

}    // namespace LAMMPS_NS
