// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_MACROS_H
#define NATROLITE_MACROS_H

// Marks a function of one atom or one pair, so that plain loops and Kokkos loops share it.
#ifndef NATROLITE_FUNCTION
#ifdef KOKKOS_INLINE_FUNCTION
#define NATROLITE_FUNCTION KOKKOS_INLINE_FUNCTION
#else
#define NATROLITE_FUNCTION inline
#endif
#endif

#endif
