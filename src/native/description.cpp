// SPDX-License-Identifier: GPL-2.0-only
#include "description_reader.h"

#include <map>

namespace natrolite::native {
namespace {

  constexpr int MAX_TYPES = 1 << 12;

  void read_basis(const Json &basis, const Arrays &arrays, const std::string &where, Radial &r)
  {
    static const std::map<std::string, Radial::Basis> known = {{"bessel", Radial::Basis::bessel},
                                                               {"gaussian", Radial::Basis::gaussian},
                                                               {"cosine", Radial::Basis::cosine},
                                                               {"bernstein", Radial::Basis::bernstein}};
    const auto form = known.find(text_of(basis, "kind", where));
    if (form == known.end()) refuse(where + " has the unknown basis '" + text_of(basis, "kind", where) + "'");
    r.basis = form->second;
    r.parameters = arrays.get(basis, "parameters", where, {-1}).values;
    r.prefactor = number(basis, "prefactor", where);
    if (r.basis == Radial::Basis::cosine && !(r.prefactor > 0.0))
      refuse(where + " has a basis without width");
    if (r.basis != Radial::Basis::bernstein) return;
    r.extra = number(basis, "extra", where);
    if (!(r.prefactor > 0.0) || !(r.extra >= 0.0)) refuse(where + " has a decay that is none");
  }

  void read_agnesi(const Json &agnesi, const Arrays &arrays, int types, const std::string &where, Radial &r)
  {
    r.radii = arrays.get(agnesi, "radii", where, {types}).values;
    for (double radius : r.radii)
      if (!(radius > 0.0)) refuse(where + " has a radius that is not positive");
    r.agnesi_a = number(agnesi, "a", where);
    r.agnesi_q = number(agnesi, "q", where);
    r.agnesi_p = number(agnesi, "p", where);
  }

  void read_envelope(const Json &envelope, double cutoff, const std::string &where, Radial &r)
  {
    const std::string kind = text_of(envelope, "kind", where);
    r.cutoff = number(envelope, "cutoff", where);
    if (!(r.cutoff > 0.0) || r.cutoff > cutoff * (1.0 + 1e-6))    // it may be rounded to float32
      refuse(where + ": the envelope ends beyond the cutoff");
    if (kind == "polynomial") {
      r.envelope = Radial::Envelope::polynomial;
      r.p = number(envelope, "p", where);
      if (!(r.p >= 2.0) || r.p > 1000.0) refuse(where + ": wrong exponent of the envelope");
    } else if (kind == "xplor") {
      r.envelope = Radial::Envelope::xplor;
      r.on = number(envelope, "on", where);
      if (!(r.on > 0.0) || !(r.on < r.cutoff)) refuse(where + ": wrong start of the envelope");
    } else if (kind == "smooth")
      r.envelope = Radial::Envelope::smooth;
    else if (kind != "none")
      refuse(where + " has the unknown envelope '" + kind + "'");
  }

  /// width: of what the layer reads
  Radial::Dense read_dense(const Json &layer, const Arrays &arrays, std::int64_t width, bool first, int types,
                           const std::string &where)
  {
    Radial::Dense dense;
    if (first && arrays.rank(layer, "weights", where) == 4)
      dense.weights = arrays.get(layer, "weights", where, {types, types, width, -1});
    else
      dense.weights = arrays.get(layer, "weights", where, {width, -1});
    const std::int64_t outputs = dense.outputs();
    if (first && layer.contains("center")) {
      dense.center = arrays.get(layer, "center", where, {types, outputs}).values;
      dense.neighbor = arrays.get(layer, "neighbor", where, {types, outputs}).values;
    }
    if (layer.contains("bias")) dense.bias = arrays.get(layer, "bias", where, {outputs}).values;
    dense.activation = activation(layer, where);
    return dense;
  }

}    // namespace

Radial read_radial(const Json &entry, const Arrays &arrays, double cutoff, int types,
                   const std::string &where)
{
  Radial r;
  read_basis(member(entry, "basis", where), arrays, where, r);
  if (entry.contains("agnesi")) read_agnesi(member(entry, "agnesi", where), arrays, types, where, r);
  read_envelope(member(entry, "envelope", where), cutoff, where, r);
  r.envelope_of_weights = flag(entry, "envelope_of_weights", where);
  auto width = static_cast<std::int64_t>(r.parameters.size());
  for (const Json &layer : list(entry, "layers", where)) {
    r.layers.push_back(read_dense(layer, arrays, width, r.layers.empty(), types, where));
    width = r.outputs();
  }
  if (r.layers.empty()) refuse(where + " has no layers");
  return r;
}

Description parse_description(std::string_view text, std::string_view bytes)
{
  const Json root = Json::parse(text.begin(), text.end(), nullptr, false);
  if (root.is_discarded()) refuse("it is no JSON");
  if (integer(root, "version", "the top", 1, 1 << 30) != 1)
    refuse("it is of a newer version (update Natrolite)");
  Description d;
  d.types = integer(root, "types", "the top", 1, MAX_TYPES);
  d.lmax = integer(root, "lmax", "the top", 0, MAX_L);
  d.cutoff = number(root, "cutoff", "the top");
  if (!(d.cutoff > 0.1) || d.cutoff > 100.0) refuse("the cutoff is not within 0.1 and 100 Angstrom");
  const Arrays arrays(member(root, "arrays", "the top"), bytes);
  if (root.contains("pair_cutoffs")) {
    d.pair_cutoffs = arrays.get(root, "pair_cutoffs", "the top", {d.types, d.types}).values;
    for (double rc : d.pair_cutoffs)
      if (!(rc > 0.1) || rc > d.cutoff * (1.0 + 1e-6))
        refuse("a cutoff of a pair of types is not within 0.1 Angstrom and the cutoff");
  }
  for (const Json &v : list(root, "values", "the top")) {
    const std::string name = text_of(v, "name", "a value");
    d.values.push_back({name, blocks(list(v, "blocks", "value " + name), "value " + name)});
  }
  int k = 0;
  for (const Json &r : list(root, "radials", "the top"))
    d.radials.push_back(read_radial(r, arrays, d.cutoff, d.types, "radial function " + std::to_string(k++)));
  k = 0;
  for (const Json &s : list(root, "steps", "the top"))
    d.steps.push_back(read_step(d, arrays, s, "step " + std::to_string(k++)));
  return d;
}

}    // namespace natrolite::native
