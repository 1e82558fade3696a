// SPDX-License-Identifier: GPL-2.0-only
#include "step_table.h"

#include <charconv>

namespace natrolite {

std::size_t bytes_before_step(std::string_view table, std::int64_t step)
{
  std::size_t begin = 0;
  bool any = false;
  for (auto end = table.find('\n'); end != table.npos; end = table.find('\n', begin)) {
    std::int64_t of_row = 0;
    const char *last = table.data() + end;
    const bool row = std::from_chars(table.data() + begin, last, of_row).ec == std::errc();
    if (row && of_row >= step) break;
    any = any || row;
    begin = end + 1;
  }
  return any ? begin : 0;
}

}    // namespace natrolite
