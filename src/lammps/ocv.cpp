// SPDX-License-Identifier: GPL-2.0-only
#include "ocv.h"

#include "arguments.h"
#include "collective.h"
#include "energy_unit.h"
#include "text_files.h"

#include "core/voltage.h"

#include "error.h"
#include "utils.h"

using namespace LAMMPS_NS;

static constexpr char title[] = "ocv";

void CommandOCV::command(int narg, char **arg)
{
  Arguments args(lmp, title, narg, arg, 0);
  const std::string file = args.word("FILE");
  natrolite::Value mu;
  bool has_mu = false, hull = true;
  double host = 0.0;
  std::string out;
  while (!args.empty()) {
    const std::string keyword = args.word("keyword");
    if (keyword == "mu") {
      has_mu = true;
      mu = args.with_error(keyword, "E");
    } else if (keyword == "host")
      host = args.positive(keyword);
    else if (keyword == "hull")
      hull = args.yes(keyword);
    else if (keyword == "out")
      out = args.word(keyword);
    else
      args.unknown(keyword, "mu, host, hull, out");
  }
  if (!has_mu) args.refuse("needs 'mu E', the energy per atom of the ions' metal");
  const double unit = energy_unit_in_ev(lmp, title);
  std::string path = file, text;
  const std::string unread = read_file_on_all(world, path, text);
  if (!unread.empty()) error->all(FLERR, "{}: file '{}': {}", title, file, unread);
  const auto table = natrolite::read_contents(text, unit);
  if (!table.problem.empty()) error->all(FLERR, "{}: file '{}' {}", title, file, table.problem);
  if (host == 0.0) host = table.host_mass;
  const auto rows = natrolite::voltage_table(table.contents, {mu.value * unit, mu.error * unit}, host, hull);
  const std::string result = natrolite::voltage_text(rows, host);
  utils::logmesg(lmp, result);
  if (!out.empty()) write_text(lmp, title, out, result);
}
