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
  struct Wrong {
    const char *key;
    Json value;
    const char *word;    // of the message, besides the key
  };
  const Wrong wrong[] = {
      {"format_version", 2, "newer than the 1"},
      {"format_version", 0, "unknown"},
      {"dtype", "float16", "'float16'"},
      {"r_max", -5.0, "positive: -5.0"},
      {"r_max", "five", "wrong type: \"five\""},
      {"r_max", nullptr, "wrong type: null"},
      {"energy_unit", "Ha", "'Ha', supported is 'eV'"},
      {"length_unit", "Bohr", "'Bohr', supported is 'Angstrom'"},
      {"charge_unit", "C", "'C', supported is 'e'"},
      {"type_names", Json::array(), "do not fit"},
      {"num_layers", 0, "out of range: 0"},
      {"spin_convention", "up", "unknown: 'up'"},
      {"pair_cutoffs", {{1.0}}, "not a square matrix"},
      {"strictly_local", true, "contradict"},
      {"exchange_widths", "3", "wrong type: \"3\""},
      {"committee_size", 2, "is 2"},
  };
  for (const auto &[key, value, word] : wrong) {
    Json j = good();
    j[key] = value;
    const std::string text = complaint(j);
    EXPECT_NE(text.find(key), std::string::npos) << key << " = " << value.dump() << ": " << text;
    EXPECT_NE(text.find(word), std::string::npos) << key << " = " << value.dump() << ": " << text;
  }
}

TEST(Metadata, WhatIsMissingInAnObjectIsNamed)
{
  Json j = good();
  j["collectives"] = nullptr;
  EXPECT_NE(complaint(j).find("lacks the key 'ghost'"), std::string::npos) << complaint(j);
  j = good();
  j["reference"] = Json::object();
  EXPECT_NE(complaint(j).find("lacks the key 'types'"), std::string::npos) << complaint(j);
  EXPECT_NE(complaint(Json::array()).find("lacks the key 'format_version'"), std::string::npos);
  try {
    parse_metadata("{not json");
    FAIL() << "no error";
  } catch (const std::runtime_error &e) {
    EXPECT_NE(std::string(e.what()).find("not valid JSON"), std::string::npos) << e.what();
  }
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
