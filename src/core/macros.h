// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// NATROLITE_INLINE_FUNCTION marks the functions of one atom or one pair that host loops and Kokkos loops
/// share.
#pragma once

#ifndef NATROLITE_INLINE_FUNCTION
#ifdef KOKKOS_INLINE_FUNCTION
#define NATROLITE_INLINE_FUNCTION KOKKOS_INLINE_FUNCTION
#else
#define NATROLITE_INLINE_FUNCTION inline
#endif
#endif

/// Wider vectors where the processor has them; without fused operations, so the numbers are the same.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define NATROLITE_TARGET_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define NATROLITE_TARGET_CLONES
#endif

/// For what a function marked NATROLITE_TARGET_CLONES calls: only what is inlined becomes wide with it.
#ifdef __GNUC__
#define NATROLITE_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define NATROLITE_ALWAYS_INLINE inline
#endif
