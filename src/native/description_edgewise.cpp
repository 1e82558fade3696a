// SPDX-License-Identifier: GPL-2.0-only
#include "description_reader.h"

#include <algorithm>

namespace natrolite::native {
namespace {

  constexpr int MAX_WIDTH = 1 << 14, MAX_PRODUCTS = 16;

  /// Reads the step edgewise, knowing the radial functions.
  class Reader {
  public:
    Reader(const Description &d, const Arrays &arrays, std::string where) :
        d_(d), arrays_(arrays), where_(std::move(where))
    {
    }

    Edgewise read(const Json &entry)
    {
      e_.channels = integer(entry, "channels", where_, 1, MAX_WIDTH);
      e_.radial = integer(entry, "radial", where_, 0, static_cast<int>(d_.radials.size()) - 1);
      e_.tensors = column(entry, "tensors", harmonics(), 0);
      for (const Json &p : list(entry, "products", where_)) product(p);
      if (e_.products.empty() || e_.products.size() > MAX_PRODUCTS)
        refuse(where_ + " has no products, or more than " + std::to_string(MAX_PRODUCTS));
      for (const Json &n : list(entry, "nodes", where_)) node(n);
      const Json &environments = list(entry, "environments", where_);
      if (environments.size() != e_.products.size())
        refuse(where_ + " has not one environment for each product");
      for (const Json &v : environments) environment(v);
      e_.energy = parts(entry, "energy", "node", 1);
      if (e_.energy.empty()) refuse(where_ + " gives no energy");
      e_.norm = arrays_.get(entry, "norm", where_, {d_.types}).values;
      e_.scale = arrays_.get(entry, "scale", where_, {d_.types}).values;
      e_.shift = arrays_.get(entry, "shift", where_, {d_.types}).values;
      return std::move(e_);
    }

  private:
    int harmonics() const { return (d_.lmax + 1) * e_.channels; }

    /// first of `width` columns of the radial functions; lowest = -1: there may be none
    int column(const Json &entry, const char *key, int width, int lowest) const
    {
      const int most = std::max(d_.radials[e_.radial].outputs() - width, -1);    // none, if they are too few
      if (most < lowest) refuse(where_ + " needs more columns than the radial functions have");
      return integer(entry, key, where_, lowest, most);
    }

    /// entries {"weights", key: index} of what is there so far
    std::vector<Edgewise::Part> parts(const Json &entry, const char *list_key, const char *key,
                                      int width) const
    {
      const bool nodes = std::string(key) == "node";
      const auto count = nodes ? e_.nodes.size() : e_.products.size();
      std::vector<Edgewise::Part> result;
      for (const Json &p : list(entry, list_key, where_)) {
        Edgewise::Part part;
        part.from = integer(p, key, where_, 0, static_cast<int>(count) - 1);
        for (const auto &other : result)
          if (other.from == part.from) refuse(where_ + " reads a " + key + " twice in one place");
        part.weights =
            arrays_.get(p, "weights", where_, {nodes ? e_.nodes[part.from].width : e_.channels, width});
        result.push_back(std::move(part));
      }
      return result;
    }

    std::vector<int> degrees(const Json &entry, const char *key) const
    {
      std::vector<int> result;
      for (const Json &l : list(entry, key, where_)) {
        if (!l.is_number_integer() || l.get<std::int64_t>() < 0 || l.get<std::int64_t>() > MAX_L)
          refuse(where_ + ": '" + key + "' has an entry that is not within 0 and " + std::to_string(MAX_L));
        result.push_back(l.get<int>());
      }
      if (result.empty() || result.size() > 4 * (MAX_L + 1))
        refuse(where_ + ": '" + key + "' has a wrong length");
      return result;
    }

    void product(const Json &entry)
    {
      Edgewise::Product p;
      p.in = degrees(entry, "in");
      p.out = degrees(entry, "out");
      std::vector<int> all;
      for (int l = 0; l <= d_.lmax; ++l) all.push_back(l);
      if (p.in != (e_.products.empty() ? all : e_.products.back().out) || p.out[0] != 0)
        refuse(where_ + " has a product that does not fit the one before it");
      for (const Json &entry_of_path : list(entry, "paths", where_)) {
        Edgewise::Path path;
        path.in = integer(entry_of_path, "in", where_, 0, static_cast<int>(p.in.size()) - 1);
        path.l2 = integer(entry_of_path, "l2", where_, 0, d_.lmax);
        path.out = integer(entry_of_path, "out", where_, 0, static_cast<int>(p.out.size()) - 1);
        path.coupling = arrays_.get(entry_of_path, "coupling", where_,
                                    {2 * p.in[path.in] + 1, 2 * path.l2 + 1, 2 * p.out[path.out] + 1});
        path.weights = arrays_.get(entry_of_path, "weights", where_, {e_.channels}).values;
        p.paths.push_back(std::move(path));
      }
      if (p.paths.empty()) refuse(where_ + " has a product without paths");
      e_.products.push_back(std::move(p));
    }

    void node(const Json &entry)
    {
      Edgewise::Node n;
      n.width = integer(entry, "width", where_, 1, MAX_WIDTH);
      n.column = column(entry, "column", n.width, -1);
      n.activation = activation(entry, where_);
      n.nodes = parts(entry, "nodes", "node", n.width);
      n.products = parts(entry, "products", "product", n.width);
      for (const auto &part : n.nodes) n.level = std::max(n.level, e_.nodes[part.from].level);
      for (const auto &part : n.products) n.level = std::max(n.level, part.from + 1);
      if (n.column < 0 && n.nodes.empty() && n.products.empty())
        refuse(where_ + " has a node that reads nothing");
      if (!e_.nodes.empty() && n.level < e_.nodes.back().level)
        refuse(where_ + " has nodes that are not in the order of the products that they need");
      e_.nodes.push_back(std::move(n));
    }

    void environment(const Json &entry)
    {
      Edgewise::Environment v;
      v.column = column(entry, "column", harmonics(), -1);
      v.nodes = parts(entry, "nodes", "node", harmonics());
      const int number = static_cast<int>(e_.environments.size());
      for (const auto &part : v.nodes)
        if (e_.nodes[part.from].level > number)
          refuse(where_ + " has an environment that needs its own product");
      if (v.column < 0 && v.nodes.empty()) refuse(where_ + " has an environment that reads nothing");
      e_.environments.push_back(std::move(v));
    }

    const Description &d_;
    const Arrays &arrays_;
    const std::string where_;
    Edgewise e_;
  };

}    // namespace

Edgewise read_edgewise(const Description &d, const Arrays &arrays, const Json &entry,
                       const std::string &where)
{
  if (d.radials.empty()) refuse(where + " needs a radial function");
  return Reader(d, arrays, where).read(entry);
}

}    // namespace natrolite::native
