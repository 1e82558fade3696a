// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "vec3.h"

#include <cstdint>
#include <vector>

namespace natrolite {

struct PathSettings {
  int stride = 1;            ///< samples per step of the path
  int window = 100;          ///< strides per window
  double net_floor = 0.1;    ///< A
  double cap = 1000.0;
  enum Average { Median, Mean, Ratio };
  Average average = Median;
};

/// Path, net displacement and tortuosity of one particle. Windows follow one another without gaps;
/// only complete windows count. Memory: two doubles per window.
class Path {
public:
  explicit Path(const PathSettings &settings) : settings_(settings) {}

  void accumulate(const Vec3 &position);

  double length() const { return length_; }               // over all strides so far
  double net() const { return norm(last_ - origin_); }    // from the first to the last sample
  double largest() const { return largest_; }             // largest distance from the first sample
  /// path / net over the windows; 0 before the first complete window
  double tortuosity() const;
  int windows() const { return static_cast<int>(paths_.size()); }
  int capped() const;

  /// numbers that save() adds after so many samples
  static double state_size(std::int64_t samples, const PathSettings &settings);
  void save(std::vector<double> &out) const;
  const double *load(const double *in);

private:
  double window_value(std::size_t w) const;

  PathSettings settings_;
  std::int64_t samples_ = 0;
  Vec3 origin_, last_, stride_start_, window_start_;
  double length_ = 0.0, largest_ = 0.0, window_path_ = 0.0;
  std::vector<double> paths_, nets_;
};

/// Counts hops: the mean position over blocks of `block` samples has moved more than `distance` from
/// the last site; it is then the new site. The first complete block is the first site.
class Hops {
public:
  Hops(int block, double distance) : block_(block), distance_(distance) {}

  void accumulate(const Vec3 &position);
  int count() const { return count_; }

  static constexpr double state_size = 9;    ///< numbers that save() adds
  void save(std::vector<double> &out) const;
  const double *load(const double *in);

private:
  int block_;
  double distance_;
  int in_block_ = 0, count_ = 0;
  bool has_site_ = false;
  Vec3 sum_, site_;
};

}    // namespace natrolite
