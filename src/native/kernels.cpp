// SPDX-License-Identifier: GPL-2.0-only
#include "kernels.h"

#include "core/function_table.h"

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
  return function_table<Kernels<T>>(set);
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
