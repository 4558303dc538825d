// Algorithm: what a job may run: registered with version and hash, and what each party learns from it.
//
// A contract that names algorithms names them as "psi-rr22@<hash>" (TC609-6-2025-15, operand `algorithm`).
// Thread-safe: constants.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/wire/json.h"

namespace weir::use::job {

struct Algorithm {
  std::string id;       // "psi-rr22"
  std::string version;  // "1"
  std::string security;
  Text what;
  Text consumer_learns;
  Text provider_learns;
  bool malicious = false;      // withstands a side that runs another program
  bool answers_query = false;  // of the work, beside its keys
  std::string hash;     // SHA-256 of the canonical JSON of the members above, hex
};

std::span<const Algorithm> algorithms();
// Fails with kNotFound ("job.no_algorithm").
Result<const Algorithm*> find_algorithm(std::string_view id);
wire::Json to_json(const Algorithm& algorithm);

}  // namespace weir::use::job
