// SPDX-License-Identifier: GPL-2.0-only
#include "path.h"

#include <algorithm>
#include <cmath>

namespace natrolite {

void Path::accumulate(const Vec3 &x)
{
  if (samples_ == 0) origin_ = stride_start_ = window_start_ = x;
  last_ = x;
  largest_ = std::max(largest_, norm(x - origin_));
  if (samples_ > 0 && samples_ % settings_.stride == 0) {
    const double step = norm(x - stride_start_);
    length_ += step;
    window_path_ += step;
    stride_start_ = x;
    if ((samples_ / settings_.stride) % settings_.window == 0) {
      paths_.push_back(window_path_);
      nets_.push_back(norm(x - window_start_));
      window_path_ = 0.0;
      window_start_ = x;
    }
  }
  samples_++;
}

double Path::window_value(std::size_t w) const
{
  return paths_[w] / std::max(nets_[w], settings_.net_floor);
}

int Path::capped() const
{
  int count = 0;
  for (std::size_t w = 0; w < paths_.size(); w++) count += window_value(w) > settings_.cap;
  return count;
}

double Path::tortuosity() const
{
  const std::size_t n = paths_.size();
  if (n == 0) return 0.0;
  if (settings_.average == PathSettings::Ratio) {
    double path = 0.0, net2 = 0.0;
    for (std::size_t w = 0; w < n; w++) {
      path += paths_[w] / static_cast<double>(n);
      net2 += nets_[w] * nets_[w] / static_cast<double>(n);
    }
    return std::min(settings_.cap, path / std::max(std::sqrt(net2), settings_.net_floor));
  }
  std::vector<double> values(n);
  for (std::size_t w = 0; w < n; w++) values[w] = std::min(settings_.cap, window_value(w));
  if (settings_.average == PathSettings::Mean) {
    double sum = 0.0;
    for (const double v : values) sum += v;
    return sum / static_cast<double>(n);
  }
  std::sort(values.begin(), values.end());
  return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

static void put(std::vector<double> &out, const Vec3 &v)
{
  out.insert(out.end(), {v.x, v.y, v.z});
}

static Vec3 take(const double *&in)
{
  const Vec3 v{in[0], in[1], in[2]};
  in += 3;
  return v;
}

double Path::state_size(std::int64_t samples, const PathSettings &settings)
{
  const std::int64_t strides = samples > 0 ? (samples - 1) / settings.stride : 0;
  return 17.0 + 2.0 * static_cast<double>(strides / settings.window);
}

void Path::save(std::vector<double> &out) const
{
  out.push_back(static_cast<double>(samples_));
  for (const Vec3 &v : {origin_, last_, stride_start_, window_start_}) put(out, v);
  out.insert(out.end(), {length_, largest_, window_path_, static_cast<double>(paths_.size())});
  out.insert(out.end(), paths_.begin(), paths_.end());
  out.insert(out.end(), nets_.begin(), nets_.end());
}

const double *Path::load(const double *in)
{
  samples_ = static_cast<std::int64_t>(*in++);
  for (Vec3 *v : {&origin_, &last_, &stride_start_, &window_start_}) *v = take(in);
  length_ = *in++;
  largest_ = *in++;
  window_path_ = *in++;
  const auto n = static_cast<std::size_t>(*in++);
  paths_.assign(in, in + n);
  nets_.assign(in + n, in + 2 * n);
  return in + 2 * n;
}

void Hops::accumulate(const Vec3 &x)
{
  sum_ = sum_ + x;
  if (++in_block_ < block_) return;
  const Vec3 mean = (1.0 / block_) * sum_;
  if (has_site_ && norm(mean - site_) > distance_) {
    count_++;
    site_ = mean;
  }
  if (!has_site_) site_ = mean;
  has_site_ = true;
  sum_ = {};
  in_block_ = 0;
}

void Hops::save(std::vector<double> &out) const
{
  out.insert(out.end(), {static_cast<double>(in_block_), static_cast<double>(count_), has_site_ ? 1.0 : 0.0});
  put(out, sum_);
  put(out, site_);
}

const double *Hops::load(const double *in)
{
  in_block_ = static_cast<int>(*in++);
  count_ = static_cast<int>(*in++);
  has_site_ = *in++ > 0.5;
  sum_ = take(in);
  site_ = take(in);
  return in;
}

}    // namespace natrolite
