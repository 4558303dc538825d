// Algorithm: what a job may run: registered with version and hash, and what each party learns from it.
//
// A contract that names algorithms names them as "psi-rr22@<hash>" (TC609-6-2025-15, operand `algorithm`).
// Thread-safe: constants.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/mpc/diffie_hellman.h"
#include "weir/wire/json.h"

namespace weir::use::job {

// What comes of a job.
enum class Answer : std::uint8_t {
  kRows,    // the consumer's rows whose key the provider has too
  kSize,    // how many keys both have
  kBoth,    // to each side its own rows whose key the other has too
  kFigure,  // what a query asks for
};
std::string_view name_of(Answer answer);  // "rows"
// Of an intersection. Fails with kInvalidArgument ("job.answer").
Result<Answer> parse_answer(std::string_view name);

struct Algorithm {
  std::string id;       // "psi-rr22"
  std::string version;  // "1"
  Text security;
  Text what;
  Text consumer_learns;
  Text provider_learns;
  bool malicious = false;      // withstands a side that runs another program
  Answer answer = Answer::kRows;
  std::optional<mpc::DhCurve> curve;  // of Diffie-Hellman
  bool silent = false;  // its transfers are (mpc/silent_ot.h)
  bool keeps_images = false;   // from one question to the next (mpc/ecdh_psi.h)
  std::string hash;     // SHA-256 of the canonical JSON of the members above, hex

  // Its work has a query beside the keys.
  bool answers_query() const { return answer == Answer::kFigure; }
  // Computed bucket by bucket (progress.h). A size in parts would tell the size of each; images that are kept are of
  // the whole set.
  bool in_buckets() const { return !keeps_images && (answer == Answer::kRows || answer == Answer::kBoth); }
};

std::span<const Algorithm> algorithms();
// Fails with kNotFound ("job.no_algorithm").
Result<const Algorithm*> find_algorithm(std::string_view id);
wire::Json to_json(const Algorithm& algorithm);

}  // namespace weir::use::job
