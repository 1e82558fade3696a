// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Where values are in each pass. What lives within one pass is in the scratch of a block; the rest is in
/// memories of all atoms, which values take over from others that are not needed any more.
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
  struct Life {
    int value = -1;
    bool gradient = false, gathered = false, summed = false, overwritten = false;
    Time from, to;
    bool kept() const { return gathered || from.pass != to.pass; }
  };

  class Lives {
  public:
    Lives(const Plan &p, std::size_t values) : plan(p), values_(values, -1), gradients_(values, -1) {}

    std::vector<Life> run()
    {
      for (now.pass = 0; now.pass < static_cast<int>(plan.passes.size()); ++now.pass) {
        const Pass &pass = plan.passes[now.pass];
        now.action = -1;
        if (pass.gathers >= 0) {
          begin(pass.gathers, true);
          lives.back().gathered = lives.back().summed = true;
        }
        for (const auto &action : pass.actions) {
          ++now.action;
          action.forward ? forward(plan.steps[action.step]) : backward(plan.steps[action.step]);
        }
        ++now.action;
        if (pass.sends >= 0) use(pass.sends, false);
        if (pass.gathers >= 0) use(pass.gathers, true);
      }
      return std::move(lives);
    }

  private:
    void begin(int value, bool gradient)
    {
      Life life;
      life.value = value;
      life.gradient = gradient;
      life.from = life.to = now;
      (gradient ? gradients_ : values_)[value] = static_cast<int>(lives.size());
      lives.push_back(life);
    }
    Life &use(int value, bool gradient)
    {
      const int k = (gradient ? gradients_ : values_)[value];
      if (k < 0) throw std::logic_error("native plan: a value is read before it is written");
      lives[k].to = now;
      return lives[k];
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
    std::vector<Life> lives;
    std::vector<int> values_, gradients_;    ///< the one that lives, or -1
  };

  class Places {
  public:
    Places(Plan &p, const std::vector<int> &w) : plan(p), widths(w), lives(Lives(p, w.size()).run())
    {
      for (auto &pass : plan.passes) {
        pass.values.resize(widths.size());
        pass.gradients.resize(widths.size());
      }
    }

    void run()
    {
      for (const auto &life : lives) memories.push_back(life.kept() ? take(life) : -1);
      for (int k = 0; k < static_cast<int>(plan.passes.size()); ++k) scratch(k);
      for (auto &pass : plan.passes)
        for (std::size_t v = 0; v < widths.size(); ++v)    // gradients that overwrite
          if (pass.gradients[v].memory < 0 && pass.gradients[v].scratch < 0)
            pass.gradients[v] = pass.values[v];
    }

  private:
    void settle(const Life &life, int pass, Place where)
    {
      Pass &p = plan.passes[pass];
      Place &place = (life.gradient ? p.gradients : p.values)[life.value];
      if (place.memory >= 0 || place.scratch >= 0)
        throw std::logic_error("native plan: a value is in two places");
      place = where;
    }

    /// memory for a life: that of the value whose gradient it is, or the free one that fits best
    int take(const Life &life)
    {
      const int width = widths[life.value];
      int best = inherited(life);
      const bool inherits = best >= 0;
      for (int k = 0; !inherits && k < static_cast<int>(busy.size()); ++k)
        if (busy[k] < life.from.pass && (best < 0 || fits_better(k, best, width))) best = k;
      if (best < 0) {
        best = static_cast<int>(busy.size());
        busy.push_back(-1);
        plan.memories.emplace_back();
      }
      busy[best] = life.to.pass;
      PlannedMemory &memory = plan.memories[best];
      int &size = life.summed ? memory.summed : life.gathered ? memory.all : memory.own;
      size = std::max(size, width);
      for (int pass = life.from.pass; pass <= life.to.pass; ++pass) settle(life, pass, {best, -1});
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
    int inherited(const Life &life) const
    {
      if (!life.gradient || life.gathered) return -1;
      for (std::size_t k = 0; k < memories.size(); ++k) {
        const Life &other = lives[k];
        if (other.value == life.value && !other.gradient && memories[k] >= 0 && !other.gathered &&
            other.to.pass == life.from.pass && other.to < life.from && !other.overwritten)
          return memories[k];
      }
      return -1;
    }

    void scratch(int pass)
    {
      std::vector<std::pair<const Life *, std::int64_t>> there;
      for (const auto &life : lives) {
        if (life.kept() || life.from.pass != pass) continue;
        const int width = widths[life.value];
        std::int64_t at = 0;
        for (bool moved = true; moved;) {
          moved = false;
          for (const auto &[other, begin] : there) {
            const bool together = other->from <= life.to && life.from <= other->to;
            const std::int64_t end = begin + widths[other->value];
            if (!together || at >= end || begin >= at + width) continue;
            at = end;
            moved = true;
          }
        }
        there.emplace_back(&life, at);
        settle(life, pass, {-1, at});
        plan.scratch = std::max(plan.scratch, at + width);
      }
    }

    Plan &plan;
    const std::vector<int> &widths;
    const std::vector<Life> lives;
    std::vector<int> memories;    ///< [life] or -1
    std::vector<int> busy;        ///< [memory] last pass in which it is
  };

}    // namespace

void place_values(Plan &plan, const std::vector<int> &widths)
{
  Places(plan, widths).run();
}

}    // namespace natrolite::native
