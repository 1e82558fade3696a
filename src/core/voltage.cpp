// SPDX-License-Identifier: GPL-2.0-only
#include "voltage.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace natrolite {

Value voltage(const Content &from, const Content &to, const Value &mu)
{
  const double dn = to.n - from.n;
  Value v;
  v.value = -(to.energy.value - from.energy.value - dn * mu.value) / dn;
  v.error = std::hypot(std::hypot(to.energy.error, from.energy.error) / dn, mu.error);
  return v;
}

double capacity(double n, double host_mass)
{
  constexpr double faraday = 96485.33212;    // C/mol
  return host_mass > 0.0 ? n * faraday / (3.6 * host_mass) : 0.0;
}

std::vector<int> lower_hull(const std::vector<Content> &p)
{
  std::vector<int> hull;
  for (int k = 0; k < static_cast<int>(p.size()); k++) {
    // drop the last point while it lies on or above the line to the new one
    while (hull.size() >= 2) {
      const Content &a = p[hull[hull.size() - 2]], &b = p[hull.back()], &c = p[k];
      const double cross =
          (b.n - a.n) * (c.energy.value - a.energy.value) - (b.energy.value - a.energy.value) * (c.n - a.n);
      if (cross > 0.0) break;
      hull.pop_back();
    }
    hull.push_back(k);
  }
  return hull;
}

std::vector<VoltageRow> voltage_table(const std::vector<Content> &p, const Value &mu, double host_mass,
                                      bool with_hull)
{
  std::vector<VoltageRow> rows(p.size());
  for (std::size_t k = 0; k < p.size(); k++) {
    rows[k].n = p[k].n;
    rows[k].capacity = capacity(p[k].n, host_mass);
    if (k == 0) continue;
    rows[k].from_empty = voltage(p[0], p[k], mu);
    rows[k].from_previous = voltage(p[k - 1], p[k], mu);
  }
  if (!with_hull) return rows;
  const std::vector<int> hull = lower_hull(p);
  for (std::size_t h = 1; h < hull.size(); h++)
    for (int k = hull[h - 1] + 1; k <= hull[h]; k++)
      rows[k].along_hull = voltage(p[hull[h - 1]], p[hull[h]], mu);
  return rows;
}

// "# host = M": M, else a negative number
static double host_comment(const std::string &line)
{
  double mass = -1.0;
  return std::sscanf(line.c_str(), "# host = %lf", &mass) == 1 ? mass : -1.0;
}

static std::string add_row(const std::string &line, double unit, std::vector<Content> &contents)
{
  std::istringstream words(line);
  std::vector<double> v;
  std::string word;
  while (words >> word) {
    char *end = nullptr;
    v.push_back(std::strtod(word.c_str(), &end));
    if (*end != '\0' || !std::isfinite(v.back())) return "'" + word + "' is not a number";
  }
  if (v.size() != 2 && v.size() != 3)
    return "needs 2 or 3 columns (n, E, error), not " + std::to_string(v.size());
  if (v[0] < 0.0) return "negative content " + std::to_string(v[0]);
  if (v.size() == 3 && v[2] < 0.0) return "negative error " + std::to_string(v[2]);
  contents.push_back({v[0], {v[1] * unit, v.size() == 3 ? v[2] * unit : 0.0}});
  return "";
}

ContentTable read_contents(const std::string &text, double unit)
{
  ContentTable table;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); number++) {
    const double mass = host_comment(line);
    if (mass >= 0.0) {
      if (table.host_mass > 0.0 && std::abs(mass - table.host_mass) > 1e-6 * table.host_mass) {
        char message[160];
        std::snprintf(message, sizeof message, "mixes hosts of mass %.10g and %.10g g/mol (line %d)",
                      table.host_mass, mass, number);
        table.problem = message;
        return table;
      }
      table.host_mass = mass;
    }
    if (line.find_first_not_of(" \t\r") == std::string::npos || line[0] == '#') continue;
    const std::string problem = add_row(line, unit, table.contents);
    if (!problem.empty()) {
      table.problem = "line " + std::to_string(number) + ": " + problem;
      return table;
    }
  }
  auto &c = table.contents;
  std::stable_sort(c.begin(), c.end(), [](const auto &a, const auto &b) { return a.n < b.n; });
  for (std::size_t k = 1; k < c.size() && table.problem.empty(); k++)
    if (c[k].n == c[k - 1].n) {
      char message[80];
      std::snprintf(message, sizeof message, "two rows have the content n = %g", c[k].n);
      table.problem = message;
    }
  if (c.size() < 2)
    table.problem = "has " + std::to_string(c.size()) + " row(s), at least 2 are needed";
  else if (c[0].n != 0.0 && table.problem.empty())
    table.problem = "has no row n = 0; add the energy of the empty host";
  return table;
}

namespace {

  constexpr char row_begins[] = "# natrolite table: ocv energies\n";

  std::string host_line(double host_mass)
  {
    char text[64];
    std::snprintf(text, sizeof text, "# host = %.10g g/mol\n", host_mass);
    return text;
  }

}    // namespace

std::string energy_text(const EnergyRow &row, const std::string &unit)
{
  char text[512];
  std::snprintf(text, sizeof text,
                "%s%s# samples = %.0f, correlation time = %.6g samples\n"
                "# columns: n | E (%s) | error (%s)\n%.10g %.15g %.6g\n",
                row_begins, host_line(row.host_mass).c_str(), row.samples, row.correlation_time, unit.c_str(),
                unit.c_str(), row.content.n, row.content.energy.value, row.content.energy.error);
  return text;
}

std::pair<std::size_t, std::size_t> place_of_row(const std::string &all, const EnergyRow &row)
{
  const std::string begin = row_begins + host_line(row.host_mass);
  for (std::size_t at = all.rfind(begin); at != std::string::npos;
       at = at == 0 ? std::string::npos : all.rfind(begin, at - 1)) {
    std::size_t line = at;
    while (line < all.size() && all[line] == '#') line = all.find('\n', line) + 1;    // its comments
    if (line >= all.size() || std::strtod(all.c_str() + line, nullptr) != row.content.n) continue;
    return {at, std::min(all.find('\n', line), all.size() - 1) + 1 - at};
  }
  return {std::string::npos, 0};
}

std::string voltage_text(const std::vector<VoltageRow> &rows, double host_mass)
{
  char line[320];
  std::string out = "# natrolite table: ocv voltages\n" + host_line(host_mass);
  out += "# columns: n | V_from_empty (V) | error (V) | V_from_previous (V) | error (V) | "
         "V_along_hull (V) | error (V) | capacity (mAh/g)\n";
  for (const VoltageRow &r : rows) {
    std::snprintf(line, sizeof line, "%.10g %.10g %.6g %.10g %.6g %.10g %.6g %.10g\n", r.n,
                  r.from_empty.value, r.from_empty.error, r.from_previous.value, r.from_previous.error,
                  r.along_hull.value, r.along_hull.error, r.capacity);
    out += line;
  }
  return out;
}

}    // namespace natrolite
