// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Network before its first evaluation: layers, and tables of the types that are there.
#include "network_state.h"

#include "layers/convolution.h"
#include "layers/edgewise.h"
#include "layers/gate.h"
#include "layers/linear.h"
#include "layers/product.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace natrolite::native {

template <class T>
void Network<T>::Impl::build_layers(const Description &d)
{
  for (const auto &s : d.steps) {
    const Layout none, &in = s.in >= 0 ? layouts[s.in] : none, &out = s.out >= 0 ? layouts[s.out] : none;
    switch (s.kind) {
    case Step::Kind::convolve: {
      auto layer = std::make_unique<Convolution<T>>(s, s.in >= 0 ? in : Layout(s.table_blocks, kernels.width),
                                                    out, d.lmax, kernels);
      tabulated.push_back(layer.get());
      layers.push_back(std::move(layer));
      break;
    }
    case Step::Kind::linear:
      layers.push_back(std::make_unique<Linear<T>>(s, in, out, kernels));
      break;
    case Step::Kind::gate:
      layers.push_back(std::make_unique<Gate<T>>(s, in, out, kernels));
      break;
    case Step::Kind::norm:
      layers.push_back(std::make_unique<Norm<T>>(s, in));
      break;
    case Step::Kind::product:
      layers.push_back(std::make_unique<Product<T>>(s, in, out, kernels));
      break;
    case Step::Kind::divide:
      layers.push_back(std::make_unique<Divide<T>>(s, in, layouts[s.by]));
      break;
    case Step::Kind::repulsion:
      layers.push_back(std::make_unique<Repulsion<T>>(s));
      break;
    case Step::Kind::energy:
      layers.push_back(std::make_unique<Energy<T>>(s, in));
      break;
    case Step::Kind::edgewise: {
      auto layer = std::make_unique<EdgewiseEnergy<T>>(s.edgewise, d.lmax, kernels);
      tabulated.push_back(layer.get());
      layers.push_back(std::move(layer));
      break;
    }
    case Step::Kind::exchange:
      layers.push_back(nullptr);
    }
  }
}

/// The tables of all convolutions, one for each pair of these types where they look at types.
template <class T>
void Network<T>::Impl::tabulate(const std::vector<std::int64_t> &of_types)
{
  const auto count = typed ? of_types.size() : 1;
  std::vector<TypePair> pairs(count * count);
  for (std::size_t k = 0; typed && k < pairs.size(); ++k)
    pairs[k] = {of_types[k / count], of_types[k % count]};
  const RadialTables found = make_tables(radials, cutoff, kernels.spline_order - 1, pairs);
  const int rows = found.grid.rows(), all = static_cast<int>(count * count) * rows;
  for (auto *layer : tabulated) layer->set_table(all, found.coefficients[layer->radial()]);
  grid = found.grid.template grid<T>();
  present = of_types;
  if (!typed) return;
  edges.by_center.assign(types, 0);
  edges.by_neighbor.assign(types, 0);
  for (std::size_t k = 0; k < count; ++k) {
    edges.by_center[present[k]] = static_cast<std::int32_t>(k * count) * rows;
    edges.by_neighbor[present[k]] = static_cast<std::int32_t>(k) * rows;
  }
}

/// tables of types that were not there before
template <class T>
void Network<T>::Impl::prepare_types(const std::int64_t *type, std::int64_t n)
{
  for (auto &layer : layers)
    if (layer) layer->prepare_types(type, n);
  if (!typed) return;
  std::vector<char> known(types, 0);
  std::vector<std::int64_t> all = present;
  for (auto t : present) known[t] = 1;
  for (std::int64_t k = 0; k < n; ++k)
    if (!known[type[k]]) {
      known[type[k]] = 1;
      all.push_back(type[k]);
    }
  if (all.size() == present.size()) return;
  std::sort(all.begin(), all.end());
  tabulate(all);
}

#define NATROLITE_NETWORK(T)                                                                                 \
  template void Network<T>::Impl::build_layers(const Description &);                                         \
  template void Network<T>::Impl::tabulate(const std::vector<std::int64_t> &);                               \
  template void Network<T>::Impl::prepare_types(const std::int64_t *, std::int64_t);
NATROLITE_NETWORK(float)
NATROLITE_NETWORK(double)

}    // namespace natrolite::native
