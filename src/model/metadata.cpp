// SPDX-License-Identifier: GPL-2.0-only
#include "metadata.h"

#include "json.h"

#include "core/elements.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace natrolite {
namespace {

  using Json = json_library::json;

  [[noreturn]] void fail(const std::string &text)
  {
    throw std::runtime_error(text);
  }

  const Json &at(const Json &j, const char *key)
  {
    if (!j.is_object() || !j.contains(key))
      fail(std::string("its metadata lacks the key '") + key + "': write it again with 'natrolite export'");
    return j.at(key);
  }

  template <class T>
  T get(const Json &j, const char *key)
  {
    try {
      return at(j, key).get<T>();
    } catch (const Json::exception &) {
      fail(std::string("its metadata key '") + key + "' has a wrong type: " + at(j, key).dump());
    }
  }

  template <class T>
  T get_or(const Json &j, const char *key, const T &none)
  {
    return at(j, key).is_null() ? none : get<T>(j, key);
  }

  double positive(const Json &j, const char *key)
  {
    const auto value = get<double>(j, key);
    if (!(value > 0.0) || !std::isfinite(value))
      fail(std::string("its metadata key '") + key + "' must be positive: " + at(j, key).dump());
    return value;
  }

  void require(const Json &j, const char *key, const std::string &value)
  {
    const auto found = get<std::string>(j, key);
    if (found != value)
      fail(std::string("its metadata key '") + key + "' is '" + found + "', supported is '" + value + "'");
  }

  std::vector<double> cutoff_matrix(const Json &j, std::size_t ntypes)
  {
    if (at(j, "pair_cutoffs").is_null()) return {};
    std::vector<double> flat;
    for (const auto &row : get<std::vector<std::vector<double>>>(j, "pair_cutoffs")) {
      if (row.size() != ntypes) break;
      flat.insert(flat.end(), row.begin(), row.end());
    }
    if (flat.size() != ntypes * ntypes)
      fail("its metadata key 'pair_cutoffs' is not a square matrix over type_names");
    for (double rc : flat)
      if (!(rc >= 0.0) || !std::isfinite(rc)) fail("its metadata key 'pair_cutoffs' has a bad entry");
    return flat;
  }

  Reference parse_reference(const Json &j, std::size_t ntypes)
  {
    Reference r;
    r.types = get<std::vector<int>>(j, "types");
    r.positions = get<std::vector<std::array<double, 3>>>(j, "positions");
    r.forces = get<std::vector<std::array<double, 3>>>(j, "forces");
    if (!at(j, "cell").is_null()) {
      r.cell = get<std::array<std::array<double, 3>, 3>>(j, "cell");
      r.periodic = get<std::array<bool, 3>>(j, "pbc");
    }
    r.total_charge = get_or(j, "total_charge", 0.0);
    r.total_spin = get_or(j, "total_spin", 0.0);
    r.energy = get<double>(j, "energy");
    r.energy_tolerance = positive(j, "energy_tolerance");
    r.force_tolerance = positive(j, "force_tolerance");
    const bool types_ok = std::all_of(r.types.begin(), r.types.end(),
                                      [&](int t) { return t >= 0 && static_cast<std::size_t>(t) < ntypes; });
    if (!types_ok || r.types.empty() || r.types.size() != r.positions.size() ||
        r.types.size() != r.forces.size())
      fail("its metadata key 'reference' has types, positions and forces that do not fit");
    return r;
  }

  void parse_exchanges(const Json &j, Metadata &m)
  {
    const Json &collectives = at(j, "collectives");
    m.ghost_exchanges = get<int>(collectives, "ghost");
    m.global_sums = get<int>(collectives, "sum");
    m.global_maxima = get<int>(collectives, "max");
    for (int w : get<std::vector<int>>(j, "exchange_widths"))
      m.max_exchange_width = std::max(m.max_exchange_width, w);
    m.num_layers = get<int>(j, "num_layers");
    m.strictly_local = get<bool>(j, "strictly_local");
    if (m.num_layers < 1 || m.num_layers > 100)
      fail("its metadata key 'num_layers' is out of range: " + std::to_string(m.num_layers));
    if (m.strictly_local && m.ghost_exchanges > 0)
      fail("its metadata keys 'strictly_local' and 'collectives' contradict each other");
  }

  void check_elements(const Metadata &m)
  {
    const auto &symbols = element_symbols();
    bool fits = !m.type_names.empty() && m.atomic_numbers.size() == m.type_names.size();
    for (std::size_t k = 0; fits && k < m.type_names.size(); ++k) {
      const int z = m.atomic_numbers[k];
      fits = z >= 1 && z <= static_cast<int>(symbols.size()) && symbols[z - 1] == m.type_names[k];
    }
    if (!fits) fail("its metadata keys 'type_names' and 'atomic_numbers' do not fit");
  }

  void parse_convention(const Json &j, Metadata &m)
  {
    m.needs_total_charge = get<bool>(j, "needs_total_charge");
    m.needs_total_spin = get<bool>(j, "needs_total_spin");
    const auto convention = get_or<std::string>(j, "spin_convention", "unpaired_electrons");
    m.spin_is_multiplicity = convention == "multiplicity";
    if (!m.spin_is_multiplicity && convention != "unpaired_electrons")
      fail("its metadata key 'spin_convention' is unknown: '" + convention + "'");
  }

  void parse_origin(const Json &j, Metadata &m)
  {
    m.family = get<std::string>(j, "family");
    m.name = get<std::string>(j, "name");
    m.created_by = get<std::string>(j, "created_by");
    m.license = get<std::string>(j, "license");
    const Json &citation = at(j, "citation");
    if (citation.is_string())
      m.citation = {citation.get<std::string>()};
    else
      m.citation = get_or<std::vector<std::string>>(j, "citation", {});
    m.weights_sha256 = get<std::string>(j, "weights_sha256");
  }

  Json parse_json(std::string_view text)
  {
    try {
      return Json::parse(text.begin(), text.end());
    } catch (const Json::exception &) {
      fail("its metadata (natrolite.json) is not valid JSON: the file is damaged");
    }
  }

  void check_version(const Json &j)
  {
    const int version = get<int>(j, "format_version");
    if (version > 1)
      fail("it has format_version " + std::to_string(version) +
           ", newer than the 1 known here: update Natrolite or export the model again");
    if (version < 1) fail("it has an unknown format_version " + std::to_string(version));
  }

}    // namespace

Metadata parse_metadata(std::string_view text)
{
  const Json j = parse_json(text);
  check_version(j);
  Metadata m;
  parse_origin(j, m);
  m.dtype = get<std::string>(j, "dtype");
  if (m.dtype != "float32" && m.dtype != "float64")
    fail("its metadata key 'dtype' is '" + m.dtype + "', supported are float32 and float64");
  m.allow_tf32 = get<bool>(j, "allow_tf32");
  m.type_names = get<std::vector<std::string>>(j, "type_names");
  m.atomic_numbers = get<std::vector<int>>(j, "atomic_numbers");
  check_elements(m);
  m.r_max = positive(j, "r_max");
  m.pair_cutoffs = cutoff_matrix(j, m.type_names.size());
  m.lr_cutoff = get_or(j, "lr_cutoff", 0.0);
  m.list_cutoff = std::max(m.r_max, m.lr_cutoff);
  for (double rc : m.pair_cutoffs) m.list_cutoff = std::max(m.list_cutoff, rc);
  if (!(m.list_cutoff <= LONGEST_CUTOFF))
    fail("its metadata have a cutoff of " + std::to_string(m.list_cutoff) + " Angstrom: the longest is " +
         std::to_string(LONGEST_CUTOFF));
  parse_exchanges(j, m);
  require(j, "length_unit", "Angstrom");
  require(j, "energy_unit", "eV");
  require(j, "charge_unit", "e");
  parse_convention(j, m);
  m.outputs = get<std::vector<std::string>>(j, "outputs");
  m.committee_size = get<int>(j, "committee_size");
  const bool has_members =
      std::find(m.outputs.begin(), m.outputs.end(), "committee_energy") != m.outputs.end();
  if (m.committee_size < 1 || has_members != (m.committee_size > 1))
    fail("its metadata key 'committee_size' is " + std::to_string(m.committee_size) +
         ", which does not fit its outputs");
  m.reference = parse_reference(at(j, "reference"), m.type_names.size());
  return m;
}

}    // namespace natrolite
