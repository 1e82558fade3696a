// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The keywords of pair_style equivariant.
#include "equivariant_state.h"

#include "comm.h"

using namespace LAMMPS_NS;
using Mode = EquivariantSettings::Mode;

namespace {

/// Exchange width in doubles declared to Comm before a model is known; wider rows go in chunks.
constexpr int DECLARED_WORDS = 512;
/// The forces of a committee's member are summed over ranks three words at a time.
constexpr int FORCE_WORDS = 3;

/// N FILE [threshold]
void read_committee(Arguments &args, CommitteeSettings &c)
{
  c.every = args.integer("committee N", 1);
  c.table = args.word("committee FILE");
  if (args.next_is_number()) c.threshold = args.positive("committee threshold (eV/Angstrom)");
}

EquivariantSettings read_settings(Arguments &args)
{
  EquivariantSettings s;
  while (!args.empty()) {
    const std::string keyword = args.word("keyword");
    if (keyword == "exchange")
      s.exchange = static_cast<Mode>(args.choice(keyword, {"auto", "folded", "ghost", "shell"}));
    else if (keyword == "device")
      s.device = static_cast<natrolite::Device>(args.choice(keyword, {"auto", "cpu", "cuda"}));
    else if (keyword == "evaluator")
      s.evaluator = static_cast<Evaluator>(args.choice(keyword, {"auto", "native", "torch"}));
    else if (keyword == "charge")
      s.charge = args.number_or_variable(keyword);
    else if (keyword == "spin")
      s.spin = args.number_or_variable(keyword);
    else if (keyword == "committee")
      read_committee(args, s.committee);
    else if (keyword == "check")
      s.check = args.yes(keyword);
    else
      args.unknown(keyword, "exchange, device, evaluator, charge, spin, committee, check");
  }
  return s;
}

}    // namespace

void PairEquivariant::settings(int narg, char **arg)
{
  Arguments args(lmp, "pair_style equivariant", narg, arg, 0);
  const EquivariantSettings s = read_settings(args);
  if (impl->model && (s.device != impl->settings.device || s.evaluator != impl->settings.evaluator))
    impl->ready = false;
  if (s.committee.table != impl->settings.committee.table) impl->committee.table.reset();
  impl->committee.written.reset();
  impl->settings = s;
  // pair_style hybrid reads these before there is a model
  const bool alone = s.exchange == Mode::folded || s.exchange == Mode::shell ||
                     (s.exchange == Mode::automatic && comm->nprocs == 1);
  impl->declared_words = alone ? FORCE_WORDS : DECLARED_WORDS;
  comm_forward = comm_reverse = impl->declared_words;
  ghostneigh = s.exchange == Mode::shell;
}
