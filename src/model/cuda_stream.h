// SPDX-License-Identifier: GPL-2.0-only
#pragma once
#include <c10/core/Device.h>
namespace natrolite {
class StreamScope {
 public:
  StreamScope(void *, c10::Device) {}
  ~StreamScope() {}
};
}    // namespace natrolite
