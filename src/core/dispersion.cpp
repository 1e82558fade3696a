// SPDX-License-Identifier: GPL-2.0-only
#include "dispersion.h"

#include "dispersion_kernels.h"
#include "dispersion_types.h"
#include "threads.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace natrolite {

namespace {

  /// doubles of an atom in a thread's sums: force row, energy, virials, moment
  constexpr int FORCE = d3::FORCE_ROW, ENERGY = 1, VIRIAL = 6, CENTROID = 9, MOMENT = 3;

  void check(const char *name, double cutoff)
  {
    if (!(cutoff > 0.0) || !std::isfinite(cutoff))
      throw std::invalid_argument(std::string(name) + " " + std::to_string(cutoff) + " must be positive");
  }

  /// one thread's sums and the room of its loops
  struct Thread {
    std::vector<double> memory;
    std::unique_ptr<d3::Batch> batch;
    std::vector<int> entries;
    d3::Sums sums;
  };

}    // namespace

struct Dispersion::Impl {
  d3::TypeTables types;
  d3::Tables tables;
  const d3::Kernels &kernels = d3::kernels();
  bool bj;
  std::vector<Thread> threads;
  DispersionOutputs wants;
  int width = 0;    ///< doubles of an atom in a thread's sums
  std::vector<double> weights, gradient, slope, moment;

  d3::Step step_of(const DispersionAtoms &) const;
  void make_room(int nall);
  template <class F>
  void run(const DispersionAtoms &, const F &loop);
  void add_threads(std::int64_t begin, std::int64_t end);
};

Dispersion::Dispersion(const DispersionSettings &s) : impl_(std::make_unique<Impl>())
{
  check("cutoff", s.cutoff);
  check("coordination number cutoff", s.coordination_cutoff);
  impl_->types = d3::type_tables(s);
  impl_->bj = s.damping == d3::Damping::bj || s.damping == d3::Damping::bjm;
  d3::Tables &t = impl_->tables;
  t.types = static_cast<int>(impl_->types.types.size());
  t.type = impl_->types.types.data();
  t.pair = impl_->types.pairs.data();
  if (std::count_if(impl_->types.types.begin(), impl_->types.types.end(),
                    [](const d3::Type &type) { return type.references > 0; }) == 1)
    for (t.only_type = 0; t.type[t.only_type].references == 0;) ++t.only_type;
  t.cutoff_squared = std::nextafter(s.cutoff * s.cutoff, 0.0);    // LAMMPS' cutoffs exclude a pair at them,
  t.coordination_cutoff_squared = s.coordination_cutoff * s.coordination_cutoff;    // but not this one
  t.prefilter_coordination = s.coordination_cutoff < 0.7 * s.cutoff;    // of distances: of pairs 0.34
  t.s6 = s.functional.s6;
  t.s8 = s.functional.s8;
  impl_->threads.resize(std::max(s.threads, 1));
  for (Thread &thread : impl_->threads) {
    thread.batch = std::make_unique<d3::Batch>();
    thread.entries.resize(static_cast<std::size_t>(t.types) * (d3::Batch::SIZE + 1));
    std::fill_n(thread.batch->factor, d3::Batch::SIZE, 1.0);
    std::fill_n(thread.batch->share, d3::Batch::SIZE, 1.0);
  }
}

Dispersion::~Dispersion() = default;

d3::Step Dispersion::Impl::step_of(const DispersionAtoms &atoms) const
{
  d3::Step step;
  step.x = atoms.nall > 0 ? atoms.list.x[0] : nullptr;
  step.type = atoms.type;
  step.home = atoms.home;
  step.mask = atoms.list.mask;
  step.special_shift = atoms.special_shift;
  std::copy_n(atoms.special, 4, step.special);
  step.half_from = atoms.newton ? atoms.nall : atoms.nlocal;
  step.scaled = !atoms.newton;
  for (const double factor : atoms.special) step.scaled = step.scaled || factor != 1.0;
  step.weight = weights.data();
  step.slope = slope.data();
  step.moment = moment.data();
  return step;
}

/// zeros for all atoms, in every thread's own memory
void Dispersion::Impl::make_room(int nall)
{
  width = 1 + FORCE + wants.energy_atom * ENERGY + wants.virial_atom * VIRIAL +
          wants.centroid_atom * (CENTROID + MOMENT);
  on_threads(static_cast<int>(threads.size()), [&](int thread, int count) {
    for (std::size_t k = thread; k < threads.size(); k += count) {
      Thread &t = threads[k];
      t.memory.assign(static_cast<std::size_t>(width) * nall, 0.0);
      double *next = t.memory.data();
      const auto take = [&](bool wanted, int n) {
        double *mine = wanted ? next : nullptr;
        if (wanted) next += static_cast<std::int64_t>(n) * nall;
        return mine;
      };
      t.sums = {};
      t.sums.batch = t.batch.get();
      t.sums.number = t.entries.data();
      t.sums.entries = t.entries.data() + tables.types;
      t.sums.coordination = take(true, 1);
      t.sums.force = take(true, FORCE);
      t.sums.energy_atom = take(wants.energy_atom, ENERGY);
      t.sums.virial_atom = take(wants.virial_atom, VIRIAL);
      t.sums.centroid_atom = take(wants.centroid_atom, CENTROID);
      t.sums.moment = take(wants.centroid_atom, MOMENT);
    }
  });
}

/// loop(center, its neighbors, their number, sums) for all centers, each thread a range of them
template <class F>
void Dispersion::Impl::run(const DispersionAtoms &atoms, const F &loop)
{
  const NeighborView &list = atoms.list;
  on_threads(static_cast<int>(threads.size()), [&](int thread, int count) {
    const std::int64_t n = list.ncenter;
    for (auto [ii, end] = share_of(n, thread, count); ii < end; ++ii) {
      const int i = list.ilist[ii];
      loop(i, list.firstneigh[i], list.numneigh[i], threads[thread].sums);
    }
  });
}

/// doubles begin .. end - 1 of the first thread's memory += those of the others, in order
void Dispersion::Impl::add_threads(std::int64_t begin, std::int64_t end)
{
  if (threads.size() == 1) return;
  on_threads(static_cast<int>(threads.size()), [&](int thread, int count) {
    const std::int64_t n = end - begin;
    double *to = threads[0].memory.data() + begin;
    for (std::size_t t = 1; t < threads.size(); ++t) {
      const double *from = threads[t].memory.data() + begin;
      for (auto [k, stop] = share_of(n, thread, count); k < stop; ++k) to[k] += from[k];
    }
  });
}

double *Dispersion::count(const DispersionAtoms &atoms, const DispersionOutputs &wants)
{
  Impl &m = *impl_;
  m.wants = wants;
  m.make_room(atoms.nall);
  const d3::Step step = m.step_of(atoms);
  m.run(atoms, [&](int i, const int *list, int n, d3::Sums &sums) {
    m.kernels.count(m.tables, step, i, list, n, sums);
  });
  m.add_threads(0, atoms.nall);
  return m.threads[0].sums.coordination;
}

double *Dispersion::pairs(const DispersionAtoms &atoms)
{
  Impl &m = *impl_;
  const std::int64_t nall = atoms.nall;
  m.weights.resize(d3::WEIGHT_ROW * nall);
  on_threads(static_cast<int>(m.threads.size()), [&](int thread, int count) {
    const auto [begin, end] = share_of(nall, thread, count);
    m.kernels.reference_weights(m.tables, atoms.type, m.threads[0].sums.coordination, static_cast<int>(begin),
                                static_cast<int>(end), m.weights.data());
  });
  const d3::Step step = m.step_of(atoms);
  m.run(atoms, [&](int i, const int *list, int n, d3::Sums &sums) {
    m.kernels.pairs[m.bj](m.tables, step, i, list, n, sums);
  });
  m.add_threads(nall, nall * m.width);
  for (std::size_t t = 1; t < m.threads.size(); ++t)
    std::fill_n(m.threads[t].memory.begin() + nall, nall * (m.width - 1), 0.0);
  const d3::Sums &sums = m.threads[0].sums;
  const int row = gradient_width();
  m.gradient.resize(row * nall);
  for (std::int64_t i = 0; i < nall; ++i) {
    m.gradient[row * i] = sums.force[FORCE * i + 3];
    for (int k = 1; k < row; ++k) m.gradient[row * i + k] = sums.moment[MOMENT * i + k - 1];
  }
  return m.gradient.data();
}

int Dispersion::gradient_width() const
{
  return impl_->wants.centroid_atom ? 1 + MOMENT : 1;
}

void Dispersion::chain(const DispersionAtoms &atoms)
{
  Impl &m = *impl_;
  const int row = gradient_width();
  m.slope.resize(atoms.nall);
  m.moment.resize(static_cast<std::size_t>(row - 1) * atoms.nall);
  for (std::int64_t i = 0; i < atoms.nall; ++i) {
    m.slope[i] = m.gradient[row * i];
    std::copy_n(&m.gradient[row * i] + 1, row - 1, m.moment.begin() + (row - 1) * i);
  }
  const d3::Step step = m.step_of(atoms);
  m.run(atoms, [&](int i, const int *list, int n, d3::Sums &sums) {
    m.kernels.chain(m.tables, step, i, list, n, sums);
  });
  m.add_threads(atoms.nall, static_cast<std::int64_t>(atoms.nall) * m.width);
  d3::Sums &sums = m.threads[0].sums;
  for (std::size_t t = 1; t < m.threads.size(); ++t) {
    sums.energy += m.threads[t].sums.energy;
    for (int k = 0; k < VIRIAL; ++k) sums.virial[k] += m.threads[t].sums.virial[k];
  }
}

double Dispersion::energy() const
{
  return impl_->threads[0].sums.energy;
}
const double *Dispersion::virial() const
{
  return impl_->threads[0].sums.virial;
}
const double *Dispersion::forces() const
{
  return impl_->threads[0].sums.force;
}
const double *Dispersion::energy_atom() const
{
  return impl_->threads[0].sums.energy_atom;
}
const double *Dispersion::virial_atom() const
{
  return impl_->threads[0].sums.virial_atom;
}
const double *Dispersion::centroid_atom() const
{
  return impl_->threads[0].sums.centroid_atom;
}

double Dispersion::memory_bytes() const
{
  double doubles = 0.0;
  for (const auto *v : {&impl_->weights, &impl_->gradient, &impl_->slope, &impl_->moment})
    doubles += static_cast<double>(v->capacity());
  for (const Thread &t : impl_->threads)
    doubles += static_cast<double>(t.memory.capacity() + t.entries.capacity() / 2 + sizeof(d3::Batch) / 8);
  return sizeof(double) * doubles;
}

}    // namespace natrolite
