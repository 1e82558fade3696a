// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "switching.h"

#include <cmath>

namespace natrolite {

/// Coordination numbers and nearest distances of one ion, neighbor by neighbor.
struct IonEnvironment {
  double ion_coordination = 0.0, host_coordination = 0.0;
  double ion_nearest2 = -1.0, host_nearest2 = -1.0;

  NATROLITE_INLINE_FUNCTION double ion_nearest() const { return distance(ion_nearest2); }
  NATROLITE_INLINE_FUNCTION double host_nearest() const { return distance(host_nearest2); }

private:
  NATROLITE_INLINE_FUNCTION static double distance(double r2) { return r2 < 0.0 ? -1.0 : std::sqrt(r2); }
};

/// Which atoms count around an ion: by the bits of their groups, up to which distance, how much.
struct EnvironmentRules {
  Switch to_ion, to_host;
  int ion_bit = 0, host_bit = 0;
  double reach = 0.0;
};

NATROLITE_INLINE_FUNCTION void keep_nearest(double &nearest2, double r2)
{
  if (nearest2 < 0.0 || r2 < nearest2) nearest2 = r2;
}

/// One neighbor at squared distance r2 of an ion; an atom may count as both.
NATROLITE_INLINE_FUNCTION void add_neighbor(IonEnvironment &s, const Switch &to_ion, const Switch &to_host,
                                            bool is_ion, bool is_host, double r2)
{
  if (is_ion) {
    s.ion_coordination += switch_value(to_ion, r2);
    keep_nearest(s.ion_nearest2, r2);
  }
  if (is_host) {
    s.host_coordination += switch_value(to_host, r2);
    keep_nearest(s.host_nearest2, r2);
  }
}

/// One atom with these groups' bits at squared distance r2 of an ion; returns whether it counts.
NATROLITE_INLINE_FUNCTION bool add_atom(IonEnvironment &s, const EnvironmentRules &rules, int groups,
                                        double r2)
{
  const bool is_ion = groups & rules.ion_bit, is_host = groups & rules.host_bit;
  if (r2 > rules.reach * rules.reach || !(is_ion || is_host)) return false;
  add_neighbor(s, rules.to_ion, rules.to_host, is_ion, is_host, r2);
  return true;
}

/// Columns of compute ion/environment; 2 and 3 are the volume's.
NATROLITE_INLINE_FUNCTION void fill_row(const IonEnvironment &s, double *row)
{
  row[0] = s.ion_coordination;
  row[1] = s.host_coordination;
  row[4] = s.ion_nearest();
  row[5] = s.host_nearest();
}

}    // namespace natrolite
