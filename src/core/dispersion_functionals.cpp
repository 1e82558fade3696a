// SPDX-License-Identifier: GPL-2.0-only
#include "dispersion_functionals.h"

#include <cctype>
#include <stdexcept>

namespace natrolite::d3 {

namespace {

  struct Row {
    const char *name;
    double s8, first, second = 1.0, s6 = 1.0;
  };

  constexpr Row ZERO[] = {    // s8, sr6, sr8, s6
      {"slater-dirac-exchange", -1.957, 0.999, 0.697}, {"b-lyp", 1.682, 1.094},
      {"b-p", 1.683, 1.139}, {"b97-d", 0.909, 0.892}, {"revpbe", 1.01, 0.923},
      {"pbe", 0.722, 1.217}, {"pbesol", 0.612, 1.345}, {"rpw86-pbe", 0.901, 1.224},
      {"rpbe", 0.514, 0.872}, {"tpss", 1.105, 1.166}, {"b3-lyp", 1.703, 1.261},
      {"pbe0", 0.928, 1.287}, {"hse06", 0.109, 1.129}, {"revpbe38", 0.862, 1.021},
      {"pw6b95", 0.862, 1.532}, {"tpss0", 1.242, 1.252}, {"b2-plyp", 1.022, 1.427, 1.0, 0.64},
      {"pwpb95", 0.705, 1.557, 1.0, 0.82}, {"b2gp-plyp", 0.76, 1.586, 1.0, 0.56},
      {"ptpss", 0.879, 1.541, 1.0, 0.75}, {"hf", 1.746, 1.158}, {"mpwlyp", 1.098, 1.239},
      {"bpbe", 2.033, 1.087}, {"bh-lyp", 1.442, 1.37}, {"tpssh", 1.219, 1.223},
      {"pwb6k", 0.55, 1.66}, {"b1b95", 1.868, 1.613}, {"bop", 1.975, 0.929},
      {"o-lyp", 1.764, 0.806}, {"o-pbe", 2.055, 0.837}, {"ssb", 0.663, 1.215},
      {"revssb", 0.56, 1.221}, {"otpss", 1.494, 1.128}, {"b3pw91", 1.775, 1.176},
      {"revpbe0", 0.792, 0.949}, {"pbe38", 0.998, 1.333}, {"mpw1b95", 1.118, 1.605},
      {"mpwb1k", 1.061, 1.671}, {"bmk", 2.168, 1.931}, {"cam-b3lyp", 1.217, 1.378},
      {"lc-wpbe", 1.279, 1.355}, {"m05", 0.595, 1.373}, {"m052x", 0.0, 1.417},
      {"m06l", 0.0, 1.581}, {"m06", 0.0, 1.325}, {"m062x", 0.0, 1.619}, {"m06hf", 0.0, 1.446},
      {"hcth120", 1.206, 1.221},
  };

  constexpr Row ZEROM[] = {    // s8, sr6, beta, s6
      {"b2-plyp", 0.717543, 1.313134, 0.016035, 0.64}, {"b3-lyp", 1.532981, 1.338153, 0.013988},
      {"b97-d", 1.020078, 1.151808, 0.035964}, {"b-lyp", 1.841686, 1.279637, 0.01437},
      {"b-p", 1.945174, 1.23346, 0.0}, {"pbe", 0.0, 2.340218, 0.129434},
      {"pbe0", 8.1e-05, 2.077949, 0.116755}, {"lc-wpbe", 1.280619, 1.366361, 0.00316},
  };

  constexpr Row BJ[] = {    // s8, a1, a2, s6
      {"b-p", 3.2822, 0.3946, 4.8516}, {"b-lyp", 2.6996, 0.4298, 4.2359},
      {"revpbe", 2.355, 0.5238, 3.5016}, {"rpbe", 0.8318, 0.182, 4.0094},
      {"b97-d", 2.2609, 0.5545, 3.2297}, {"pbe", 0.7875, 0.4289, 4.4407},
      {"rpw86-pbe", 1.3845, 0.4613, 4.5062}, {"b3-lyp", 1.9889, 0.3981, 4.4211},
      {"tpss", 1.9435, 0.4535, 4.4752}, {"hf", 0.9171, 0.3385, 2.883},
      {"tpss0", 1.2576, 0.3768, 4.5865}, {"pbe0", 1.2177, 0.4145, 4.8593},
      {"hse06", 2.31, 0.383, 5.685}, {"revpbe38", 1.476, 0.4309, 3.9446},
      {"pw6b95", 0.7257, 0.2076, 6.375}, {"b2-plyp", 0.9147, 0.3065, 5.057, 0.64},
      {"dsd-blyp", 0.213, 0.0, 6.0519, 0.5}, {"dsd-blyp-fc", 0.2112, 0.0009, 5.9807, 0.5},
      {"bop", 3.295, 0.487, 3.5043}, {"mpwlyp", 2.0077, 0.4831, 4.5323},
      {"o-lyp", 2.6205, 0.5299, 2.8065}, {"pbesol", 2.9491, 0.4466, 6.1742},
      {"bpbe", 4.0728, 0.4567, 4.3908}, {"opbe", 3.3816, 0.5512, 2.9444},
      {"ssb", -0.1744, -0.0952, 5.217}, {"revssb", 0.4389, 0.472, 4.0986},
      {"otpss", 2.7495, 0.4634, 4.3153}, {"b3pw91", 2.8524, 0.4312, 4.4693},
      {"bh-lyp", 1.0354, 0.2793, 4.9615}, {"revpbe0", 1.7588, 0.4679, 3.7619},
      {"tpssh", 2.2382, 0.4529, 4.655}, {"mpw1b95", 1.0508, 0.1955, 6.4177},
      {"pwb6k", 0.9383, 0.1805, 7.7627}, {"b1b95", 1.4507, 0.2092, 5.5545},
      {"bmk", 2.086, 0.194, 5.9197}, {"cam-b3lyp", 2.0674, 0.3708, 5.4743},
      {"lc-wpbe", 1.8541, 0.3919, 5.0897}, {"b2gp-plyp", 0.2597, 0.0, 6.3332, 0.56},
      {"ptpss", 0.2804, 0.0, 6.5745, 0.75}, {"pwpb95", 0.2904, 0.0, 7.3141, 0.82},
      {"hf/mixed", 3.9027, 0.5607, 4.5622}, {"hf/sv", 2.1849, 0.4249, 4.2783},
      {"hf/minis", 0.9841, 0.1702, 3.8506}, {"b3-lyp/6-31gd", 4.0672, 0.5014, 4.8409},
      {"hcth120", 1.0821, 0.3563, 4.3359}, {"pw1pw", 2.3363, 0.3807, 5.8844},
      {"pwgga", 2.691, 0.2211, 6.7278}, {"hsesol", 2.9215, 0.465, 6.2003},
      {"hf3c", 0.8777, 0.4171, 2.9149}, {"hf3cv", 0.5022, 0.3063, 3.9856},
      {"pbeh3c", 0.0, 0.486, 4.5}, {"pbeh-3c", 0.0, 0.486, 4.5}, {"mn15", 0.7862, 2.0971, 7.5923},
      {"r2scan", 0.7898, 0.4948, 5.7308},
  };

  constexpr Row BJM[] = {    // s8, a1, a2, s6
      {"b2-plyp", 0.67282, 0.486434, 3.656466, 0.64}, {"b3-lyp", 1.466677, 0.278672, 4.606311},
      {"b97-d", 1.206988, 0.240184, 3.864426}, {"b-lyp", 1.875007, 0.448486, 3.610679},
      {"b-p", 3.140281, 0.82185, 2.728151}, {"pbe", 0.35894, 0.012092, 5.938951},
      {"pbe0", 0.528823, 0.007912, 6.162326}, {"lc-wpbe", 0.906564, 0.563761, 3.59368},
  };

  std::string lower(std::string word)
  {
    for (char &c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return word;
  }

  template <int n> Functional find(const Row (&rows)[n], const std::string &word, const char *damping)
  {
    std::string known;
    for (const Row &row : rows) {
      if (lower(word) == row.name) return {row.s6, row.s8, row.first, row.second};
      known += std::string(" ") + row.name;
    }
    throw std::invalid_argument("functional " + word + " has no parameters for damping " + damping +
                                "; known are:" + known);
  }

}    // namespace

Damping damping(const std::string &word)
{
  const std::string name = lower(word);
  if (name == "original" || name == "zero") return Damping::zero;
  if (name == "zerom") return Damping::zerom;
  if (name == "bj") return Damping::bj;
  if (name == "bjm") return Damping::bjm;
  throw std::invalid_argument("damping " + word + " is none of original, zerom, bj and bjm");
}

Functional functional(Damping which, const std::string &word)
{
  if (which == Damping::zero) return find(ZERO, word, "original");
  if (which == Damping::zerom) return find(ZEROM, word, "zerom");
  if (which == Damping::bj) return find(BJ, word, "bj");
  return find(BJM, word, "bjm");
}

}    // namespace natrolite::d3
