// SPDX-License-Identifier: GPL-2.0-only
#include "ocv.h"

#include "arguments.h"
#include "text_files.h"
#include "energy_unit.h"

#include "core/voltage.h"

#include "comm.h"
#include "error.h"
#include "utils.h"

using namespace LAMMPS_NS;

static constexpr char title[] = "ocv";

// The whole file, read by the first rank and given to all; false if it cannot be read.
static bool read_everywhere(const std::string &file, std::string &text, int me, MPI_Comm world)
{
  int size = -1;
  if (me == 0) {
    if (FILE *fp = fopen(file.c_str(), "r")) {
      char buffer[4096];
      std::size_t got;
      while ((got = fread(buffer, 1, sizeof buffer, fp)) > 0) text.append(buffer, got);
      fclose(fp);
      size = static_cast<int>(text.size());
    }
  }
  MPI_Bcast(&size, 1, MPI_INT, 0, world);
  if (size < 0) return false;
  text.resize(size);
  MPI_Bcast(text.data(), size, MPI_CHAR, 0, world);
  return true;
}

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
  std::string text;
  if (!read_everywhere(file, text, comm->me, world))
    error->all(FLERR, "{}: cannot read file '{}'", title, file);
  const auto table = natrolite::read_contents(text, unit);
  if (!table.problem.empty()) error->all(FLERR, "{}: file '{}' {}", title, file, table.problem);
  if (host == 0.0) host = table.host_mass;
  const auto rows = natrolite::voltage_table(table.contents, {mu.value * unit, mu.error * unit}, host, hull);
  const std::string result = natrolite::voltage_text(rows, host);
  utils::logmesg(lmp, result);
  if (!out.empty()) write_text(lmp, title, out, result);
}
