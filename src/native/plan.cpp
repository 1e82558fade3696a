// SPDX-License-Identifier: GPL-2.0-only
#include "plan.h"

#include <stdexcept>

namespace natrolite::native {
namespace {

  using Kind = Step::Kind;

  [[noreturn]] void refuse(const Description &d, int value, const char *what)
  {
    throw std::runtime_error("network description: the value '" + d.values[value].name + "' " + what +
                             ": export the model again");
  }

  std::vector<Stage> cut(const Description &d)
  {
    std::vector<Stage> stages;
    bool open = false;
    for (int k = 0; k < static_cast<int>(d.steps.size()); ++k) {
      const Step &s = d.steps[k];
      if (s.kind == Kind::exchange) {
        Stage stage;
        stage.begin = k;
        stage.end = k + 1;
        stage.exchanges = s.in;
        stages.push_back(stage);
        open = false;
        continue;
      }
      const bool gathers = s.kind == Kind::convolve && s.in >= 0;
      if (!open || gathers) {
        stages.emplace_back();
        stages.back().begin = k;
        open = true;
      }
      Stage &stage = stages.back();
      stage.end = k + 1;
      if (s.kind == Kind::convolve) stage.convolves = true;
      if (s.kind == Kind::edgewise) stage.edgewise = true;
      if (gathers) stage.gathers = s.in;
    }
    return stages;
  }

  struct Places {
    std::vector<int> writers, readers;    ///< steps
    int exchange = -1;
  };

  std::vector<Places> find_places(const Description &d)
  {
    std::vector<Places> places(d.values.size());
    for (int k = 0; k < static_cast<int>(d.steps.size()); ++k) {
      const Step &s = d.steps[k];
      if (s.kind == Kind::exchange) {
        if (places[s.in].exchange >= 0) refuse(d, s.in, "is exchanged twice");
        places[s.in].exchange = k;
        continue;
      }
      for (int v : {s.in, s.by})
        if (v >= 0) places[v].readers.push_back(k);
      if (s.out >= 0) places[s.out].writers.push_back(k);
      if (s.in >= 0 && (s.in == s.out || s.in == s.by)) refuse(d, s.in, "stands twice in one step");
      if (s.by >= 0 && s.by == s.out) refuse(d, s.by, "stands twice in one step");
    }
    return places;
  }

  void check(const Description &d, int value, const Places &p)
  {
    if (p.writers.empty()) refuse(d, value, "is never written");
    if (p.readers.empty()) refuse(d, value, "is never read");
    if (p.writers.back() > p.readers.front()) refuse(d, value, "is read before it is complete");
    for (std::size_t k = 0; k < p.writers.size(); ++k) {
      const Step &s = d.steps[p.writers[k]];
      const bool adds = s.kind == Kind::linear && s.add;
      if (adds != (k > 0)) refuse(d, value, "is overwritten, or added to before it is written");
    }
    bool gathered = false;
    for (int k : p.readers) gathered = gathered || d.steps[k].kind == Kind::convolve;
    if (gathered && p.readers.size() > 1) refuse(d, value, "is read by neighbors and by others");
    if (gathered && (p.exchange < p.writers.back() || p.exchange > p.readers.front()))
      refuse(d, value, "is read by neighbors without an exchange before");
    if (!gathered && p.exchange >= 0) refuse(d, value, "is exchanged, but no neighbor reads it");
  }

}    // namespace

Plan make_plan(const Description &d, const std::vector<Traits> &traits)
{
  Plan plan;
  plan.stages = cut(d);
  const auto places = find_places(d);
  std::vector<int> stage_of(d.steps.size());
  for (std::size_t s = 0; s < plan.stages.size(); ++s)
    for (int k = plan.stages[s].begin; k < plan.stages[s].end; ++k) stage_of[k] = static_cast<int>(s);
  bool energy = false;
  for (const auto &s : d.steps) {
    PlannedStep step;
    step.in = s.in;
    step.by = s.by;
    step.out = s.out;
    step.gathers = s.kind == Kind::convolve && s.in >= 0;
    plan.steps.push_back(step);
    energy = energy || s.kind == Kind::energy || s.kind == Kind::edgewise;
  }
  if (!energy) throw std::runtime_error("network description: no step gives an energy: export the model again");
  for (int v = 0; v < static_cast<int>(d.values.size()); ++v) {
    const Places &p = places[v];
    check(d, v, p);
    ValueUse use;
    use.gathered = d.steps[p.readers[0]].kind == Kind::convolve;
    const bool crosses = stage_of[p.writers.front()] != stage_of[p.readers.back()];
    use.kept = use.gathered || crosses;
    for (int k : p.readers) {
      use.kept = use.kept || traits[k].keeps_input;
      if (traits[k].in_place && plan.steps[k].in == v && p.readers.size() > 1)
        refuse(d, v, "has another reader beside one that must be the only one");
    }
    for (std::size_t k = 0; k + 1 < p.readers.size(); ++k) {
      PlannedStep &reader = plan.steps[p.readers[k]];
      (reader.in == v ? reader.add_gradient : reader.add_gradient_by) = true;
    }
    if (use.gathered) {
      use.gradient = ValueUse::Gradient::gathered;
    } else if (p.readers.size() == 1 && plan.steps[p.readers[0]].in == v && traits[p.readers[0]].in_place)
      use.gradient = ValueUse::Gradient::in_place;
    else if (crosses)
      use.gradient = ValueUse::Gradient::kept;
    plan.uses.push_back(use);
  }
  // gathered gradients take two memories by turns: one must be read before its memory is needed again
  std::vector<int> gathering;
  for (std::size_t s = 0; s < plan.stages.size(); ++s)
    if (plan.stages[s].gathers >= 0) gathering.push_back(static_cast<int>(s));
  for (std::size_t k = 0; k < gathering.size(); ++k) {
    const int v = plan.stages[gathering[k]].gathers;
    plan.uses[v].turn = static_cast<int>(k % 2);
    if (k >= 2 && stage_of[places[v].writers.front()] <= gathering[k - 2])
      refuse(d, v, "is written too long before it is read");
  }
  return plan;
}

}    // namespace natrolite::native
