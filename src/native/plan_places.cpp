// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Where values are in each pass. What lives within one pass is in the scratch of a block; the rest is
/// in memories of all atoms, which values take over from others that are not needed any more.
#include "plan.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace natrolite::native {
namespace {

  /// A point in time: pass, action.
  struct Time {
    int pass = 0, action = 0;
    auto operator<=>(const Time &) const = default;
  };

  /// A value, or its gradient, from when it is written until it is read last.
  struct LiveRange {
    int value = -1;
    bool gradient = false, gathered = false, summed = false, overwritten = false;
    Time from, to;
    bool kept() const { return gathered || from.pass != to.pass; }
  };

  class LivenessAnalysis {
  public:
    LivenessAnalysis(const Plan &p, std::size_t values) : plan(p), values_(values, -1), gradients_(values, -1)
    {
    }

    std::vector<LiveRange> run()
    {
      for (now.pass = 0; now.pass < static_cast<int>(plan.passes.size()); ++now.pass) {
        const Pass &pass = plan.passes[now.pass];
        now.action = -1;
        if (pass.gathers >= 0) {
          begin(pass.gathers, true);
          live_ranges.back().gathered = live_ranges.back().summed = true;
        }
        for (const auto &action : pass.actions) {
          ++now.action;
          action.forward ? forward(plan.steps[action.step]) : backward(plan.steps[action.step]);
        }
        ++now.action;
        if (pass.sends >= 0) use(pass.sends, false);
        if (pass.gathers >= 0) use(pass.gathers, true);
      }
      return std::move(live_ranges);
    }

  private:
    void begin(int value, bool gradient)
    {
      LiveRange range;
      range.value = value;
      range.gradient = gradient;
      range.from = range.to = now;
      (gradient ? gradients_ : values_)[value] = static_cast<int>(live_ranges.size());
      live_ranges.push_back(range);
    }
    LiveRange &use(int value, bool gradient)
    {
      const int k = (gradient ? gradients_ : values_)[value];
      if (k < 0) throw std::logic_error("native plan: a value is read before it is written");
      live_ranges[k].to = now;
      return live_ranges[k];
    }
    void look(int value)
    {
      if (use(value, false).overwritten)
        throw std::logic_error("native plan: a value is read after its gradient");
    }
    void forward(const PlannedStep &s)
    {
      for (int v : {s.in, s.by})
        if (v >= 0) look(v);
      if (s.gathers) use(s.in, false).gathered = true;
      if (s.out < 0) return;
      if (s.first_writer) begin(s.out, false);
      look(s.out);
    }
    void backward(const PlannedStep &s)
    {
      for (int v : {s.in, s.by})
        if (v >= 0 && (s.keeps_input || s.gathers)) look(v);
      if (s.out >= 0) use(s.out, gradients_[s.out] >= 0);
      if (s.gathers) {
        use(s.in, false).gathered = true;
        return;
      }
      if (s.in >= 0) gradient(s.in, s.in_place, s.add_gradient);
      if (s.by >= 0) gradient(s.by, false, s.add_gradient_by);
    }
    void gradient(int value, bool in_place, bool add)
    {
      if (in_place) {
        gradients_[value] = -1;
        use(value, false).overwritten = true;
      } else if (add) {
        use(value, true);
      } else {
        begin(value, true);
      }
    }

    const Plan &plan;
    Time now;
    std::vector<LiveRange> live_ranges;
    std::vector<int> values_, gradients_;    ///< the range that goes on, or -1
  };

  class MemoryPlanner {
  public:
    MemoryPlanner(Plan &p, const std::vector<int> &w) :
        plan(p), widths(w), live_ranges(LivenessAnalysis(p, w.size()).run())
    {
      for (auto &pass : plan.passes) {
        pass.values.resize(widths.size());
        pass.gradients.resize(widths.size());
      }
    }

    void run()
    {
      for (const auto &range : live_ranges) memories.push_back(range.kept() ? allocate(range) : -1);
      for (int k = 0; k < static_cast<int>(plan.passes.size()); ++k) scratch(k);
      for (auto &pass : plan.passes)
        for (std::size_t v = 0; v < widths.size(); ++v)    // gradients that overwrite
          if (pass.gradients[v].memory < 0 && pass.gradients[v].scratch < 0)
            pass.gradients[v] = pass.values[v];
    }

  private:
    void assign_place(const LiveRange &range, int pass, Place where)
    {
      Pass &p = plan.passes[pass];
      Place &place = (range.gradient ? p.gradients : p.values)[range.value];
      if (place.memory >= 0 || place.scratch >= 0)
        throw std::logic_error("native plan: a value is in two places");
      place = where;
    }

    /// memory for a live range: that of the value whose gradient it is, or the free one that fits best
    int allocate(const LiveRange &range)
    {
      const int width = widths[range.value];
      int best = memory_of_value(range);
      const bool reuses_value = best >= 0;
      for (int k = 0; !reuses_value && k < static_cast<int>(busy_until.size()); ++k)
        if (busy_until[k] < range.from.pass && (best < 0 || fits_better(k, best, width))) best = k;
      if (best < 0) {
        best = static_cast<int>(busy_until.size());
        busy_until.push_back(-1);
        plan.memories.emplace_back();
      }
      busy_until[best] = range.to.pass;
      PlannedMemory &memory = plan.memories[best];
      int &size = range.summed ? memory.summed : range.gathered ? memory.all : memory.own;
      size = std::max(size, width);
      for (int pass = range.from.pass; pass <= range.to.pass; ++pass) assign_place(range, pass, {best, -1});
      return best;
    }

    int size(int memory) const
    {
      const PlannedMemory &m = plan.memories[memory];
      return std::max({m.own, m.all, m.summed});
    }

    bool fits_better(int k, int than, int width) const
    {
      const int a = size(k), b = size(than);
      return a >= width ? b < width || a < b : b < width && a > b;
    }

    /// A gradient may take the memory of its value, row by row, if nothing reads this after it.
    int memory_of_value(const LiveRange &range) const
    {
      if (!range.gradient || range.gathered) return -1;
      for (std::size_t k = 0; k < memories.size(); ++k) {
        const LiveRange &other = live_ranges[k];
        if (other.value == range.value && !other.gradient && memories[k] >= 0 && !other.gathered &&
            other.to.pass == range.from.pass && other.to < range.from && !other.overwritten)
          return memories[k];
      }
      return -1;
    }

    void scratch(int pass)
    {
      std::vector<std::pair<const LiveRange *, std::int64_t>> there;
      for (const auto &range : live_ranges) {
        if (range.kept() || range.from.pass != pass) continue;
        const int width = widths[range.value];
        std::int64_t at = 0;
        for (bool moved = true; moved;) {
          moved = false;
          for (const auto &[other, begin] : there) {
            const bool together = other->from <= range.to && range.from <= other->to;
            const std::int64_t end = begin + widths[other->value];
            if (!together || at >= end || begin >= at + width) continue;
            at = end;
            moved = true;
          }
        }
        there.emplace_back(&range, at);
        assign_place(range, pass, {-1, at});
        plan.scratch = std::max(plan.scratch, at + width);
      }
    }

    Plan &plan;
    const std::vector<int> &widths;
    const std::vector<LiveRange> live_ranges;
    std::vector<int> memories;      ///< [range] or -1
    std::vector<int> busy_until;    ///< [memory] last pass in which it is
  };

}    // namespace

void place_values(Plan &plan, const std::vector<int> &widths)
{
  MemoryPlanner(plan, widths).run();
}

}    // namespace natrolite::native
