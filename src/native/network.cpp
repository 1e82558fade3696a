// SPDX-License-Identifier: GPL-2.0-only
#include "network_state.h"

#include "core/threads.h"

#include <algorithm>
#include <cmath>

namespace natrolite::native {

namespace {

  /// rows of a block: what lives within a stage should stay in the second-level cache
  constexpr std::int64_t BLOCK = 24;

}    // namespace

template <class T>
Network<T>::Impl::Impl(Description d, int nthreads) :
    types(d.types), lmax(d.lmax), threads(std::max(nthreads, 1)), cutoff(d.cutoff), kernels(native::kernels<T>())
{
  for (double rc : d.pair_cutoffs) pair_scales.push_back(static_cast<T>(cutoff / rc));
  for (const auto &value : d.values) layouts.emplace_back(value.blocks, kernels.width);
  build_layers(d);
  radials = std::move(d.radials);
  for (const auto &radial : radials) typed = typed || radial.typed();
  if (!typed) tabulate({});
  std::vector<Traits> traits;
  for (const auto &layer : layers)
    traits.push_back({layer && layer->keeps_input(), layer && layer->in_place()});
  plan = make_plan(d, traits);
  kept.resize(layouts.size());
  kept_gradient.resize(layouts.size());
  scratch_at.assign(layouts.size(), 0);
  scratch_gradient_at = scratch_at;
  for (std::size_t v = 0; v < layouts.size(); ++v) {
    const auto &use = plan.uses[v];
    if (use.gathered) gathered_width = std::max<std::int64_t>(gathered_width, layouts[v].width);
    if (!use.kept) scratch_at[v] = scratch_width, scratch_width += layouts[v].width;
    if (use.gradient == ValueUse::Gradient::scratch)
      scratch_gradient_at[v] = scratch_width, scratch_width += layouts[v].width;
  }
  works.resize(threads);
  scratch.resize(threads);
}

template <class T> void Network<T>::Impl::load_graph(const Graph &graph)
{
  edges.nlocal = graph.nlocal;
  edges.nall = graph.nall;
  edges.nowned = graph.nowned;
  edges.nedges = graph.nedges;
  edges.neighbor = graph.edge_index + graph.nedges;
  edges.types = graph.types;
  edges.first.assign(graph.nlocal + 1, 0);
  for (std::int64_t e = 0; e < graph.nedges; ++e) ++edges.first[graph.edge_index[e] + 1];
  for (std::int64_t i = 0; i < graph.nlocal; ++i) edges.first[i + 1] += edges.first[i];
  edges.unit.reserve(3 * graph.nedges + 1);
  edges.distance.reserve(graph.nedges + 1);
  T *unit = edges.unit.data(), *distance = edges.distance.data();
  const std::int64_t n = graph.nedges;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(static)
#endif
  for (std::int64_t e = 0; e < n; ++e) {
    const double *v = graph.edge_vec + 3 * e;
    const double r = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), inverse = 1.0 / r;
    for (int d = 0; d < 3; ++d) unit[d * n + e] = static_cast<T>(v[d] * inverse);
    distance[e] = static_cast<T>(r);
  }
}

template <class T> void Network<T>::Impl::make_room()
{
  for (std::size_t v = 0; v < layouts.size(); ++v) {
    const auto &use = plan.uses[v];
    const std::int64_t rows = use.gathered ? edges.nall : edges.nlocal;
    if (use.kept) kept[v].reserve(rows * layouts[v].width + 1);
    if (use.gradient == ValueUse::Gradient::kept) kept_gradient[v].reserve(rows * layouts[v].width + 1);
  }
  for (auto &memory : gathered)
    if (gathered_width) memory.reserve(threads * edges.nall * gathered_width + 1);
  for (auto &memory : scratch) memory.reserve(scratch_width * BLOCK + 1);
}

/// cutoff / cutoff of the pair of types, of a block's edges
template <class T> const T *Network<T>::Impl::scales_of(Work<T> &work) const
{
  work.scales.reserve(work.nedges() + 1);
  T *scale = work.scales.data();
  for (std::int64_t row = work.begin; row < work.end; ++row)
    for (std::int64_t e = edges.first[row]; e < edges.first[row + 1]; ++e)
      *scale++ = pair_scales[edges.types[row] * types + edges.types[edges.neighbor[e]]];
  return work.scales.data();
}

template <class T> void Network<T>::Impl::prepare(Work<T> &work, bool slopes)
{
  EdgeArrays<T> &a = work.edges;
  if (!pair_scales.empty()) a.scale = scales_of(work);
  prepare_edges(work, kernels, grid, lmax, slopes);
  if (!typed) return;
  for (std::int64_t row = work.begin; row < work.end; ++row)
    for (std::int64_t e = edges.first[row]; e < edges.first[row + 1]; ++e)
      a.node[e - work.first_edge()] +=
          edges.by_center[edges.types[row]] + edges.by_neighbor[edges.types[edges.neighbor[e]]];
}

template <class T> T *Network<T>::Impl::gathered_gradient(int value, int thread) const
{
  const auto &memory = gathered[plan.uses[value].turn];
  return memory.data() + thread * edges.nall * layouts[value].width;
}

template <class T>
Rows<T> Network<T>::Impl::rows_of(const Work<T> &work, int value, bool gradient) const
{
  const auto &use = plan.uses[value];
  const auto thread = &work - works.data();
  const std::int64_t width = layouts[value].width;
  const auto in_scratch = [&](std::int64_t at) {
    return Rows<T>{scratch[thread].data() + at * BLOCK, width, work.begin};
  };
  if (!gradient || use.gradient == ValueUse::Gradient::in_place)
    return use.kept ? Rows<T>{kept[value].data(), width, 0} : in_scratch(scratch_at[value]);
  if (use.gathered) return {gathered_gradient(value, 0), width, 0};
  if (use.gradient == ValueUse::Gradient::kept) return {kept_gradient[value].data(), width, 0};
  return in_scratch(scratch_gradient_at[value]);
}

template <class T> Operands<T> Network<T>::Impl::operands(const Work<T> &work, int step) const
{
  const PlannedStep &s = plan.steps[step];
  Operands<T> rows;
  if (s.in >= 0) {
    rows.in = rows_of(work, s.in, false);
    rows.din = rows_of(work, s.in, true);
    if (s.gathers) rows.din.base = gathered_gradient(s.in, static_cast<int>(&work - works.data()));
  }
  if (s.by >= 0) {
    rows.by = rows_of(work, s.by, false);
    rows.dby = rows_of(work, s.by, true);
  }
  if (s.out >= 0) {
    rows.out = rows_of(work, s.out, false);
    rows.dout = rows_of(work, s.out, true);
  }
  rows.add_gradient = s.add_gradient;
  rows.add_gradient_by = s.add_gradient_by;
  return rows;
}

template <class T>
void Network<T>::Impl::run_block(Work<T> &work, const Stage &stage, bool forward)
{
  if (stage.convolves || (stage.edgewise && forward)) prepare(work, !forward || stage.edgewise);
  if (forward)
    for (int step = stage.begin; step < stage.end; ++step)
      layers[step]->forward(work, operands(work, step));
  else
    for (int step = stage.end; step-- > stage.begin;)
      layers[step]->backward(work, operands(work, step));
}

template <class T> void Network<T>::Impl::run_stage(const Stage &stage, bool forward)
{
  on_threads(threads, [&](int thread, int count) {
    Work<T> &work = works[thread];
    const std::int64_t blocks = (edges.nlocal + BLOCK - 1) / BLOCK;
    for (std::int64_t b = blocks * thread / count; b < blocks * (thread + 1) / count; ++b) {
      work.begin = b * BLOCK;
      work.end = std::min(edges.nlocal, work.begin + BLOCK);
      run_block(work, stage, forward);
    }
  });
}

template <class T> void Network<T>::Impl::clear_gathered(const Stage &stage)
{
  if (stage.gathers < 0) return;
  const std::int64_t n = edges.nall * layouts[stage.gathers].width;
  on_threads(threads, [&](int thread, int count) {    // OpenMP may give fewer threads, and other numbers later
    for (int t = thread; t < threads; t += count)
      std::fill_n(gathered_gradient(stage.gathers, t), n, T(0));
  });
}

/// the threads' gradients, in the order of the threads
template <class T> void Network<T>::Impl::sum_gathered(const Stage &stage)
{
  if (stage.gathers < 0 || threads == 1) return;
  const std::int64_t n = edges.nall * layouts[stage.gathers].width;
  T *to = gathered_gradient(stage.gathers, 0);
  on_threads(threads, [&](int thread, int count) {
    for (int t = 1; t < threads; ++t) {
      const T *from = gathered_gradient(stage.gathers, t);
      for (std::int64_t k = n * thread / count; k < n * (thread + 1) / count; ++k) to[k] += from[k];
    }
  });
}

template <class T>
void Network<T>::Impl::exchange_rows(Exchange &exchange, int value, bool forward)
{
  FeatureRows rows;
  rows.data = forward ? kept[value].data() : gathered_gradient(value, 0);
  rows.width = layouts[value].width;
  rows.element_bytes = sizeof(T);
  if (forward)
    exchange.forward(rows);
  else
    exchange.reverse(rows);
}

template <class T>
Network<T>::Network(Description description, int threads) :
    impl(std::make_unique<Impl>(std::move(description), threads))
{
}

template <class T> Network<T>::~Network() = default;

template <class T>
void Network<T>::evaluate(const Graph &graph, Exchange &exchange, Evaluation &result)
{
  Impl &me = *impl;
  me.see_types(graph.types, graph.nall);
  me.load_graph(graph);
  me.make_room();
  me.energy.assign(std::max<std::size_t>(graph.nlocal, 1), 0.0);
  me.gradient.assign(std::max<std::size_t>(3 * graph.nedges, 1), 0.0);
  for (auto &work : me.works) {
    work.graph = &me.edges;
    work.energy = me.energy.data();
    work.edge_gradient = me.gradient.data();
  }
  const auto &stages = me.plan.stages;
  for (const auto &stage : stages) {
    if (stage.exchanges >= 0)
      me.exchange_rows(exchange, stage.exchanges, true);
    else
      me.run_stage(stage, true);
  }
  for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage) {
    if (stage->exchanges >= 0) {
      me.exchange_rows(exchange, stage->exchanges, false);
      continue;
    }
    me.clear_gathered(*stage);
    me.run_stage(*stage, false);
    me.sum_gathered(*stage);
  }
  result = {};
  result.energy = me.energy.data();
  result.edge_gradient = me.gradient.data();
}

template <class T> double Network<T>::memory_bytes() const
{
  double bytes = impl->edges.unit.bytes() + impl->edges.distance.bytes();
  for (const auto &layer : impl->layers)
    if (layer) bytes += layer->memory_bytes();
  for (const auto *set : {&impl->kept, &impl->kept_gradient, &impl->scratch})
    for (const auto &memory : *set) bytes += memory.bytes();
  return bytes + impl->gathered[0].bytes() + impl->gathered[1].bytes();
}

template <class T> int Network<T>::exchange_width() const
{
  int widest = 0;
  for (const auto &stage : impl->plan.stages)
    if (stage.exchanges >= 0) widest = std::max(widest, impl->layouts[stage.exchanges].width);
  return widest;
}

template class Network<float>;
template class Network<double>;

}    // namespace natrolite::native
