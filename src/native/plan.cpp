// SPDX-License-Identifier: GPL-2.0-only
#include "plan.h"

#include <algorithm>
#include <stdexcept>

namespace natrolite::native {
namespace {

  using Kind = Step::Kind;

  [[noreturn]] void refuse(const Description &d, int value, const char *what)
  {
    throw std::runtime_error("network description: the value '" + d.values[value].name + "' " + what +
                             ": export the model again");
  }

  struct Uses {
    std::vector<int> writers, readers;    ///< steps
    int exchange = -1;
  };

  std::vector<Uses> find_uses(const Description &d)
  {
    std::vector<Uses> uses(d.values.size());
    for (int k = 0; k < static_cast<int>(d.steps.size()); ++k) {
      const Step &s = d.steps[k];
      if (s.kind == Kind::exchange) {
        if (uses[s.in].exchange >= 0) refuse(d, s.in, "is exchanged twice");
        uses[s.in].exchange = k;
        continue;
      }
      for (int v : {s.in, s.by})
        if (v >= 0) uses[v].readers.push_back(k);
      if (s.out >= 0) uses[s.out].writers.push_back(k);
      if (s.in >= 0 && (s.in == s.out || s.in == s.by)) refuse(d, s.in, "stands twice in one step");
      if (s.by >= 0 && s.by == s.out) refuse(d, s.by, "stands twice in one step");
    }
    return uses;
  }

  void check(const Description &d, int value, const Uses &p)
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

  PlannedStep plan_step(const Step &s, const Traits &traits)
  {
    PlannedStep step;
    step.in = s.in;
    step.by = s.by;
    step.out = s.out;
    step.gathers = s.kind == Kind::convolve && s.in >= 0;
    step.keeps_input = traits.keeps_input && !step.gathers;
    step.in_place = traits.in_place;
    step.of_edges = s.kind == Kind::convolve || s.kind == Kind::edgewise;
    step.gives_forces = s.kind == Kind::edgewise || s.kind == Kind::repulsion;
    return step;
  }

  class Planner {
  public:
    Planner(const Description &description, const std::vector<Traits> &traits) :
        d(description), uses(find_uses(description))
    {
      for (std::size_t k = 0; k < d.steps.size(); ++k) plan.steps.push_back(plan_step(d.steps[k], traits[k]));
      cut_into_stages();
      for (int v = 0; v < static_cast<int>(uses.size()); ++v) inspect(v);
      find_kept();
    }

    Plan run()
    {
      const int last = static_cast<int>(first.size()) - 2;
      for (int s = 0; s < last; ++s) {
        Pass &pass = add_pass();
        all_forward(pass, s);
        pass.sends = source(s + 1);
      }
      Pass &both = add_pass();
      all_forward(both, last);
      backward(both, first[last], first[last + 1]);
      both.gathers = source(last);
      for (int s = last; s-- > 0;) backward_stage(s);
      for (auto &pass : plan.passes) inspect(pass);
      return std::move(plan);
    }

  private:
    Pass &add_pass() { return plan.passes.emplace_back(); }
    bool runs(int step) const { return d.steps[step].kind != Kind::exchange; }
    /// value whose neighbors' rows a stage reads, or -1
    int source(int stage) const
    {
      return plan.steps[first[stage]].gathers ? plan.steps[first[stage]].in : -1;
    }

    /// stages begin with steps that read rows of neighbors
    void cut_into_stages()
    {
      first.push_back(0);
      for (int k = 1; k < static_cast<int>(plan.steps.size()); ++k)
        if (plan.steps[k].gathers) first.push_back(k);
      first.push_back(static_cast<int>(plan.steps.size()));
      for (int s = 0; s + 1 < static_cast<int>(first.size()); ++s)
        for (int k = first[s]; k < first[s + 1]; ++k) stage_of.push_back(s);
    }

    void inspect(int v)
    {
      const Uses &u = uses[v];
      check(d, v, u);
      plan.steps[u.writers[0]].first_writer = true;
      for (int k : u.readers)
        if (plan.steps[k].in_place && plan.steps[k].in == v && u.readers.size() > 1)
          refuse(d, v, "has another reader beside one that must be the only one");
      for (std::size_t k = 0; k + 1 < u.readers.size(); ++k) {
        PlannedStep &reader = plan.steps[u.readers[k]];
        (reader.in == v ? reader.add_gradient : reader.add_gradient_by) = true;
      }
      const bool gathered = plan.steps[u.readers[0]].gathers;
      const bool crosses = stage_of[u.writers[0]] != stage_of[u.readers.back()];
      kept.push_back(crosses && !gathered);
    }

    /// Steps that give these values again from those that are kept; empty if there are none without
    /// sums over neighbors.
    std::vector<int> recompute_steps(const std::vector<int> &values, bool convolve) const
    {
      std::vector<char> needed(plan.steps.size(), 0);
      std::vector<int> open = values, found;
      while (!open.empty()) {
        const int v = open.back();
        open.pop_back();
        for (int k : uses[v].writers) {
          const PlannedStep &s = plan.steps[k];
          if (s.gathers || (s.of_edges && !convolve)) return {};
          if (needed[k]) continue;
          needed[k] = 1;
          for (int from : {s.in, s.by})
            if (from >= 0 && !kept[from]) open.push_back(from);
        }
      }
      for (int k = 0; k < static_cast<int>(needed.size()); ++k)
        if (needed[k]) found.push_back(k);
      return found;
    }

    /// values that the backward actions of steps [begin, end) look at and that are not kept
    std::vector<int> missing_values(int begin, int end) const
    {
      std::vector<int> values;
      for (int k = begin; k < end; ++k)
        for (int v : {plan.steps[k].in, plan.steps[k].by})
          if (runs(k) && plan.steps[k].keeps_input && v >= 0 && !kept[v]) values.push_back(v);
      return values;
    }

    void find_kept(int stage)
    {
      for (int v : missing_values(first[stage], first[stage + 1]))
        if (!kept[v] && recompute_steps({v}, false).empty()) kept[v] = true;
    }

    void find_kept()
    {
      for (int s = 1; s + 2 < static_cast<int>(first.size()); ++s) find_kept(s);
    }

    void all_forward(Pass &pass, int stage) const
    {
      for (int k = first[stage]; k < first[stage + 1]; ++k)
        if (runs(k)) pass.actions.push_back({k, true});
    }

    void backward(Pass &pass, int begin, int end) const
    {
      for (int k = end; k-- > begin;)
        if (runs(k)) pass.actions.push_back({k, false});
    }

    void recompute(Pass &pass, const std::vector<int> &values, bool convolve) const
    {
      for (int k : recompute_steps(values, convolve)) pass.actions.push_back({k, true});
    }

    /// the neighbors' rows that a stage read; of the first stage also what its gradient will need
    void recompute_source(Pass &pass, int stage)
    {
      std::vector<int> values{source(stage)};
      if (stage == 1) {
        const std::vector<char> before = kept;
        find_kept(0);
        for (int v = 0; v < static_cast<int>(kept.size()); ++v)
          if (kept[v] && !before[v]) values.push_back(v);
        std::vector<char> after = before;
        kept.swap(after);
        recompute(pass, values, true);
        kept.swap(after);
      } else {
        recompute(pass, values, false);
      }
      if (!pass.actions.empty()) pass.restores = values[0];
    }

    /// the first step of a stage that needs what is kept of it, if that is all
    int first_step_after_kept(int stage) const
    {
      int begin = first[stage + 1];
      for (int v = 0; v < static_cast<int>(kept.size()); ++v)
        if (kept[v] && stage_of[uses[v].writers.back()] == stage)
          begin = std::min(begin, uses[v].writers.back() + 1);
      return begin;
    }

    void backward_stage(int stage)
    {
      const int begin = first[stage], end = first[stage + 1];
      if (stage == 0) {
        Pass &pass = add_pass();
        recompute(pass, missing_values(begin, end), true);
        return backward(pass, begin, end);
      }
      const int middle = first_step_after_kept(stage);
      Pass &rest = add_pass();
      recompute_source(rest, stage);
      recompute(rest, missing_values(middle, end), false);
      backward(rest, middle, end);
      Pass &sums = add_pass();
      recompute(sums, missing_values(begin, middle), false);
      backward(sums, begin, middle);
      sums.gathers = source(stage);
    }

    void inspect(Pass &pass) const
    {
      for (const auto &action : pass.actions) {
        const PlannedStep &s = plan.steps[action.step];
        if (s.gives_forces && !action.forward) continue;
        pass.of_edges = pass.of_edges || s.of_edges || s.gives_forces;
        pass.gives_forces = pass.gives_forces || (action.forward ? s.gives_forces : s.of_edges);
      }
    }

    const Description &d;
    std::vector<Uses> uses;
    Plan plan;
    std::vector<int> first, stage_of;    ///< first step of each stage, and the end; [step]
    std::vector<char> kept;              ///< [value] from when it is complete until its gradient is known
  };

}    // namespace

Plan make_plan(const Description &d, const std::vector<Traits> &traits, const std::vector<int> &widths)
{
  if (std::none_of(d.steps.begin(), d.steps.end(),
                   [](const Step &s) { return s.kind == Kind::energy || s.kind == Kind::edgewise; }))
    throw std::runtime_error("network description: no step gives an energy: export the model again");
  Plan plan = Planner(d, traits).run();
  place_values(plan, widths);
  return plan;
}

}    // namespace natrolite::native
