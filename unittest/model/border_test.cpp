// SPDX-License-Identifier: GPL-2.0-only
#include "torch/border.h"

#include <gtest/gtest.h>

using namespace natrolite;

namespace {

/// fails with a text of several lines, as LibTorch's errors have
class Failing : public Model {
public:
  const Metadata &metadata() const override { return metadata_; }
  void evaluate(const Graph &, Exchange &, Evaluation &) override { fail(); }
  bool self_test() override { return fail(), false; }
  std::string device() const override { return fail(), ""; }

private:
  static void fail() { throw std::logic_error("\r\nthe reason\r\nException raised from here\nframe #0"); }
  Metadata metadata_;
};

template <class F>
std::string complaint(const F &f)
{
  try {
    f();
  } catch (const std::runtime_error &e) {
    return e.what();
  }
  return "";
}

}    // namespace

TEST(Border, EveryErrorOfAModelIsOneLine)
{
  const auto model = guarded(std::make_unique<Failing>());
  NoExchange alone;
  Evaluation result;
  EXPECT_EQ(complaint([&] { model->evaluate({}, alone, result); }), "the reason");
  EXPECT_EQ(complaint([&] { model->self_test(); }), "the reason");
  EXPECT_EQ(complaint([&] { model->device(); }), "the reason");
}

TEST(Border, WhatAModelItselfRaisesStandsAtTheEndOfTorchScriptsTraceback)
{
  const std::runtime_error error("The following operation failed in the TorchScript interpreter.\n"
                                 "Traceback of TorchScript (most recent call last):\n  line 3\n"
                                 "RuntimeError: no lr_cutoff\n");
  EXPECT_EQ(first_line(error), "no lr_cutoff");
}

TEST(Border, WhatIsNoExceptionHasAName)
{
  EXPECT_EQ(complaint([] { in_one_line([] { throw 1; }); }), "unknown error");
  EXPECT_EQ(complaint([] { in_one_line([] { throw std::runtime_error("\n \n"); }); }), "unknown error");
}
