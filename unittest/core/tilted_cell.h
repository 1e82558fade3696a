// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "core/cell.h"

/// A cell that leans in the xy plane, with its origin elsewhere.
inline natrolite::Cell tilted()
{
  natrolite::Cell c;
  c.lx = 20, c.ly = 18, c.lz = 30, c.xy = 5, c.origin = {1, 2, 3};
  return c;
}
