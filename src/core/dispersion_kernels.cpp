// SPDX-License-Identifier: GPL-2.0-only
#include "dispersion_kernels.h"

#include "instruction_set.h"

namespace natrolite::d3 {

void fill_plain(Kernels &);
#ifdef __x86_64__
void fill_avx2(Kernels &);
void fill_avx512(Kernels &);
#endif

namespace {

  Kernels choose()
  {
    const InstructionSet set = instruction_set();
    Kernels table;
    table.name = name_of(set);
#ifdef __x86_64__
    if (set == InstructionSet::avx512) fill_avx512(table);
    if (set == InstructionSet::avx2) fill_avx2(table);
#endif
    if (set == InstructionSet::plain) fill_plain(table);
    return table;
  }

}    // namespace

const Kernels &kernels()
{
  static const Kernels table = choose();
  return table;
}

}    // namespace natrolite::d3
