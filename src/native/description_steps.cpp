// SPDX-License-Identifier: GPL-2.0-only
#include "description_reader.h"

#include <map>
#include <utility>

namespace natrolite::native {
namespace {

  /// Reads the steps, knowing the values and radial functions.
  class Steps {
  public:
    Steps(const Description &d, const Arrays &arrays) : d_(d), arrays_(arrays) {}

    Step read(const Json &entry, const std::string &where) const
    {
      Step s;
      const std::string op = text_of(entry, "op", where);
      if (op == "convolve")
        convolve(entry, where, s);
      else if (op == "linear")
        linear(entry, where, s);
      else if (op == "gate")
        gate(entry, where, s);
      else if (op == "norm")
        norm(entry, where, s);
      else if (op == "product")
        product(entry, where, s);
      else if (op == "divide") {
        s.kind = Step::Kind::divide;
        s.in = value(entry, "in", where);
        s.by = value(entry, "by", where);
        s.out = value(entry, "out", where);
        s.alpha = number(entry, "alpha", where);
        s.beta = number(entry, "beta", where);
        same_blocks(s, where);
        if (shape(s.by)[0].l != 0) refuse(where + " divides by a vector");
      } else if (op == "repulsion")
        repulsion(entry, where, s);
      else if (op == "energy")
        energy(entry, where, s);
      else if (op == "edgewise") {
        s.kind = Step::Kind::edgewise;
        s.edgewise = read_edgewise(d_, arrays_, entry, where);
      } else if (op == "exchange") {
        s.kind = Step::Kind::exchange;
        s.in = value(entry, "in", where);
      } else
        refuse(where + " has the unknown op '" + op + "'");
      return s;
    }

  private:
    int value(const Json &entry, const char *key, const std::string &where) const
    {
      const std::string name = text_of(entry, key, where);
      for (std::size_t k = 0; k < d_.values.size(); ++k)
        if (d_.values[k].name == name) return static_cast<int>(k);
      refuse(where + " names the unknown value '" + name + "'");
    }

    static int block(const Json &entry, const char *key, const std::string &where,
                     const std::vector<BlockShape> &of)
    {
      return integer(entry, key, where, 0, static_cast<int>(of.size()) - 1);
    }

    const std::vector<BlockShape> &shape(int value) const { return d_.values[value].blocks; }

    void convolve(const Json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::convolve;
      s.out = value(entry, "out", where);
      s.radial = integer(entry, "radial", where, 0, static_cast<int>(d_.radials.size()) - 1);
      if (entry.contains("table")) {
        s.table_blocks = blocks(list(entry, "blocks", where), where);
        std::int64_t width = 0;
        for (const auto &b : s.table_blocks) width += b.channels * (2 * b.l + 1);
        s.table = arrays_.get(entry, "table", where, {d_.types, width});
      } else
        s.in = value(entry, "in", where);
      const auto &from = s.in < 0 ? s.table_blocks : shape(s.in);
      const auto &to = shape(s.out);
      for (const Json &p : list(entry, "paths", where)) {
        Step::Path path;
        path.in = block(p, "in", where, from);
        path.out = block(p, "out", where, to);
        path.l2 = integer(p, "l2", where, 0, d_.lmax);
        const auto &a = from[path.in], &b = to[path.out];
        if (a.channels != b.channels) refuse(where + " has a path between blocks of other channels");
        if (b.l > a.l + path.l2 || a.l > b.l + path.l2 || path.l2 > a.l + b.l)
          refuse(where + " has a path that does not couple");
        path.weights = integer(p, "weights", where, 0, d_.radials[s.radial].outputs() - a.channels);
        path.coupling = arrays_.get(p, "coupling", where, {2 * a.l + 1, 2 * path.l2 + 1, 2 * b.l + 1});
        s.paths.push_back(std::move(path));
      }
    }

    void linear(const Json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::linear;
      s.in = value(entry, "in", where);
      s.out = value(entry, "out", where);
      s.add = flag(entry, "add", where);
      for (const Json &m : list(entry, "maps", where)) {
        Step::Map map;
        map.in = block(m, "in", where, shape(s.in));
        map.out = block(m, "out", where, shape(s.out));
        const auto &a = shape(s.in)[map.in], &b = shape(s.out)[map.out];
        if (a.l != b.l) refuse(where + " maps between blocks of other l");
        if (arrays_.rank(m, "weights", where) == 3)
          map.weights = arrays_.get(m, "weights", where, {d_.types, a.channels, b.channels});
        else
          map.weights = arrays_.get(m, "weights", where, {a.channels, b.channels});
        if (map.weights.shape.size() != (s.maps.empty() ? map : s.maps[0]).weights.shape.size())
          refuse(where + " has weights with and without types");
        s.maps.push_back(std::move(map));
      }
      for (const Json &b : list(entry, "biases", where)) {
        Step::Bias bias;
        bias.out = block(b, "out", where, shape(s.out));
        if (shape(s.out)[bias.out].l != 0) refuse(where + " has a bias of a vector");
        const std::int64_t channels = shape(s.out)[bias.out].channels;
        if (arrays_.rank(b, "values", where) == 2)
          bias.values = arrays_.get(b, "values", where, {d_.types, channels});
        else
          bias.values = arrays_.get(b, "values", where, {channels});
        s.biases.push_back(std::move(bias));
      }
    }

    void gate(const Json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::gate;
      s.in = value(entry, "in", where);
      s.out = value(entry, "out", where);
      const auto &from = shape(s.in), &to = shape(s.out);
      std::vector<int> written(to.size(), 0), read(from.size(), 0);
      for (const Json &e : list(entry, "scalars", where)) {
        Step::Scalars g{block(e, "in", where, from), block(e, "out", where, to), activation(e, where)};
        if (from[g.in].l || to[g.out].l || from[g.in].channels != to[g.out].channels)
          refuse(where + " has scalars that do not fit");
        ++written[g.out];
        ++read[g.in];
        s.scalars.push_back(g);
      }
      for (const Json &e : list(entry, "gated", where)) {
        Step::Gated g{block(e, "gate", where, from), block(e, "in", where, from), block(e, "out", where, to),
                      activation(e, where)};
        if (from[g.gate].l || from[g.in].l != to[g.out].l || from[g.gate].channels != from[g.in].channels ||
            from[g.in].channels != to[g.out].channels)
          refuse(where + " has a gate that does not fit");
        ++written[g.out];
        ++read[g.in];
        ++read[g.gate];
        s.gated.push_back(g);
      }
      for (int n : written)
        if (n != 1) refuse(where + " does not write each block once");
      for (int n : read)
        if (n != 1) refuse(where + " does not read each block once");
    }

    void norm(const Json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::norm;
      s.in = value(entry, "in", where);
      s.out = value(entry, "out", where);
      s.epsilon = number(entry, "epsilon", where);
      if (!(s.epsilon > 0.0)) refuse(where + ": epsilon must be positive");
      const auto n = static_cast<std::int64_t>(shape(s.in).size());
      s.norm_weights = arrays_.get(entry, "weights", where, {n}).values;
      const Json &factors = list(entry, "factors", where);
      same_blocks(s, where);
      if (static_cast<std::int64_t>(factors.size()) != n) refuse(where + " does not fit its blocks");
      for (std::int64_t k = 0; k < n; ++k)
        s.norm_factors.push_back(arrays_.get(factors[k], "values", where, {shape(s.in)[k].channels}));
    }

    void same_blocks(const Step &s, const std::string &where) const
    {
      bool fits = shape(s.in).size() == shape(s.out).size();
      for (std::size_t k = 0; fits && k < shape(s.in).size(); ++k)
        fits = shape(s.in)[k].l == shape(s.out)[k].l && shape(s.in)[k].channels == shape(s.out)[k].channels;
      if (!fits) refuse(where + " has blocks that do not fit");
    }

    std::vector<std::pair<int, int>> factors(const Json &entry, const char *key, int below,
                                             const std::string &where) const
    {
      std::vector<std::pair<int, int>> result;
      for (const Json &pair : list(entry, key, where)) {
        if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number_integer() ||
            !pair[1].is_number_integer())
          refuse(where + ": '" + key + "' has an entry that is no pair");
        const auto a = pair[0].get<std::int64_t>(), b = pair[1].get<std::int64_t>();
        if (a < 0 || b < 0 || a >= below || b >= below)
          refuse(where + ": '" + key + "' names a monomial that is not before it");
        result.emplace_back(static_cast<int>(a), static_cast<int>(b));
      }
      return result;
    }

    /// sum of the components of blocks, which must have so many channels
    int components_of(const std::vector<BlockShape> &blocks, int channels, const std::string &where) const
    {
      int components = 0;
      for (const auto &b : blocks) {
        if (b.channels != channels) refuse(where + " has blocks of different channels");
        components += 2 * b.l + 1;
      }
      return components;
    }

    Step::Output product_output(const Json &e, const std::string &where, int monomials, const Step &s) const
    {
      const auto &to = shape(s.out);
      Step::Output o;
      o.block = block(e, "block", where, to);
      o.component = integer(e, "component", where, 0, 2 * to[o.block].l);
      for (const Json &m : list(e, "monomials", where)) {
        if (!m.is_number_integer() || m.get<std::int64_t>() < 0 || m.get<std::int64_t>() >= monomials)
          refuse(where + " has an output of an unknown monomial");
        o.monomials.push_back(m.get<int>());
      }
      o.coupling =
          arrays_.get(e, "coupling", where,
                      {s.product_weights[o.block].shape[1], static_cast<std::int64_t>(o.monomials.size())});
      return o;
    }

    void product(const Json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::product;
      s.in = value(entry, "in", where);
      s.out = value(entry, "out", where);
      const auto &from = shape(s.in), &to = shape(s.out);
      const int components = components_of(from, from[0].channels, where);
      const int outputs = components_of(to, from[0].channels, where);
      s.pairs = factors(entry, "pairs", components, where);
      const int pairs = components + static_cast<int>(s.pairs.size());
      s.triples = factors(entry, "triples", pairs, where);
      const int monomials = pairs + static_cast<int>(s.triples.size());
      const Json &weights = list(entry, "weights", where);
      if (weights.size() != to.size()) refuse(where + " does not fit its blocks");
      for (const Json &w : weights) {
        s.product_weights.push_back(arrays_.get(w, "values", where, {-1, -1, from[0].channels}));
        const auto sets = s.product_weights.back().shape[0];
        if ((sets != 1 && sets != d_.types) || sets != s.product_weights[0].shape[0])
          refuse(where + " has weights for " + std::to_string(sets) + " types");
      }
      std::map<std::pair<int, int>, int> written;
      for (const Json &e : list(entry, "outputs", where)) {
        Step::Output o = product_output(e, where, monomials, s);
        ++written[{o.block, o.component}];
        s.outputs.push_back(std::move(o));
      }
      if (static_cast<int>(written.size()) != outputs || s.outputs.size() != written.size())
        refuse(where + " does not write each component once");
    }

    void repulsion(const Json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::repulsion;
      auto &r = s.repulsion;
      r.types = d_.types;
      r.strength = arrays_.get(entry, "strength", where, {d_.types, d_.types}).values;
      r.screening = arrays_.get(entry, "screening", where, {d_.types, d_.types}).values;
      r.reach = arrays_.get(entry, "reach", where, {d_.types, d_.types}).values;
      r.coefficients = arrays_.get(entry, "coefficients", where, {-1}).values;
      r.decays =
          arrays_.get(entry, "decays", where, {static_cast<std::int64_t>(r.coefficients.size())}).values;
      r.p = number(entry, "p", where);
      for (const auto *table : {&r.screening, &r.reach})
        for (double x : *table)
          if (!(x > 0.0)) refuse(where + " has a length that is not positive");
      if (!(r.p >= 2.0) || r.p > 1000.0) refuse(where + ": wrong exponent of the envelope");
    }

    void energy(const Json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::energy;
      s.in = value(entry, "in", where);
      if (shape(s.in)[0].l != 0) refuse(where + " reads a vector");
      s.scale = arrays_.get(entry, "scale", where, {d_.types}).values;
      s.shift = arrays_.get(entry, "shift", where, {d_.types}).values;
    }

    const Description &d_;
    const Arrays &arrays_;
  };

}    // namespace

Step read_step(const Description &d, const Arrays &arrays, const Json &entry, const std::string &where)
{
  return Steps(d, arrays).read(entry, where);
}

}    // namespace natrolite::native
