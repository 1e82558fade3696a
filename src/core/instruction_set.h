// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Which of the vector instruction sets that loops are compiled for (simd.h) a process uses.
#pragma once

namespace natrolite {

enum class InstructionSet : int { plain, avx2, avx512 };

/// "plain", "avx2" or "avx512"
const char *name_of(InstructionSet);

inline constexpr InstructionSet INSTRUCTION_SETS[] = {InstructionSet::avx512, InstructionSet::avx2,
                                                      InstructionSet::plain};    ///< the best first

/// Do this processor and this build have it?
bool is_here(InstructionSet);

/// The best one that this processor and this build have; NATROLITE_SIMD=plain|avx2|avx512 asks for one.
/// Throws std::runtime_error if it asks for what is not to be had.
InstructionSet instruction_set();

}    // namespace natrolite
