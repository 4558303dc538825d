// Bundle fixture: two nodes, their authority, and the evidence of one contract, made from nothing: for tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/crypto/x509.h"
#include "weir/tlog/bundle.h"
#include "weir/tlog/entry.h"
#include "weir/tlog/export.h"
#include "weir/tlog/test_support.h"

namespace weir::tlog {

inline constexpr Timestamp kFixtureStart{1767225600000};  // 2026-01-01
inline constexpr std::string_view kFixtureContract = "C5-contract";
inline constexpr std::string_view kFixtureRoot =
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

struct FixtureNode {
  std::string id;
  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

struct BundleFixture {
  explicit BundleFixture(crypto::Suite suite = crypto::Suite::kInternational);

  // A part of a log: some entries of others around ours.
  BundleLog log_of(const FixtureNode& node, const std::vector<Entry>& story) const;
  std::string export_of(const FixtureNode& node, const std::vector<Entry>& story) const;
  std::vector<Entry> story_of(const FixtureNode& node, bool consumer) const;
  wire::Json signed_by(const FixtureNode& node, wire::Json document) const;
  SignedStatement statement_of(const FixtureNode& node) const;
  // Provider and consumer, from request to destruction.
  Bundle bundle() const;
  std::string anchor() const { return authority.certificate.fingerprint(); }

  crypto::Suite suite;
  crypto::HashAlgorithm hash;
  SeededRandom random{1};
  FixtureNode authority;
  FixtureNode provider;
  FixtureNode consumer;
  std::string agreement;
};

}  // namespace weir::tlog
