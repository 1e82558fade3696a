// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// One macro marks the functions of one atom or one pair that host loops and Kokkos loops share.
#pragma once

#ifndef NATROLITE_FUNCTION
#ifdef KOKKOS_INLINE_FUNCTION
#define NATROLITE_FUNCTION KOKKOS_INLINE_FUNCTION
#else
#define NATROLITE_FUNCTION inline
#endif
#endif
