// SPDX-License-Identifier: GPL-2.0-only
#include "description.h"

#include "json.h"

#include <cmath>
#include <cstring>
#include <stdexcept>

namespace natrolite::native {
namespace {

  using json = json_library::json;

  constexpr int MOST_CHANNELS = 1 << 16, MOST_TYPES = 1 << 12;

  [[noreturn]] void refuse(const std::string &what)
  {
    throw std::runtime_error("network description: " + what + ": export the model again");
  }

  const json &member(const json &object, const char *key, const std::string &where)
  {
    if (!object.is_object()) refuse(where + " is no object");
    const auto found = object.find(key);
    if (found == object.end()) refuse(where + " lacks '" + key + "'");
    return *found;
  }

  double number(const json &object, const char *key, const std::string &where)
  {
    const json &value = member(object, key, where);
    if (!value.is_number()) refuse(where + ": '" + key + "' is no number");
    const double x = value.get<double>();
    if (!std::isfinite(x)) refuse(where + ": '" + key + "' is not finite");
    return x;
  }

  int integer(const json &object, const char *key, const std::string &where, int low, int high)
  {
    const json &value = member(object, key, where);
    if (!value.is_number_integer()) refuse(where + ": '" + key + "' is no whole number");
    const auto x = value.get<std::int64_t>();
    if (x < low || x > high)
      refuse(where + ": '" + key + "' is " + std::to_string(x) + ", not within " + std::to_string(low) +
             " and " + std::to_string(high));
    return static_cast<int>(x);
  }

  std::string text_of(const json &object, const char *key, const std::string &where)
  {
    const json &value = member(object, key, where);
    if (!value.is_string()) refuse(where + ": '" + key + "' is no text");
    return value.get<std::string>();
  }

  bool flag(const json &object, const char *key, const std::string &where)
  {
    const json &value = member(object, key, where);
    if (!value.is_boolean()) refuse(where + ": '" + key + "' is neither true nor false");
    return value.get<bool>();
  }

  const json &list(const json &object, const char *key, const std::string &where)
  {
    const json &value = member(object, key, where);
    if (!value.is_array()) refuse(where + ": '" + key + "' is no list");
    return value;
  }

  /// The arrays of the file, unpacked when they are asked for.
  class Arrays {
   public:
    Arrays(const json &table, std::string_view bytes) : table_(table), bytes_(bytes) {}

    /// shape: what it must be; -1 = anything
    Array get(const json &object, const char *key, const std::string &where,
              const std::vector<std::int64_t> &shape) const
    {
      const std::string name = text_of(object, key, where);
      const Array array = read(name);
      bool fits = array.shape.size() == shape.size();
      for (std::size_t k = 0; fits && k < shape.size(); ++k)
        fits = shape[k] < 0 || shape[k] == array.shape[k];
      if (!fits) refuse(where + ": the array " + name + " has another shape than it needs");
      return array;
    }

    std::size_t rank(const json &object, const char *key, const std::string &where) const
    {
      return list(member(table_, text_of(object, key, where).c_str(), "arrays"), "shape", where).size();
    }

   private:
    Array read(const std::string &name) const
    {
      const std::string where = "array " + name;
      const json &entry = member(table_, name.c_str(), "arrays");
      Array array;
      std::int64_t count = 1;
      for (const json &n : list(entry, "shape", where)) {
        if (!n.is_number_integer() || n.get<std::int64_t>() < 1 || n.get<std::int64_t>() > (1 << 28))
          refuse(where + " has a wrong shape");
        array.shape.push_back(n.get<std::int64_t>());
        if (count > (std::int64_t(1) << 40) / array.shape.back()) refuse(where + " is too large");
        count *= array.shape.back();
      }
      const std::string type = text_of(entry, "dtype", where);
      if (type != "float32" && type != "float64") refuse(where + " has the type " + type);
      const std::int64_t size = type == "float32" ? 4 : 8;
      const json &at = member(entry, "offset", where);
      const auto have = static_cast<std::int64_t>(bytes_.size());
      if (!at.is_number_integer() || at.get<std::int64_t>() < 0 || at.get<std::int64_t>() > have ||
          count > (have - at.get<std::int64_t>()) / size)
        refuse(where + " lies outside of the record of the arrays (truncated?)");
      array.values.resize(count);
      const char *from = bytes_.data() + at.get<std::int64_t>();
      for (std::int64_t k = 0; k < count; ++k) {
        float narrow;
        if (size == 4) {
          std::memcpy(&narrow, from + 4 * k, 4);
          array.values[k] = narrow;
        } else
          std::memcpy(&array.values[k], from + 8 * k, 8);
        if (!std::isfinite(array.values[k])) refuse(where + " has a number that is not finite");
      }
      return array;
    }

    const json &table_;
    std::string_view bytes_;
  };

  ActivationShape activation(const json &object, const std::string &where)
  {
    static const std::map<std::string, Activation> known = {
        {"identity", Activation::identity}, {"silu", Activation::silu},
        {"tanh", Activation::tanh},         {"sigmoid", Activation::sigmoid},
        {"abs", Activation::abs},           {"softplus", Activation::softplus},
        {"tanh_square", Activation::tanh_square}};
    const std::string name = text_of(object, "activation", where);
    const auto found = known.find(name);
    if (found == known.end()) refuse(where + " has the unknown activation '" + name + "'");
    return {found->second, number(object, "factor", where)};
  }

  std::vector<BlockShape> blocks(const json &entries, const std::string &where)
  {
    std::vector<BlockShape> result;
    if (!entries.is_array() || entries.empty()) refuse(where + " has no blocks");
    for (const json &entry : entries)
      result.push_back({integer(entry, "channels", where, 1, MOST_CHANNELS),
                        integer(entry, "l", where, 0, MOST_L)});
    return result;
  }

  Radial radial(const json &entry, const Arrays &arrays, double cutoff, int types,
                const std::string &where)
  {
    Radial r;
    const json &basis = member(entry, "basis", where);
    const std::string form = text_of(basis, "kind", where);
    if (form != "bessel" && form != "gaussian") refuse(where + " has the unknown basis '" + form + "'");
    r.basis = form == "bessel" ? Radial::Basis::bessel : Radial::Basis::gaussian;
    r.parameters = arrays.get(basis, "parameters", where, {-1}).values;
    r.prefactor = number(basis, "prefactor", where);
    if (entry.contains("agnesi")) {
      const json &agnesi = member(entry, "agnesi", where);
      r.radii = arrays.get(agnesi, "radii", where, {types}).values;
      for (double radius : r.radii)
        if (!(radius > 0.0)) refuse(where + " has a radius that is not positive");
      r.agnesi_a = number(agnesi, "a", where);
      r.agnesi_q = number(agnesi, "q", where);
      r.agnesi_p = number(agnesi, "p", where);
    }
    const json &envelope = member(entry, "envelope", where);
    const std::string kind = text_of(envelope, "kind", where);
    r.cutoff = number(envelope, "cutoff", where);
    if (!(r.cutoff > 0.0) || r.cutoff > cutoff * (1.0 + 1e-12))
      refuse(where + ": the envelope ends beyond the cutoff");
    if (kind == "polynomial") {
      r.envelope = Radial::Envelope::polynomial;
      r.p = number(envelope, "p", where);
      if (!(r.p >= 2.0) || r.p > 1000.0) refuse(where + ": wrong exponent of the envelope");
    } else if (kind == "xplor") {
      r.envelope = Radial::Envelope::xplor;
      r.on = number(envelope, "on", where);
      if (!(r.on > 0.0) || !(r.on < r.cutoff)) refuse(where + ": wrong start of the envelope");
    } else
      refuse(where + " has the unknown envelope '" + kind + "'");
    r.envelope_of_weights = flag(entry, "envelope_of_weights", where);
    auto width = static_cast<std::int64_t>(r.parameters.size());
    for (const json &layer : list(entry, "layers", where)) {
      Radial::Dense dense;
      dense.weights = arrays.get(layer, "weights", where, {width, -1});
      width = dense.weights.shape[1];
      if (layer.contains("bias")) dense.bias = arrays.get(layer, "bias", where, {width}).values;
      dense.activation = activation(layer, where);
      r.layers.push_back(std::move(dense));
    }
    if (r.layers.empty()) refuse(where + " has no layers");
    return r;
  }

  /// Reads the steps, knowing the values and radial functions.
  class Steps {
   public:
    Steps(const Description &d, const Arrays &arrays) : d_(d), arrays_(arrays) {}

    Step read(const json &entry, const std::string &where) const
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
      else if (op == "exchange") {
        s.kind = Step::Kind::exchange;
        s.in = value(entry, "in", where);
      } else
        refuse(where + " has the unknown op '" + op + "'");
      return s;
    }

   private:
    int value(const json &entry, const char *key, const std::string &where) const
    {
      const std::string name = text_of(entry, key, where);
      for (std::size_t k = 0; k < d_.values.size(); ++k)
        if (d_.values[k].name == name) return static_cast<int>(k);
      refuse(where + " names the unknown value '" + name + "'");
    }

    static int block(const json &entry, const char *key, const std::string &where,
                     const std::vector<BlockShape> &of)
    {
      return integer(entry, key, where, 0, static_cast<int>(of.size()) - 1);
    }

    const std::vector<BlockShape> &shape(int value) const { return d_.values[value].blocks; }

    void convolve(const json &entry, const std::string &where, Step &s) const
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
      for (const json &p : list(entry, "paths", where)) {
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

    void linear(const json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::linear;
      s.in = value(entry, "in", where);
      s.out = value(entry, "out", where);
      s.add = flag(entry, "add", where);
      for (const json &m : list(entry, "maps", where)) {
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
      for (const json &b : list(entry, "biases", where)) {
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

    void gate(const json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::gate;
      s.in = value(entry, "in", where);
      s.out = value(entry, "out", where);
      const auto &from = shape(s.in), &to = shape(s.out);
      std::vector<int> written(to.size(), 0), read(from.size(), 0);
      for (const json &e : list(entry, "scalars", where)) {
        Step::Scalars g{block(e, "in", where, from), block(e, "out", where, to), activation(e, where)};
        if (from[g.in].l || to[g.out].l || from[g.in].channels != to[g.out].channels)
          refuse(where + " has scalars that do not fit");
        ++written[g.out];
        ++read[g.in];
        s.scalars.push_back(g);
      }
      for (const json &e : list(entry, "gated", where)) {
        Step::Gated g{block(e, "gate", where, from), block(e, "in", where, from),
                      block(e, "out", where, to), activation(e, where)};
        if (from[g.gate].l || from[g.in].l != to[g.out].l ||
            from[g.gate].channels != from[g.in].channels || from[g.in].channels != to[g.out].channels)
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

    void norm(const json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::norm;
      s.in = value(entry, "in", where);
      s.out = value(entry, "out", where);
      s.epsilon = number(entry, "epsilon", where);
      if (!(s.epsilon > 0.0)) refuse(where + ": epsilon must be positive");
      const auto n = static_cast<std::int64_t>(shape(s.in).size());
      s.norm_weights = arrays_.get(entry, "weights", where, {n}).values;
      const json &factors = list(entry, "factors", where);
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

    std::vector<std::pair<int, int>> factors(const json &entry, const char *key, int below,
                                             const std::string &where) const
    {
      std::vector<std::pair<int, int>> result;
      for (const json &pair : list(entry, key, where)) {
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

    void product(const json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::product;
      s.in = value(entry, "in", where);
      s.out = value(entry, "out", where);
      const auto &from = shape(s.in), &to = shape(s.out);
      int components = 0, outputs = 0;
      for (const auto &b : from) {
        if (b.channels != from[0].channels) refuse(where + " has blocks of different channels");
        components += 2 * b.l + 1;
      }
      for (const auto &b : to) {
        if (b.channels != from[0].channels) refuse(where + " has blocks of different channels");
        outputs += 2 * b.l + 1;
      }
      s.pairs = factors(entry, "pairs", components, where);
      const int pairs = components + static_cast<int>(s.pairs.size());
      s.triples = factors(entry, "triples", pairs, where);
      const int monomials = pairs + static_cast<int>(s.triples.size());
      const json &weights = list(entry, "weights", where);
      if (weights.size() != to.size()) refuse(where + " does not fit its blocks");
      for (const json &w : weights) {
        s.product_weights.push_back(arrays_.get(w, "values", where, {-1, -1, from[0].channels}));
        const auto sets = s.product_weights.back().shape[0];
        if ((sets != 1 && sets != d_.types) || sets != s.product_weights[0].shape[0])
          refuse(where + " has weights for " + std::to_string(sets) + " types");
      }
      std::map<std::pair<int, int>, int> written;
      for (const json &e : list(entry, "outputs", where)) {
        Step::Output o;
        o.block = block(e, "block", where, to);
        o.component = integer(e, "component", where, 0, 2 * to[o.block].l);
        for (const json &m : list(e, "monomials", where)) {
          if (!m.is_number_integer() || m.get<std::int64_t>() < 0 || m.get<std::int64_t>() >= monomials)
            refuse(where + " has an output of an unknown monomial");
          o.monomials.push_back(m.get<int>());
        }
        o.coupling = arrays_.get(e, "coupling", where,
                                 {s.product_weights[o.block].shape[1],
                                  static_cast<std::int64_t>(o.monomials.size())});
        ++written[{o.block, o.component}];
        s.outputs.push_back(std::move(o));
      }
      if (static_cast<int>(written.size()) != outputs || s.outputs.size() != written.size())
        refuse(where + " does not write each component once");
    }

    void repulsion(const json &entry, const std::string &where, Step &s) const
    {
      s.kind = Step::Kind::repulsion;
      auto &r = s.repulsion;
      r.types = d_.types;
      r.strength = arrays_.get(entry, "strength", where, {d_.types, d_.types}).values;
      r.screening = arrays_.get(entry, "screening", where, {d_.types, d_.types}).values;
      r.reach = arrays_.get(entry, "reach", where, {d_.types, d_.types}).values;
      r.coefficients = arrays_.get(entry, "coefficients", where, {-1}).values;
      r.decays = arrays_.get(entry, "decays", where, {static_cast<std::int64_t>(r.coefficients.size())}).values;
      r.p = number(entry, "p", where);
      for (const auto *table : {&r.screening, &r.reach})
        for (double x : *table)
          if (!(x > 0.0)) refuse(where + " has a length that is not positive");
      if (!(r.p >= 2.0) || r.p > 1000.0) refuse(where + ": wrong exponent of the envelope");
    }

    void energy(const json &entry, const std::string &where, Step &s) const
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

Description parse_description(std::string_view text, std::string_view bytes)
{
  const json root = json::parse(text.begin(), text.end(), nullptr, false);
  if (root.is_discarded()) refuse("it is no JSON");
  if (integer(root, "version", "the top", 1, 1 << 30) != 1)
    refuse("it is of a newer version (update Natrolite)");
  Description d;
  d.types = integer(root, "types", "the top", 1, MOST_TYPES);
  d.lmax = integer(root, "lmax", "the top", 0, MOST_L);
  d.cutoff = number(root, "cutoff", "the top");
  if (!(d.cutoff > 0.0)) refuse("the cutoff is not positive");
  const Arrays arrays(member(root, "arrays", "the top"), bytes);
  for (const json &v : list(root, "values", "the top")) {
    const std::string name = text_of(v, "name", "a value");
    d.values.push_back({name, blocks(list(v, "blocks", "value " + name), "value " + name)});
  }
  int k = 0;
  for (const json &r : list(root, "radials", "the top"))
    d.radials.push_back(radial(r, arrays, d.cutoff, d.types, "radial function " + std::to_string(k++)));
  const Steps steps(d, arrays);
  k = 0;
  for (const json &s : list(root, "steps", "the top"))
    d.steps.push_back(steps.read(s, "step " + std::to_string(k++)));
  return d;
}

}    // namespace natrolite::native
