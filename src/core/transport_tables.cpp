// SPDX-License-Identifier: GPL-2.0-only
#include "transport_tables.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace natrolite {

__attribute__((format(printf, 2, 3))) static void add(std::string &out, const char *format, ...)
{
  char line[512];
  va_list list;
  va_start(list, format);
  std::vsnprintf(line, sizeof line, format, list);
  va_end(list);
  out += line;
}

static void add_settings(std::string &out, std::int64_t samples, const TransportSettings &s,
                         const TransportUnits &u)
{
  std::string dims;
  for (int k = 0; k < 3; k++)
    if (s.msd.dims[k]) dims += "xyz"[k];
  add(out, "# samples = %lld\n", static_cast<long long>(samples));
  add(out, "# interval = %.10g %s\n", s.interval, u.time.c_str());
  add(out, "# maxlag = %d\n# dims = %s\n", s.msd.maxlag, dims.c_str());
}

static void add_fit(std::string &out, const Diffusion &d, const TransportSettings &s, const TransportUnits &u,
                    int ions)
{
  const char *t = u.time.c_str();
  add(out, "# fit_range = %.10g %.10g %s\n", d.range.first * s.interval, d.range.last * s.interval, t);
  add(out, "# fit_points = %d\n# fit_r2 = %.6f\n", d.fit.points, d.fit.r2);
  if (d.fit.points < 3)
    add(out, "# fit = none (fewer than three lags in the range)\n");
  else if (!d.fit.is_line())
    add(out, "# fit = plateau (r^2 < 0.9): no D\n");
  else {
    add(out, "# fit = line\n# fit_slope = %.10g\n# fit_intercept = %.10g\n", d.fit.slope, d.fit.intercept);
    add(out, "# D = %.10g A^2/%s = %.10g cm^2/s\n", d.d, t, d.d * u.cm2_per_s);
  }
  add(out, "# D_ratio = %.10g A^2/%s = %.10g cm^2/s\n", d.ratio, t, d.ratio * u.cm2_per_s);
  add(out, "# D_ratio_relative_error = %.6g\n", ions > 0 ? d.error / std::sqrt(ions) : 0.0);
}

std::string msd_text(const MsdTable &m, const TransportSettings &s, const TransportUnits &u)
{
  std::string out = "# natrolite table: ion/transport msd\n";
  add_settings(out, m.samples, s, u);
  add(out, "# ions = %d\n", m.ions);
  add_fit(out, m.group, s, u, m.ions);
  add(out,
      "# columns: lag (%s) | msd (A^2) | sd_over_ions (A^2) | observations | x (A^2) | y (A^2) | "
      "z (A^2)\n",
      u.time.c_str());
  for (const int k : m.lags)
    if (m.observations[k] > 0.0)
      add(out, "%.10g %.12g %.12g %.0f %.12g %.12g %.12g\n", k * s.interval, m.curve.msd[k], m.curve.sd[k],
          m.observations[k], m.curve.part[0][k], m.curve.part[1][k], m.curve.part[2][k]);
  return out;
}

std::string ions_text(const std::vector<std::int64_t> &tags, const std::vector<IonResult> &ions,
                      std::int64_t samples, const TransportSettings &s, const TransportUnits &u)
{
  const char *t = u.time.c_str();
  std::string out = "# natrolite table: ion/transport ions\n";
  add_settings(out, samples, s, u);
  add(out, "# stride = %.10g %s\n", s.path.stride * s.interval, t);
  add(out, "# window = %.10g %s\n", s.path.stride * s.path.window * s.interval, t);
  add(out, "# hop = %.10g A\n# hop_mean = %.10g %s\n", s.hop_distance, s.hop_block * s.interval, t);
  add(out, "# fit_fractions = %.10g %.10g\n", s.ion_fit[0], s.ion_fit[1]);
  add(out,
      "# columns: id | path (A) | net (A) | tortuosity | D_fit (A^2/%s) | D_ratio (A^2/%s) | "
      "relative_error | largest (A) | hops | windows | capped_windows | fit_r2 | D_fit (cm^2/s) | "
      "D_ratio (cm^2/s)\n",
      t, t);
  for (std::size_t i = 0; i < ions.size(); i++) {
    const IonResult &r = ions[i];
    add(out, "%lld %.12g %.12g %.12g %.12g %.12g %.6g %.12g %.0f %.0f %.0f %.6f %.8g %.8g\n",
        static_cast<long long>(tags[i]), r.path, r.net, r.tortuosity, r.d_fit, r.d_ratio, r.relative_error,
        r.largest, r.hops, r.windows, r.capped, r.r2, r.d_fit * u.cm2_per_s, r.d_ratio * u.cm2_per_s);
  }
  return out;
}

}    // namespace natrolite
