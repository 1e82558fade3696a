// SPDX-License-Identifier: GPL-2.0-only
#include "blocking.h"

#include <algorithm>
#include <cmath>

namespace natrolite {

void Blocking::accumulate(double value)
{
  for (std::size_t k = 0;; k++) {
    if (k == levels_.size()) levels_.emplace_back();
    Level &l = levels_[k];
    l.n++;
    const double d = value - l.mean;
    l.mean += d / static_cast<double>(l.n);
    l.m2 += d * (value - l.mean);
    if (!l.waiting) {
      l.waiting = true;
      l.value = value;
      return;
    }
    l.waiting = false;
    value = 0.5 * (l.value + value);
  }
}

double Blocking::mean() const
{
  return levels_.empty() ? 0.0 : levels_[0].mean;
}

double Blocking::level_error(const Level &l)
{
  if (l.n < 2) return 0.0;
  return std::sqrt(std::max(0.0, l.m2) / (static_cast<double>(l.n) * static_cast<double>(l.n - 1)));
}

double Blocking::naive_error() const
{
  return levels_.empty() ? 0.0 : level_error(levels_[0]);
}

int Blocking::level() const
{
  const double naive = naive_error();
  if (naive <= 0.0) return 0;
  const auto n = static_cast<double>(levels_[0].n);
  int best = 0;
  for (std::size_t k = 0; k < levels_.size() && levels_[k].n >= 2; k++) {
    const double ratio = level_error(levels_[k]) / naive;
    if (std::pow(8.0, k) > 2.0 * n * std::pow(ratio, 4)) return static_cast<int>(k);
    // no plateau yet: the most pessimistic level that still has some blocks
    if (levels_[k].n >= 4 && level_error(levels_[k]) > level_error(levels_[best])) best = static_cast<int>(k);
  }
  return best;
}

double Blocking::error() const
{
  return levels_.empty() ? 0.0 : level_error(levels_[level()]);
}

double Blocking::correlation_time() const
{
  const double naive = naive_error();
  if (naive <= 0.0) return 0.5;
  const double ratio = error() / naive;
  return 0.5 * ratio * ratio;
}

std::vector<double> Blocking::save() const
{
  std::vector<double> out;
  for (const Level &l : levels_)
    out.insert(out.end(), {static_cast<double>(l.n), l.mean, l.m2, l.waiting ? 1.0 : 0.0, l.value});
  return out;
}

void Blocking::load(const std::vector<double> &s)
{
  levels_.clear();
  for (std::size_t k = 0; k + 4 < s.size(); k += 5)
    levels_.push_back({static_cast<std::int64_t>(s[k]), s[k + 1], s[k + 2], s[k + 3] > 0.5, s[k + 4]});
}

}    // namespace natrolite
