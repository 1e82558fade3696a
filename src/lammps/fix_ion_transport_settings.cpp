// SPDX-License-Identifier: GPL-2.0-only
#include "ion_transport_state.h"

#include "arguments.h"
#include "text_files.h"

#include "update.h"

#include <algorithm>
#include <limits>

using namespace LAMMPS_NS;

void FixIonTransport::Impl::read_fit(Arguments &args)
{
  for (double *range : {settings.fit, settings.ion_fit}) {
    range[0] = args.nonnegative("fit");
    range[1] = args.positive("fit");
    if (range[0] >= range[1] || range[1] > 1.0)
      args.refuse(
          fmt::format("'fit {} {}' needs fractions of the run with f1 < f2 <= 1", range[0], range[1]));
    if (!args.next_is_number()) break;
  }
}

void FixIonTransport::Impl::read_maxlag(Arguments &args)
{
  constexpr int most = 1000000000;    // indices of samples are int
  settings.msd.maxlag = args.integer("maxlag", 1);
  if (settings.msd.maxlag > most)
    args.refuse(fmt::format("'maxlag {}' is above {}", settings.msd.maxlag, most));
}

void FixIonTransport::Impl::read_dims(Arguments &args)
{
  const std::string word = args.word("dims");
  std::fill_n(settings.msd.dims, 3, false);
  for (const char letter : word) {
    const int k = letter - 'x';
    if (k < 0 || k > 2 || settings.msd.dims[k])
      args.refuse(fmt::format("'dims' needs some of the letters x, y, z, not '{}'", word));
    settings.msd.dims[k] = true;
  }
}

void FixIonTransport::Impl::read(Arguments &args)
{
  while (!args.empty()) {
    const std::string keyword = args.word("keyword");
    if (keyword == "origins") {
      const int kind = args.choice(keyword, {"all", "first", "single"});
      settings.msd.origins = std::numeric_limits<std::int64_t>::max();
      if (kind == 1) settings.msd.origins = args.integer("origins first", 1);
      if (kind == 2) settings.msd.origins = 1;
    } else if (keyword == "maxlag")
      read_maxlag(args);
    else if (keyword == "lags")
      settings.msd.log_lags = args.choice(keyword, {"linear", "log"}) == 1;
    else if (keyword == "dims")
      read_dims(args);
    else if (keyword == "host")
      host = args.group(keyword);
    else if (keyword == "fit")
      read_fit(args);
    else if (keyword == "stride")
      stride_ps = args.positive(keyword);
    else if (keyword == "window")
      window_ps = args.positive(keyword);
    else if (keyword == "value")
      settings.path.average =
          static_cast<natrolite::PathSettings::Average>(args.choice(keyword, {"median", "mean", "ratio"}));
    else if (keyword == "hop")
      settings.hop_distance = args.positive(keyword);
    else if (keyword == "msd")
      check_writable(lmp, title, msd_file = args.word(keyword));
    else if (keyword == "ions")
      check_writable(lmp, title, ions_file = args.word(keyword));
    else
      args.unknown(keyword, "origins, maxlag, lags, dims, host, fit, stride, window, value, hop, "
                            "msd, ions");
  }
  if (window_ps < stride_ps)
    args.refuse(fmt::format("'window {}' is shorter than 'stride {}'", window_ps, stride_ps));
}

void FixIonTransport::Impl::finish_settings(double dt)
{
  settings.set_times(nevery * dt, stride_ps * units.ps, window_ps * units.ps, units.ps);
}
