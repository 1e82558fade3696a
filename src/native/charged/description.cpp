// SPDX-License-Identifier: GPL-2.0-only
#include "description.h"

#include "native/description_reader.h"

#include <algorithm>
#include <string>
#include <utility>

namespace natrolite::native::charged {
namespace {

  constexpr int MAX_TYPES = 1 << 10, MAX_FEATURES = 1 << 12;

  /// Reads the parts, knowing the numbers of types and features.
  class Reader {
  public:
    Reader(const Json &root, const Arrays &arrays, ChargedDescription &d) :
        root_(root), arrays_(arrays), d_(d)
    {
    }

    void read()
    {
      const std::string top = "the top";
      const std::int64_t types = d_.types, features = d_.features;
      const Json &embedding = member(root_, "embedding", top);
      d_.elements = arrays_.get(embedding, "elements", "the embedding", {types, features});
      d_.charge = electrons(member(embedding, "charge", "the embedding"), "the embedding of charge");
      d_.spin = electrons(member(embedding, "spin", "the embedding"), "the embedding of spin");
      int k = 0;
      for (const Json &r : list(root_, "radials", top)) {
        const std::string where = "radial function " + std::to_string(k++);
        d_.radials.push_back(read_radial(r, arrays_, d_.r_max, d_.types, where));
        if (d_.radials.back().outputs() != 3 * d_.features)
          refuse(where + " has another width than three features");
        if (d_.radials.back().typed()) refuse(where + " looks at types");
      }
      for (const Json &m : list(root_, "modules", top))
        d_.modules.push_back(module(m, "module " + std::to_string(d_.modules.size())));
      if (d_.modules.empty()) refuse("it has no modules");
      const Json &output = member(root_, "output", top);
      d_.output = arrays_.get(output, "weights", "the output", {features, 2});
      d_.offset = arrays_.get(output, "offset", "the output", {types, 2});
      if (root_.contains("repulsion")) d_.repulsion = repulsion(member(root_, "repulsion", top));
      if (root_.contains("coulomb")) d_.coulomb = coulomb(member(root_, "coulomb", top));
      if (root_.contains("dispersion")) d_.dispersion = dispersion(member(root_, "dispersion", top));
    }

  private:
    std::vector<double> numbers(const Json &entry, const char *key, const std::string &where,
                                std::int64_t n) const
    {
      return arrays_.get(entry, key, where, {n}).values;
    }

    std::vector<double> positive(const Json &entry, const char *key, const std::string &where,
                                 std::int64_t n) const
    {
      auto values = numbers(entry, key, where, n);
      for (double x : values)
        if (!(x > 0.0)) refuse(where + ": '" + key + "' has a number that is not positive");
      return values;
    }

    DenseShape dense(const Json &entry, const std::string &where, std::int64_t out) const
    {
      DenseShape dense;
      dense.weights = arrays_.get(entry, "weights", where, {d_.features, out});
      if (entry.contains("bias")) dense.bias = numbers(entry, "bias", where, out);
      return dense;
    }

    DenseShape dense(const Json &of, const char *key, const std::string &where) const
    {
      return dense(member(of, key, where), where, d_.features);
    }

    SwishShape swish(const Json &of, const char *key, const std::string &where) const
    {
      const Json &entry = member(of, key, where);
      return {numbers(entry, "amplitude", where, d_.features), numbers(entry, "slope", where, d_.features)};
    }

    std::vector<ResidualShape> residuals(const Json &of, const char *key, const std::string &where) const
    {
      std::vector<ResidualShape> result;
      for (const Json &r : list(of, key, where))
        result.push_back({swish(r, "first", where), swish(r, "second", where), dense(r, "inner", where),
                          dense(r, "outer", where)});
      return result;
    }

    ReadoutShape readout(const Json &of, const char *key, const std::string &of_what) const
    {
      const std::string where = of_what + ", '" + key + "'";
      const Json &entry = member(of, key, of_what);
      return {residuals(entry, "residuals", where), swish(entry, "activation", where),
              dense(entry, "linear", where)};
    }

    EmbeddingShape electrons(const Json &entry, const std::string &where) const
    {
      EmbeddingShape e;
      e.has_sign = flag(entry, "sign", where);
      const std::int64_t rows = e.has_sign ? 2 : 1;
      e.query = dense(entry, "query", where);
      e.key = arrays_.get(entry, "key", where, {rows, d_.features});
      e.value = arrays_.get(entry, "value", where, {rows, d_.features});
      e.readout = readout(entry, "readout", where);
      return e;
    }

    ModuleShape module(const Json &entry, const std::string &where) const
    {
      ModuleShape m;
      m.pre = residuals(entry, "pre", where);
      m.post = residuals(entry, "post", where);
      const char *names[] = {"s", "p", "d"};
      for (int k = 0; k < 3; ++k) m.messages[k] = readout(entry, names[k], where);
      m.own = readout(entry, "own", where);
      m.mix = readout(entry, "mix", where);
      m.query = readout(entry, "query", where);
      m.key = readout(entry, "key", where);
      m.value = readout(entry, "value", where);
      m.readout = readout(entry, "readout", where);
      m.pairs[0] = dense(member(entry, "pair_p", where), where, 2 * d_.features);
      m.pairs[1] = dense(member(entry, "pair_d", where), where, 2 * d_.features);
      m.directions = arrays_.get(entry, "directions", where, {d_.features, d_.features});
      m.radial = integer(entry, "radial", where, 0, static_cast<int>(d_.radials.size()) - 1);
      return m;
    }

    RepulsionShape repulsion(const Json &entry) const
    {
      const std::string where = "the repulsion";
      RepulsionShape r;
      r.coulomb = number(entry, "coulomb", where);
      r.charge = numbers(entry, "charge", where, d_.types);
      r.size = numbers(entry, "size", where, d_.types);
      r.height = numbers(entry, "height", where, -1);
      r.slope = numbers(entry, "slope", where, static_cast<std::int64_t>(r.height.size()));
      if (r.height.size() > MAX_SCREENING) refuse(where + " has too many terms");
      return r;
    }

    CoulombShape coulomb(const Json &entry) const
    {
      const std::string where = "the electrostatics";
      CoulombShape c{number(entry, "coulomb", where), number(entry, "start", where),
                     number(entry, "stop", where)};
      if (!(c.start >= 0.0) || !(c.stop > c.start) || c.stop > d_.r_max)
        refuse(where + " switch at wrong distances");
      return c;
    }

    DispersionShape dispersion(const Json &entry) const
    {
      const std::string where = "the dispersion";
      const std::int64_t types = d_.types;
      DispersionShape e;
      const std::pair<const char *, double *> lengths[] = {{"bohr", &e.bohr}, {"hartree", &e.hartree},
                                                           {"s6", &e.s6},     {"s8", &e.s8},
                                                           {"a1", &e.a1},     {"a2", &e.a2}};
      for (const auto &[key, to] : lengths) {
        *to = number(entry, key, where);
        if (!(*to > 0.0)) refuse(where + ": '" + key + "' is not positive");
      }
      e.covalent = positive(entry, "covalent", where, types);
      e.electronegativity = numbers(entry, "electronegativity", where, types);
      e.charge = numbers(entry, "charge", where, types);
      e.hardness = numbers(entry, "hardness", where, types);
      e.r4r2 = positive(entry, "r4r2", where, types);
      e.polarizability = arrays_.get(entry, "polarizability", where, {types, SYSTEMS, -1});
      e.frequency_weights = numbers(entry, "frequency_weights", where, e.polarizability.shape[2]);
      const std::pair<const char *, std::vector<double> *> tables[] = {{"gaussians", &e.gaussians},
                                                                       {"coordination", &e.coordination},
                                                                       {"fallback", &e.fallback},
                                                                       {"reference", &e.reference}};
      for (const auto &[key, to] : tables) *to = arrays_.get(entry, key, where, {types, SYSTEMS}).values;
      return e;
    }

    const Json &root_;
    const Arrays &arrays_;
    ChargedDescription &d_;
  };

}    // namespace

bool is_charged(std::string_view json)
{
  const Json root = Json::parse(json.begin(), json.end(), nullptr, false);
  return root.is_object() && root.contains("kind") && root["kind"] == "charged";
}

ChargedDescription parse(std::string_view json, std::string_view bytes)
{
  const Json root = Json::parse(json.begin(), json.end(), nullptr, false);
  const std::string top = "the top";
  if (root.is_discarded()) refuse("it is no JSON");
  if (integer(root, "version", top, 1, 1 << 30) != 1) refuse("it is of a newer version (update Natrolite)");
  ChargedDescription d;
  d.types = integer(root, "types", top, 1, MAX_TYPES);
  d.features = integer(root, "features", top, 1, MAX_FEATURES);
  d.cutoff = number(root, "cutoff", top);
  d.r_max = number(root, "r_max", top);
  d.lr_cutoff = number(root, "lr_cutoff", top);
  d.all_pairs = flag(root, "all_pairs", top);
  if (!(d.r_max > 0.1) || d.r_max > 100.0) refuse("r_max is not within 0.1 and 100 Angstrom");
  if (d.cutoff < d.r_max || d.cutoff > 100.0) refuse("the cutoff is not within r_max and 100 Angstrom");
  if (d.lr_cutoff != 0.0 && (d.lr_cutoff < d.r_max || d.lr_cutoff > d.cutoff))
    refuse("lr_cutoff is not within r_max and the cutoff");
  const Arrays arrays(member(root, "arrays", top), bytes);
  Reader(root, arrays, d).read();
  return d;
}

}    // namespace natrolite::native::charged
