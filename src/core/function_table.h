// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Tables of the functions of one instruction set.
#pragma once

#include "instruction_set.h"

namespace natrolite {

/// The table of an instruction set. fill_plain, fill_avx2 and fill_avx512, each from a source file of its
/// own, stand beside the table's type.
template <class Table>
Table function_table(InstructionSet set)
{
  Table table;
  table.name = name_of(set);
#ifdef __x86_64__
  if (set == InstructionSet::avx512) fill_avx512(table);
  if (set == InstructionSet::avx2) fill_avx2(table);
#endif
  if (set == InstructionSet::plain) fill_plain(table);
  return table;
}

}    // namespace natrolite
