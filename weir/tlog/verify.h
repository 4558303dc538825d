// Verify: the offline check of an evidence bundle, told as a list of questions and answers.
//
// Thread-safety: pure functions. Trust: takes hostile text; needs nothing but the text and the anchors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/tlog/bundle.h"
#include "weir/tlog/certified.h"

namespace weir::tlog {

struct Check {
  std::string id;  // "inclusion": stable, for machines
  Text name;
  bool passed = false;
  std::string detail;  // what was compared, or what is wrong: English, with indexes and identifiers
};

struct Report {
  std::string contract;
  std::vector<Check> checks;
  std::vector<Text> missing;  // of the story so far: no failure, but good to know
  bool ok() const;            // every check passed
  wire::Json json() const;
};

// Fails only if `text` is no bundle (kInvalidArgument, kExhausted); everything else is an answer in the report. Without
// an anchor nothing passes that depends on who the authority is.
Result<Report> verify_bundle(std::string_view text, const TrustAnchors& anchors);

}  // namespace weir::tlog
