// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// ChargedNetwork before and after its passes: tables, the graph, features of types.
#include "state.h"

#include "native/radial.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace natrolite::native::charged {
namespace {

  constexpr int LMAX = 2;    // s, p and d

  Step convolution_step(int features)
  {
    Step step;
    step.kind = Step::Kind::convolve;
    step.in = 0;
    for (int l = 0; l <= LMAX; ++l) {
      const int n = 2 * l + 1;
      Step::Path path;
      path.in = path.out = path.l2 = l;
      path.weights = l * features;
      path.coupling.shape = {1, n, n};
      path.coupling.values.assign(static_cast<std::size_t>(n) * n, 0.0);
      // the kernels' harmonics have the norm 2 l + 1, those of the network 1
      for (int m = 0; m < n; ++m) path.coupling.values[m * n + m] = 1.0 / std::sqrt(static_cast<double>(n));
      step.paths.push_back(std::move(path));
    }
    return step;
  }

}    // namespace

template <class T>
ChargedNetwork<T>::Impl::Impl(ChargedDescription d, int nthreads) :
    kernels(native::kernels<T>()), threads(std::max(nthreads, 1)), types(d.types), features(d.features),
    width(whole_vectors(d.features, kernels.width)), extended_width(width + kernels.width), r_max(d.r_max),
    all_pairs(d.all_pairs), output(d.output), offset(d.offset), embedding(d, width, kernels), long_range(d),
    place(d.types, 0)
{
  for (const auto &shape : d.modules) stages.emplace_back(shape, kernels);
  make_convolutions(d);
  for (int k = 0; k < threads; ++k) {
    memory.emplace_back();
    auto &m = memory.back();
    m.index = k;
    const auto row = static_cast<std::size_t>(width) * BLOCK;
    m.scratch.reserve(row * Module<T>::SCRATCH);
    m.sums.reserve(9 * row);
    m.gradient.reserve(row);
    m.doutput.reserve(row);
    m.attention.reserve(static_cast<std::size_t>(width) * extended_width);
  }
}

template <class T>
void ChargedNetwork<T>::Impl::make_convolutions(const ChargedDescription &d)
{
  const RadialTables tables = make_tables(d.radials, r_max, kernels.spline_order - 1, {{}});
  grid = tables.grid.template grid<T>();
  grid.powers = sizeof(T) == 4;
  const Layout in({{features, 0}, {features, 0}, {features, 0}}, kernels.width);
  const Layout out({{features, 0}, {features, 1}, {features, 2}}, kernels.width);
  for (std::size_t m = 0; m < stages.size(); ++m) {
    stages[m].convolution =
        std::make_unique<Convolution<T>>(convolution_step(features), in, out, LMAX, kernels);
    const auto &table = tables.coefficients[d.modules[m].radial];
    if (grid.powers)
      stages[m].convolution->set_table(4 * tables.grid.rows(), tables.grid.powers(table));
    else
      stages[m].convolution->set_table(tables.grid.rows(), table);
  }
}

template <class T>
void ChargedNetwork<T>::Impl::load(const Graph &graph)
{
  const std::int64_t n = graph.nlocal, nedges = graph.nedges;
  pairs.nlocal = n;
  pairs.nall = graph.nall;
  pairs.nedges = nedges;
  pairs.neighbor = graph.edge_index + nedges;
  pairs.types = graph.types;
  pairs.vec = graph.edge_vec;
  pairs.first.assign(n + 1, 0);
  for (std::int64_t e = 0; e < nedges; ++e) ++pairs.first[graph.edge_index[e] + 1];
  for (std::int64_t i = 0; i < n; ++i) pairs.first[i + 1] += pairs.first[i];
  pairs.r.reserve(nedges + 1);
  near.first.assign(n + 1, 0);
  on_threads(threads, [&](int thread, int count) {
    for (auto [i, end] = share_of(n, thread, count); i < end; ++i)
      for (std::int64_t e = pairs.first[i]; e < pairs.first[i + 1]; ++e) {
        const double *v = pairs.vec + 3 * e;
        const double r = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        pairs.r.data()[e] = r;
        near.first[i + 1] += r < r_max;
      }
  });
  for (std::int64_t i = 0; i < n; ++i) near.first[i + 1] += near.first[i];
  near.nlocal = near.nowned = n;
  near.nall = graph.nall;
  near.nedges = near.first[n];
  near.types = graph.types;
}

/// the edges within r_max
template <class T>
void ChargedNetwork<T>::Impl::find_near()
{
  const std::int64_t n = near.nlocal, nedges = near.nedges;
  near_neighbor.resize(nedges);
  near_place.resize(nedges);
  near_edge.resize(nedges);
  near_unit.reserve(3 * nedges + 1);
  near_distance.reserve(nedges + 1);
  near_gradient.reserve(3 * nedges + 1);
  on_threads(threads, [&](int thread, int count) {
    for (auto [i, end] = share_of(n, thread, count); i < end; ++i) {
      std::int64_t to = near.first[i];
      for (std::int64_t e = pairs.first[i]; e < pairs.first[i + 1]; ++e) {
        const double r = pairs.r.data()[e];
        if (!(r < r_max)) continue;
        for (int d = 0; d < 3; ++d) {
          near_unit.data()[d * nedges + to] = static_cast<T>(pairs.vec[3 * e + d] / r);
          near_gradient.data()[3 * to + d] = 0.0;
        }
        near_distance.data()[to] = static_cast<T>(r);
        near_neighbor[to] = pairs.neighbor[e];
        near_place[to] = place[pairs.types[pairs.neighbor[e]]];
        near_edge[to++] = e;
      }
    }
  });
}

template <class T>
void ChargedNetwork<T>::Impl::allocate()
{
  const std::int64_t n = near.nlocal, most = static_cast<std::int64_t>(threads) * BLOCK;
  const std::int64_t each =
      std::max<std::int64_t>((n + most - 1) / most, 1) * threads;    // blocks, all threads alike
  block_rows = static_cast<int>(std::max<std::int64_t>((n + each - 1) / each, 1));
  for (std::size_t m = 0; m < stages.size(); ++m) {
    stages[m].slabs.reserve(blocks() * stages[m].module.slab_size() + 1);
    if (m) stages[m].messages.reserve(near.nall * 3 * width + 1);
    dmessages[m % 2].reserve(threads * gathered_size(m) + 1);
  }
  outputs.reserve(n * width + 1);
  std::fill_n(outputs.data(), n * width, T(0));
  atom_data.reserve(near.nall * ATOM_DATA + 1);
  for (auto *values : {&energy, &charge, &coordination, &by_charge, &repulsion, &electrostatics, &dispersion})
    values->assign(std::max<std::int64_t>(n, 1), 0.0);
  gradient.assign(std::max<std::int64_t>(3 * pairs.nedges, 1), 0.0);
}

/// how many atoms of each type there are, on all ranks
template <class T>
void ChargedNetwork<T>::Impl::prepare_types(const Graph &graph, Exchange &exchange)
{
  Electrons now{graph.total_charge, graph.total_spin, std::vector<double>(types, 0.0)};
  for (std::int64_t i = 0; i < graph.nlocal; ++i) now.counts[graph.types[i]] += 1.0;
  exchange.sum(now.counts.data(), types);
  if (now == electrons) return;
  electrons = std::move(now);
  present.clear();
  for (std::int64_t t = 0; t < types; ++t)
    if (electrons.counts[t] > 0.0) {
      place[t] = static_cast<std::int64_t>(present.size());
      present.push_back(t);
    }
  long_range.prepare_types(present);
  features_of_types();
}

/// What the first module makes of an atom before it looks at neighbors depends on the type alone, and so
/// does its attention.
template <class T>
void ChargedNetwork<T>::Impl::features_of_types()
{
  auto &stage = stages[0];
  const auto &module = stage.module;
  const auto n = static_cast<std::int64_t>(present.size()), count = (n + BLOCK - 1) / BLOCK;
  type_rows.reserve(n * width + 1);
  type_slabs.reserve(count * module.slab_size() + 1);
  type_counts.reserve(count * BLOCK + 1);
  stage.messages.reserve(n * 3 * width + 1);
  embedding.evaluate(electrons, present, type_rows.data());
  for (std::int64_t k = 0; k < n; ++k) type_counts.data()[k] = static_cast<T>(electrons.counts[present[k]]);
  T *scratch = memory[0].scratch.data(), highest = -std::numeric_limits<T>::infinity();
  const auto for_each = [&](auto &&f) {
    for (std::int64_t b = 0; b < count; ++b)
      f(static_cast<int>(std::min<std::int64_t>(BLOCK, n - b * BLOCK)), type_rows.data() + b * BLOCK * width,
        type_slabs.data() + b * module.slab_size(), b * BLOCK);
  };
  for_each([&](int rows, const T *x, T *slab, std::int64_t begin) {
    module.before(rows, x, slab, stage.messages.data() + begin * 3 * width, scratch);
    highest = std::max(highest, module.highest_key(rows, slab, scratch));
  });
  double *sum = memory[0].attention.data();
  std::fill_n(sum, static_cast<std::size_t>(width) * extended_width, 0.0);
  for_each([&](int rows, const T *, T *slab, std::int64_t begin) {
    module.add_keys(rows, slab, highest, type_counts.data() + begin, sum, scratch);
  });
  stage.attention.assign(features, extended_width, sum);
  for_each([&](int rows, const T *x, T *slab, std::int64_t) {
    module.attend(rows, x, slab, stage.attention, scratch);
  });
}

template <class T>
ChargedNetwork<T>::ChargedNetwork(ChargedDescription description, int threads) :
    impl(std::make_unique<Impl>(std::move(description), threads))
{
}

template <class T>
ChargedNetwork<T>::~ChargedNetwork() = default;

template <class T>
void ChargedNetwork<T>::evaluate(const Graph &graph, Exchange &exchange, Evaluation &result)
{
  Impl &me = *impl;
  if (graph.nowned != graph.nlocal)
    throw std::runtime_error(
        "its sums over all atoms cannot be made with exchange shell: use ghost or folded");
  me.load(graph);
  me.prepare_types(graph, exchange);
  me.find_near();
  me.allocate();
  me.forward(exchange);
  me.charges_and_energies(graph.total_charge, exchange);
  me.analytic_terms(exchange);
  me.backward(exchange);
  result = {};
  result.energy = me.energy.data();
  result.edge_gradient = me.gradient.data();
  result.peratom = {{"charges", 1, me.charge.data()},
                    {"repulsion", 1, me.repulsion.data()},
                    {"electrostatics", 1, me.electrostatics.data()},
                    {"dispersion", 1, me.dispersion.data()}};
}

template <class T>
double ChargedNetwork<T>::memory_bytes() const
{
  const Impl &me = *impl;
  double bytes = me.near_unit.bytes() + me.near_distance.bytes() + me.near_gradient.bytes() +
                 me.outputs.bytes() + me.dmessages[0].bytes() + me.dmessages[1].bytes() +
                 me.atom_data.bytes() + me.pairs.r.bytes();
  bytes += me.type_rows.bytes() + me.type_slabs.bytes() + me.type_counts.bytes();
  for (const auto &stage : me.stages) bytes += stage.slabs.bytes() + stage.messages.bytes();
  for (const auto *indices : {&me.near.first, &me.near_neighbor, &me.near_place, &me.near_edge})
    bytes += 8.0 * static_cast<double>(indices->capacity());
  for (const auto *numbers : {&me.gradient, &me.energy, &me.charge, &me.coordination, &me.by_charge,
                              &me.repulsion, &me.electrostatics, &me.dispersion})
    bytes += 8.0 * static_cast<double>(numbers->capacity());
  return bytes;
}

template <class T>
int ChargedNetwork<T>::exchange_width() const
{
  return std::max(3 * impl->width, 2 * ATOM_DATA);
}

template class ChargedNetwork<float>;
template class ChargedNetwork<double>;

}    // namespace natrolite::native::charged
