// SPDX-License-Identifier: GPL-2.0-only
#include "ion_transport_state.h"

#include "adapter.h"

#include "comm.h"
#include "error.h"

#include <cmath>
#include <cstring>

using namespace LAMMPS_NS;

// What must be the same after a restart, then what goes on.
std::vector<double> FixIonTransport::Impl::header()
{
  const auto &m = settings.msd;
  return {static_cast<double>(nevery),
          settings.interval,
          static_cast<double>(m.maxlag),
          static_cast<double>(m.origins),
          m.log_lags ? 1.0 : 0.0,
          4.0 * m.dims[0] + 2.0 * m.dims[1] + m.dims[2],
          static_cast<double>(settings.path.stride),
          static_cast<double>(settings.path.window),
          static_cast<double>(settings.hop_block),
          settings.hop_distance,
          host >= 0 ? 1.0 : 0.0};
}

void FixIonTransport::Impl::load()
{
  static const char *const names[] = {"Nevery",
                                      "sampling interval",
                                      "maxlag",
                                      "origins",
                                      "lags",
                                      "dims",
                                      "stride in samples",
                                      "window in strides",
                                      "samples per mean position",
                                      "hop",
                                      "host"};
  const std::vector<double> mine = header();
  const double *in = saved.data();
  for (std::size_t k = 0; k < mine.size(); k++)
    if (std::abs(mine[k] - in[k]) > 1e-9 * std::abs(mine[k]))
      error->all(FLERR,
                 "{}: the restart file has {} {}, the input {}; use the same settings or "
                 "another fix ID",
                 title, names[k], in[k], mine[k]);
  in += mine.size();
  const auto samples = static_cast<std::int64_t>(*in++);
  first_step = static_cast<bigint>(*in++);
  in += 1 + roster.count(); // count and IDs, read by restart()
  transport->begin_load(samples);
  const double *lengths = in;
  in += roster.count();
  for (int ion = 0; ion < roster.last(); ion++) {
    if (ion >= roster.first()) transport->load(ion - roster.first(), in);
    in += static_cast<std::size_t>(lengths[ion]);
  }
  saved.clear();
  saved.shrink_to_fit();
}

void FixIonTransport::write_restart(FILE *fp)
{
  std::vector<double> all, lengths, mine;
  if (impl->transport) {
    for (int i = 0; i < impl->roster.last() - impl->roster.first(); i++) {
      const std::size_t before = mine.size();
      impl->transport->save(i, mine);
      lengths.push_back(static_cast<double>(mine.size() - before));
    }
    all = impl->header();
    all.push_back(static_cast<double>(impl->transport->samples()));
    all.push_back(static_cast<double>(impl->first_step));
    all.push_back(impl->roster.count());
    for (int i = 0; i < impl->roster.count(); i++)
      all.push_back(static_cast<double>(impl->roster.tag(i)));
  }
  const std::vector<double> every_length = gather_over_ranks(lengths, world);
  const std::vector<double> states = gather_on_first(mine, world);
  const double bytes = sizeof(double) * (1.0 + all.size() + every_length.size() + states.size());
  if (any_rank(bytes > MAXSMALLINT, world))
    error->all(FLERR,
               "{}: the state of {} ions is beyond the 2 GB of a restart file; use a smaller "
               "maxlag than {}",
               Impl::title, impl->roster.count(), impl->settings.msd.maxlag);
  if (comm->me != 0) return;
  all.insert(all.end(), every_length.begin(), every_length.end());
  all.insert(all.end(), states.begin(), states.end());
  const double count = static_cast<double>(all.size());
  const int size = static_cast<int>(sizeof(double) * (all.size() + 1));
  fwrite(&size, sizeof size, 1, fp);
  fwrite(&count, sizeof count, 1, fp);
  fwrite(all.data(), sizeof(double), all.size(), fp);
}

void FixIonTransport::restart(char *buffer)
{
  double count;
  std::memcpy(&count, buffer, sizeof count);
  if (count == 0.0) return; // written before the first sample
  impl->saved.resize(static_cast<std::size_t>(count));
  std::memcpy(impl->saved.data(), buffer + sizeof count, sizeof(double) * impl->saved.size());
  const double *in = impl->saved.data() + impl->header().size() + 2;
  const auto n = static_cast<int>(*in++);
  std::vector<tagint> tags;
  for (int k = 0; k < n; k++) tags.push_back(static_cast<tagint>(in[k]));
  impl->roster.take_tags(tags);
}
