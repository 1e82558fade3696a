// SPDX-License-Identifier: GPL-2.0-only
#include "kernels.h"

namespace natrolite::native {

#define NATROLITE_FILL(isa)                                                                                  \
  void fill_##isa(Kernels<float> &);                                                                         \
  void fill_##isa(Kernels<double> &);
NATROLITE_FILL(plain)
#ifdef __x86_64__
NATROLITE_FILL(avx2)
NATROLITE_FILL(avx512)
#endif

template <class T>
Kernels<T> kernels_of(InstructionSet set)
{
  Kernels<T> table;
  table.name = name_of(set);
#ifdef __x86_64__
  if (set == InstructionSet::avx512) fill_avx512(table);
  if (set == InstructionSet::avx2) fill_avx2(table);
#endif
  if (set == InstructionSet::plain) fill_plain(table);
  return table;
}

template <class T>
const Kernels<T> &kernels()
{
  static const Kernels<T> table = kernels_of<T>(instruction_set());
  return table;
}

template Kernels<float> kernels_of(InstructionSet);
template Kernels<double> kernels_of(InstructionSet);
template const Kernels<float> &kernels();
template const Kernels<double> &kernels();

}    // namespace natrolite::native
