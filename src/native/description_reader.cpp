// SPDX-License-Identifier: GPL-2.0-only
#include "description_reader.h"

#include <cmath>
#include <cstring>
#include <map>
#include <stdexcept>

namespace natrolite::native {

void refuse(const std::string &what)
{
  throw std::runtime_error("network description: " + what + ": export the model again");
}

const Json &member(const Json &object, const char *key, const std::string &where)
{
  if (!object.is_object()) refuse(where + " is no object");
  const auto found = object.find(key);
  if (found == object.end()) refuse(where + " lacks '" + key + "'");
  return *found;
}

double number(const Json &object, const char *key, const std::string &where)
{
  const Json &value = member(object, key, where);
  if (!value.is_number()) refuse(where + ": '" + key + "' is no number");
  const double x = value.get<double>();
  if (!std::isfinite(x)) refuse(where + ": '" + key + "' is not finite");
  return x;
}

int integer(const Json &object, const char *key, const std::string &where, int low, int high)
{
  const Json &value = member(object, key, where);
  if (!value.is_number_integer()) refuse(where + ": '" + key + "' is no whole number");
  const auto x = value.get<std::int64_t>();
  if (x < low || x > high)
    refuse(where + ": '" + key + "' is " + std::to_string(x) + ", not within " + std::to_string(low) +
           " and " + std::to_string(high));
  return static_cast<int>(x);
}

std::string text_of(const Json &object, const char *key, const std::string &where)
{
  const Json &value = member(object, key, where);
  if (!value.is_string()) refuse(where + ": '" + key + "' is no text");
  return value.get<std::string>();
}

bool flag(const Json &object, const char *key, const std::string &where)
{
  const Json &value = member(object, key, where);
  if (!value.is_boolean()) refuse(where + ": '" + key + "' is neither true nor false");
  return value.get<bool>();
}

const Json &list(const Json &object, const char *key, const std::string &where)
{
  const Json &value = member(object, key, where);
  if (!value.is_array()) refuse(where + ": '" + key + "' is no list");
  return value;
}

ActivationShape activation(const Json &object, const std::string &where)
{
  static const std::map<std::string, Activation> known = {
      {"identity", Activation::identity},      {"silu", Activation::silu}, {"tanh", Activation::tanh},
      {"sigmoid", Activation::sigmoid},        {"abs", Activation::abs},   {"softplus", Activation::softplus},
      {"tanh_square", Activation::tanh_square}};
  const std::string name = text_of(object, "activation", where);
  const auto found = known.find(name);
  if (found == known.end()) refuse(where + " has the unknown activation '" + name + "'");
  return {found->second, number(object, "factor", where)};
}

constexpr int MAX_CHANNELS = 1 << 16;
constexpr std::int64_t MAX_ELEMENTS = 1 << 20;    // of a row

std::vector<BlockShape> blocks(const Json &entries, const std::string &where)
{
  std::vector<BlockShape> result;
  if (!entries.is_array() || entries.empty()) refuse(where + " has no blocks");
  for (const Json &entry : entries)
    result.push_back(
        {integer(entry, "channels", where, 1, MAX_CHANNELS), integer(entry, "l", where, 0, MAX_L)});
  std::int64_t width = 0;
  for (const auto &block : result) width += (block.channels + 16) * (2 * block.l + 1);
  if (width > MAX_ELEMENTS) refuse(where + " is too wide");
  return result;
}

Array Arrays::get(const Json &object, const char *key, const std::string &where,
                  const std::vector<std::int64_t> &shape) const
{
  const std::string name = text_of(object, key, where);
  const Array array = read(name);
  bool fits = array.shape.size() == shape.size();
  for (std::size_t k = 0; fits && k < shape.size(); ++k) fits = shape[k] < 0 || shape[k] == array.shape[k];
  if (!fits) refuse(where + ": the array " + name + " has another shape than it needs");
  return array;
}

std::size_t Arrays::rank(const Json &object, const char *key, const std::string &where) const
{
  return list(member(table_, text_of(object, key, where).c_str(), "arrays"), "shape", where).size();
}

Array Arrays::read(const std::string &name) const
{
  const std::string where = "array " + name;
  const Json &entry = member(table_, name.c_str(), "arrays");
  Array array;
  std::int64_t count = 1;
  for (const Json &n : list(entry, "shape", where)) {
    if (!n.is_number_integer() || n.get<std::int64_t>() < 1 || n.get<std::int64_t>() > (1 << 28))
      refuse(where + " has a wrong shape");
    array.shape.push_back(n.get<std::int64_t>());
    if (count > (std::int64_t(1) << 40) / array.shape.back()) refuse(where + " is too large");
    count *= array.shape.back();
  }
  const std::string type = text_of(entry, "dtype", where);
  if (type != "float32" && type != "float64") refuse(where + " has the type " + type);
  const std::int64_t size = type == "float32" ? 4 : 8;
  const Json &at = member(entry, "offset", where);
  const auto have = static_cast<std::int64_t>(bytes_.size());
  if (!at.is_number_integer() || at.get<std::int64_t>() < 0 || at.get<std::int64_t>() > have ||
      count > (have - at.get<std::int64_t>()) / size)
    refuse(where + " lies outside of the record of the arrays (truncated?)");
  array.values.resize(count);
  const char *from = bytes_.data() + at.get<std::int64_t>();
  for (std::int64_t k = 0; k < count; ++k) {
    float narrow;
    if (size == 4) {
      std::memcpy(&narrow, from + 4 * k, 4);
      array.values[k] = narrow;
    } else
      std::memcpy(&array.values[k], from + 8 * k, 8);
    if (!std::isfinite(array.values[k])) refuse(where + " has a number that is not finite");
  }
  return array;
}

}    // namespace natrolite::native
