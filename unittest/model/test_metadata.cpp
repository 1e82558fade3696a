// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"
#include "model/metadata.h"

#include <gtest/gtest.h>

using namespace natrolite;
using Json = json_library::json;

namespace {

Json good()
{
  return Json::parse(R"({"format_version": 1, "family": "toy", "name": "t", "created_by": "test",
    "license": "none", "citation": ["@misc{a}"], "weights_sha256": "0", "type_names": ["Na", "C"],
    "atomic_numbers": [11, 6], "r_max": 5.0, "pair_cutoffs": null, "lr_cutoff": null,
    "num_layers": 2, "strictly_local": false, "exchange_widths": [3],
    "collectives": {"ghost": 1, "sum": 0, "max": 0}, "dtype": "float64", "allow_tf32": false,
    "length_unit": "Angstrom", "energy_unit": "eV", "charge_unit": "e",
    "needs_total_charge": false, "needs_total_spin": false, "spin_convention": null,
    "defaults": {}, "outputs": ["atomic_energy"], "committee_size": 1, "arch": {},
    "reference": {"types": [0, 1], "positions": [[0,0,0],[1,0,0]], "cell": null,
      "pbc": [false,false,false], "total_charge": 0.0, "total_spin": 0.0, "energy": -1.0,
      "forces": [[0,0,0],[0,0,0]], "energy_tolerance": 1e-9, "force_tolerance": 1e-9}})");
}

std::string quoted(std::string text)
{
  text.insert(text.begin(), '\'');
  text.push_back('\'');
  return text;
}

std::string complaint(const Json &j)
{
  try {
    parse_metadata(j.dump());
  } catch (const std::runtime_error &e) {
    return e.what();
  }
  return "";
}

}    // namespace

TEST(Metadata, AGoodFileIsRead)
{
  const Metadata m = parse_metadata(good().dump());
  EXPECT_EQ(m.type_names, (std::vector<std::string>{"Na", "C"}));
  EXPECT_EQ(m.max_exchange_width, 3);
  EXPECT_DOUBLE_EQ(m.list_cutoff, 5.0);
  EXPECT_FALSE(m.spin_is_multiplicity);
  EXPECT_FALSE(m.reference.periodic[0]);
}

TEST(Metadata, TheListCutoffIsTheLargest)
{
  Json j = good();
  j["pair_cutoffs"] = {{4.0, 6.0}, {6.0, 3.0}};
  EXPECT_DOUBLE_EQ(parse_metadata(j.dump()).list_cutoff, 6.0);
  j["lr_cutoff"] = 9.0;
  EXPECT_DOUBLE_EQ(parse_metadata(j.dump()).list_cutoff, 9.0);
}

TEST(Metadata, EveryMissingKeyIsNamed)
{
  const Json all = good();
  for (const char *optional : {"defaults", "arch"})    // for other programs
    EXPECT_TRUE(all.contains(optional));
  for (const auto &item : all.items()) {
    if (item.key() == "defaults" || item.key() == "arch") continue;
    Json j = all;
    j.erase(item.key());
    EXPECT_NE(complaint(j).find(quoted(item.key())), std::string::npos) << item.key();
  }
}

TEST(Metadata, WrongValuesAreNamed)
{
  const std::pair<const char *, Json> wrong[] = {
      {"format_version", 2},      {"dtype", "float16"},      {"r_max", -5.0},
      {"r_max", "five"},          {"energy_unit", "Ha"},     {"type_names", Json::array()},
      {"num_layers", 0},          {"spin_convention", "up"}, {"pair_cutoffs", {{1.0}}},
      {"strictly_local", true},   {"collectives", nullptr},  {"exchange_widths", "3"},
      {"length_unit", "Bohr"},    {"charge_unit", "C"},      {"reference", Json::object()}};
  for (const auto &[key, value] : wrong) {
    Json j = good();
    j[key] = value;
    EXPECT_NE(complaint(j), "") << key << " = " << value.dump();
  }
  EXPECT_NE(complaint(Json::array()), "");
  EXPECT_THROW(parse_metadata("{not json"), std::runtime_error);
}

TEST(Metadata, AReferenceThatDoesNotFitIsRefused)
{
  for (const char *key : {"types", "positions", "forces"}) {
    Json j = good();
    j["reference"][key].erase(0);
    EXPECT_NE(complaint(j).find("reference"), std::string::npos) << key;
  }
  Json j = good();
  j["reference"]["types"][0] = 7;
  EXPECT_NE(complaint(j).find("reference"), std::string::npos);
}
