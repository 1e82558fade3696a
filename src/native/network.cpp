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
    types(d.types), lmax(d.lmax), threads(std::max(nthreads, 1)), cutoff(d.cutoff),
    kernels(native::kernels<T>())
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
  std::vector<int> widths;
  for (const auto &layout : layouts) widths.push_back(layout.width);
  plan = make_plan(d, traits, widths);
  memories.resize(plan.memories.size());
  sent.resize(layouts.size());
  workspaces.resize(threads);
  scratch.resize(threads);
}

template <class T>
void Network<T>::Impl::load_graph(const Graph &graph)
{
  edges.nlocal = graph.nlocal;
  edges.nall = graph.nall;
  edges.nowned = graph.nowned;
  edges.nedges = graph.nedges;
  edges.types = graph.types;
  if (graph.compact) {
    edges.first.assign(graph.compact->first, graph.compact->first + graph.nlocal + 1);
  } else {
    edges.first.assign(graph.nlocal + 1, 0);
    for (std::int64_t e = 0; e < graph.nedges; ++e) ++edges.first[graph.edge_index[e] + 1];
    for (std::int64_t i = 0; i < graph.nlocal; ++i) edges.first[i + 1] += edges.first[i];
  }
  shared.find(graph, edges.first, threads, BLOCK);
}

/// also clears what edges add to
template <class T>
void Network<T>::Impl::allocate(const Graph &graph)
{
  for (std::size_t k = 0; k < memories.size(); ++k) {
    const PlannedMemory &m = plan.memories[k];
    const std::int64_t summed = m.summed * (graph.nall + shared.extra());
    memories[k].reserve(std::max({m.own * graph.nlocal, m.all * graph.nall, summed}) + 1);
  }
  for (const auto &pass : plan.passes)
    if (pass.restores >= 0 && graph.nall > graph.nlocal)
      sent[pass.restores].reserve((graph.nall - graph.nlocal) * layouts[pass.restores].width);
  for (auto &memory : scratch) memory.reserve(plan.scratch * BLOCK + 1);
  energy.assign(std::max<std::size_t>(graph.nlocal, 1), 0.0);
  if (graph.compact)
    forces.start(graph, shared.extra(), threads);
  else
    gradient.assign(std::max<std::size_t>(3 * graph.nedges, 1), 0.0);
}

/// cutoff / cutoff of the pair of types, of a block's edges
template <class T>
const T *Network<T>::Impl::scales_of(Workspace<T> &work) const
{
  work.scales.reserve(work.nedges() + 1);
  T *scale = work.scales.data();
  for (std::int64_t row = work.begin; row < work.end; ++row)
    for (std::int64_t e = edges.first[row]; e < edges.first[row + 1]; ++e)
      *scale++ = pair_scales[edges.types[row] * types + edges.types[work.neighbor[e - work.first_edge()]]];
  return work.scales.data();
}

template <class T>
void Network<T>::Impl::prepare(Workspace<T> &work, const Graph &graph, bool slopes)
{
  load_edges(graph, kernels, work);
  EdgeArrays<T> &a = work.edges;
  if (!pair_scales.empty()) a.scale = scales_of(work);
  kernels.prepare(a, grid, work.nedges(), lmax, slopes);
  if (!typed) return;
  for (std::int64_t row = work.begin; row < work.end; ++row)
    for (std::int64_t e = edges.first[row]; e < edges.first[row + 1]; ++e)
      a.node[e - work.first_edge()] += edges.by_center[edges.types[row]] +
                                       edges.by_neighbor[edges.types[work.neighbor[e - work.first_edge()]]];
}

template <class T>
Rows<T> Network<T>::Impl::rows_at(const Workspace<T> &work, const Place &place, int value) const
{
  const std::int64_t width = layouts[value].width;
  if (place.memory >= 0) return {memories[place.memory].data(), width, 0};
  if (place.scratch < 0) return {};
  return {scratch[&work - workspaces.data()].data() + place.scratch * BLOCK, width, work.begin};
}

template <class T>
Operands<T> Network<T>::Impl::operands(const Workspace<T> &work, const Pass &pass, int step) const
{
  const PlannedStep &s = plan.steps[step];
  Operands<T> rows;
  const auto find = [&](int value, Rows<T> &x, Rows<T> &dx) {
    if (value < 0) return;
    x = rows_at(work, pass.values[value], value);
    dx = rows_at(work, pass.gradients[value], value);
  };
  find(s.in, rows.in, rows.din);
  find(s.by, rows.by, rows.dby);
  find(s.out, rows.out, rows.dout);
  rows.add_gradient = s.add_gradient;
  rows.add_gradient_by = s.add_gradient_by;
  return rows;
}

template <class T>
void Network<T>::Impl::run_block(Workspace<T> &work, const Pass &pass, const Graph &graph, int thread)
{
  if (pass.of_edges) prepare(work, graph, pass.gives_forces);
  if (pass.gives_forces && graph.compact) {
    work.gradients.reserve(3 * work.nedges() + 1);
    work.edge_gradient = work.gradients.data();
    std::fill_n(work.edge_gradient, 3 * work.nedges(), 0.0);
  } else {
    work.edge_gradient = graph.compact ? nullptr : gradient.data() + 3 * work.first_edge();
  }
  for (const auto &action : pass.actions) {
    const auto rows = operands(work, pass, action.step);
    if (action.forward)
      layers[action.step]->forward(work, rows);
    else
      layers[action.step]->backward(work, rows);
  }
  if (pass.gives_forces && graph.compact)
    forces.add(graph, thread, work.begin, work.end, work.edge_gradient, work.sum_rows);
}

template <class T>
void Network<T>::Impl::run_phase(const Pass &pass, const Graph &graph, int phase)
{
  on_threads(threads,
             [&](int thread, int count) {    // OpenMP may give fewer threads, and other numbers later
               for (int t = thread; t < threads; t += count) {
                 Workspace<T> &work = workspaces[t];
                 work.sum_rows = shared.rows(t, phase);
                 for (std::int64_t b = shared.begin(t, phase); b < shared.end(t, phase); ++b) {
                   work.begin = b * BLOCK;
                   work.end = std::min(edges.nlocal, work.begin + BLOCK);
                   run_block(work, pass, graph, t);
                 }
               }
             });
}

/// the rows of ghosts in a memory
template <class T>
T *Network<T>::Impl::ghosts(const Place &place, int value) const
{
  return memories[place.memory].data() + edges.nlocal * layouts[value].width;
}

template <class T>
void Network<T>::Impl::run_pass(const Pass &pass, const Graph &graph, Exchange &exchange)
{
  const int gathers = pass.gathers, sends = pass.sends, restores = pass.restores;
  const auto width = [&](int value) { return layouts[value].width; };
  const std::int64_t ghost_rows = edges.nall - edges.nlocal;
  if (gathers >= 0)
    clear(memories[pass.gradients[gathers].memory].data(), (edges.nall + shared.extra()) * width(gathers));
  for (int phase = 0; phase < SharedRows::PHASES; ++phase) {
    run_phase(pass, graph, phase);
    if (gathers >= 0) shared.sum(phase, memories[pass.gradients[gathers].memory].data(), width(gathers));
    if (pass.gives_forces && graph.compact) forces.sum(shared, phase);
  }
  if (restores >= 0 && ghost_rows > 0)
    std::copy_n(sent[restores].data(), ghost_rows * width(restores), ghosts(pass.values[restores], restores));
  if (gathers >= 0) exchange_rows(exchange, pass.gradients[gathers], gathers, false);
  if (sends < 0) return;
  exchange_rows(exchange, pass.values[sends], sends, true);
  if (sent[sends].size() > 0)
    std::copy_n(ghosts(pass.values[sends], sends), ghost_rows * width(sends), sent[sends].data());
}

template <class T>
void Network<T>::Impl::clear(T *from, std::int64_t n) const
{
  on_threads(threads, [&](int thread, int count) {
    const auto [begin, end] = share_of(n, thread, count);
    std::fill(from + begin, from + end, T(0));
  });
}

template <class T>
void Network<T>::Impl::exchange_rows(Exchange &exchange, const Place &place, int value, bool forward) const
{
  FeatureRows rows;
  rows.data = memories[place.memory].data();
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

template <class T>
Network<T>::~Network() = default;

template <class T>
void Network<T>::evaluate(const Graph &graph, Exchange &exchange, Evaluation &result)
{
  Impl &me = *impl;
  me.prepare_types(graph.types, graph.nall);
  me.load_graph(graph);
  me.allocate(graph);
  for (auto &work : me.workspaces) {
    work.graph = &me.edges;
    work.energy = me.energy.data();
  }
  for (const auto &pass : me.plan.passes) me.run_pass(pass, graph, exchange);
  result = {};
  result.energy = me.energy.data();
  if (graph.compact)
    me.forces.finish(result);
  else
    result.edge_gradient = me.gradient.data();
}

template <class T>
double Network<T>::memory_bytes() const
{
  double bytes = impl->shared.memory_bytes() + impl->forces.memory_bytes();
  bytes += 8.0 * static_cast<double>(impl->energy.capacity() + impl->gradient.capacity());
  bytes += 8.0 * static_cast<double>(impl->edges.first.capacity());
  for (const auto &layer : impl->layers)
    if (layer) bytes += layer->memory_bytes();
  for (const auto *set : {&impl->memories, &impl->sent, &impl->scratch})
    for (const auto &memory : *set) bytes += memory.bytes();
  return bytes;
}

template <class T>
int Network<T>::exchange_width() const
{
  int widest = 0;
  for (const auto &pass : impl->plan.passes)
    if (pass.sends >= 0) widest = std::max(widest, impl->layouts[pass.sends].width);
  return widest;
}

template class Network<float>;
template class Network<double>;

}    // namespace natrolite::native
