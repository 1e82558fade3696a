// SPDX-License-Identifier: GPL-2.0-only
#include "element_radii.h"

#include "host_symbols.h"

#include "core/elements.h"

#include "atom.h"
#include "error.h"

using namespace LAMMPS_NS;

ElementRadii::ElementRadii(LAMMPS *lmp, const std::string &title) : Pointers(lmp), title_(title) {}

void ElementRadii::read_radii(Arguments &args)
{
  do {
    const std::string symbol = args.word("radii");
    if (!natrolite::is_element(symbol))
      error->all(FLERR, "{}: 'radii' needs pairs of an element and a radius, '{}' is no element", title_,
                 symbol);
    given_[symbol] = args.nonnegative("radii " + symbol);
  } while (!args.empty() && natrolite::is_element(args.peek()));
}

void ElementRadii::read_elements(Arguments &args)
{
  elements_.assign(1, "");
  for (int t = 1; t <= atom->ntypes; t++) {
    const std::string symbol = args.word("elements");
    if (symbol != "NULL" && !natrolite::is_element(symbol))
      error->all(FLERR,
                 "{}: 'elements' needs one element or NULL for each of the {} atom types, "
                 "'{}' is neither",
                 title_, atom->ntypes, symbol);
    elements_.push_back(symbol == "NULL" ? "" : symbol);
  }
}

namespace {

/// the atom type of a label, by either name that LAMMPS has for it (find until 2025)
template <class Map>
int type_of_label(const Map &labels, const std::string &label)
{
  if constexpr (requires { labels.find_type(label, 0); })
    return labels.find_type(label, Atom::ATOM);
  else
    return labels.find(label, Atom::ATOM);
}

}    // namespace

std::string ElementRadii::element(int type) const
{
  if (!elements_.empty()) return elements_[type];
  if (atom->labelmapflag)
    for (const std::string &symbol : natrolite::element_symbols())
      if (type_of_label(*atom->lmap, symbol) == type) return symbol;
  return atom->mass ? natrolite::element_by_mass(atom->mass[type]) : "";
}

std::vector<double> ElementRadii::per_type() const
{
  std::vector<double> radii(atom->ntypes + 1, -1.0);
  for (int t = 1; t <= atom->ntypes; t++) {
    const std::string symbol = element(t);
    const auto found = given_.find(symbol);
    radii[t] = found != given_.end() ? found->second : natrolite::default_radius(symbol);
  }
  return radii;
}
