// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Reading of a network description: entries of its JSON and its arrays, checked one by one.
#pragma once

#include "description.h"

#include "json.h"

#include <string>
#include <string_view>
#include <vector>

namespace natrolite::native {

using Json = json_library::json;

/// Throws std::runtime_error of one line.
[[noreturn]] void refuse(const std::string &what);

/// \name Members of an object; `where` names it in messages
/// @{
const Json &member(const Json &object, const char *key, const std::string &where);
double number(const Json &object, const char *key, const std::string &where);
int integer(const Json &object, const char *key, const std::string &where, int low, int high);
std::string text_of(const Json &object, const char *key, const std::string &where);
bool flag(const Json &object, const char *key, const std::string &where);
const Json &list(const Json &object, const char *key, const std::string &where);
ActivationShape activation(const Json &object, const std::string &where);
std::vector<BlockShape> blocks(const Json &entries, const std::string &where);
/// @}

/// The arrays of the file, unpacked when they are asked for.
class Arrays {
public:
  Arrays(const Json &table, std::string_view bytes) : table_(table), bytes_(bytes) {}
  /// shape: what it must be; -1 = anything
  Array get(const Json &object, const char *key, const std::string &where,
            const std::vector<std::int64_t> &shape) const;
  std::size_t rank(const Json &object, const char *key, const std::string &where) const;

private:
  Array read(const std::string &name) const;
  const Json &table_;
  std::string_view bytes_;
};

Edgewise read_edgewise(const Description &d, const Arrays &arrays, const Json &entry,
                       const std::string &where);
/// cutoff: of the edges, or a shorter one that the function must keep to
Radial read_radial(const Json &entry, const Arrays &arrays, double cutoff, int types,
                   const std::string &where);

/// d: with its values and radial functions
Step read_step(const Description &d, const Arrays &arrays, const Json &entry, const std::string &where);

}    // namespace natrolite::native
