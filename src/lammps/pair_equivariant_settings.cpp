// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The keywords of pair_style equivariant.
#include "equivariant_state.h"

#include "comm.h"
#include "error.h"
#include "utils.h"

using namespace LAMMPS_NS;
using Mode = EquivariantSettings::Mode;

namespace {

/// Exchange width in doubles declared to Comm before a model is known; wider rows go in chunks.
constexpr int DECLARED_WORDS = 512;
/// The forces of a committee's member are summed over ranks three words at a time.
constexpr int FORCE_WORDS = 3;

template <class T>
T choose(Error *error, const std::string &keyword, const std::string &value,
         const std::vector<std::pair<const char *, T>> &choices)
{
  std::string names;
  for (const auto &[name, result] : choices) {
    if (value == name) return result;
    names += std::string(names.empty() ? "" : ", ") + name;
  }
  error->all(FLERR, "Unknown value '{}' of pair_style equivariant keyword {}: use one of {}", value, keyword,
             names);
}

NumberOrVariable number_or_variable(LAMMPS *lmp, const char *text)
{
  NumberOrVariable n;
  n.given = true;
  if (utils::strmatch(text, "^v_"))
    n.variable = text + 2;
  else
    n.value = utils::numeric(FLERR, text, false, lmp);
  return n;
}

/// N FILE [threshold]; returns the number of words read
int read_committee(LAMMPS *lmp, int nwords, char **word, CommitteeSettings &c)
{
  Error *error = lmp->error;
  if (nwords < 2) error->all(FLERR, "pair_style equivariant keyword committee needs N and a file name");
  c.every = utils::inumeric(FLERR, word[0], false, lmp);
  if (c.every < 1)
    error->all(FLERR, "pair_style equivariant keyword committee has N = {}: use 1 or more steps", c.every);
  c.table = word[1];
  if (nwords < 3 || !utils::is_double(word[2])) return 2;
  c.threshold = utils::numeric(FLERR, word[2], false, lmp);
  if (!(c.threshold > 0.0))
    error->all(FLERR,
               "pair_style equivariant keyword committee has the threshold {}: use a positive "
               "number (eV/Angstrom) or leave it out",
               c.threshold);
  return 3;
}

/// The words behind a keyword; returns their number.
int read_value(LAMMPS *lmp, const std::string &keyword, int nwords, char **word, EquivariantSettings &s)
{
  Error *error = lmp->error;
  if (keyword == "exchange")
    s.exchange = choose<Mode>(error, keyword, *word,
                              {{"auto", Mode::automatic},
                               {"folded", Mode::folded},
                               {"ghost", Mode::ghost},
                               {"shell", Mode::shell}});
  else if (keyword == "device")
    s.device = choose<natrolite::Device>(error, keyword, *word,
                                         {{"auto", natrolite::Device::automatic},
                                          {"cpu", natrolite::Device::cpu},
                                          {"cuda", natrolite::Device::cuda}});
  else if (keyword == "evaluator")
    s.evaluator = choose<Evaluator>(
        error, keyword, *word,
        {{"auto", Evaluator::automatic}, {"native", Evaluator::native}, {"torch", Evaluator::torch}});
  else if (keyword == "charge")
    s.charge = number_or_variable(lmp, *word);
  else if (keyword == "spin")
    s.spin = number_or_variable(lmp, *word);
  else if (keyword == "committee")
    return read_committee(lmp, nwords, word, s.committee);
  else
    s.check = utils::logical(FLERR, *word, false, lmp);
  return 1;
}

}    // namespace

void PairEquivariant::settings(int narg, char **arg)
{
  EquivariantSettings s;
  int iarg = 0;
  while (iarg < narg) {
    const std::string keyword = arg[iarg];
    if (keyword != "exchange" && keyword != "device" && keyword != "evaluator" && keyword != "charge" &&
        keyword != "spin" && keyword != "committee" && keyword != "check")
      error->all(FLERR,
                 "Unknown pair_style equivariant keyword '{}': known are exchange, device, "
                 "evaluator, charge, spin, committee, check",
                 keyword);
    if (iarg + 1 >= narg) error->all(FLERR, "Missing value for pair_style equivariant keyword {}", keyword);
    iarg += 1 + read_value(lmp, keyword, narg - iarg - 1, arg + iarg + 1, s);
  }
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
