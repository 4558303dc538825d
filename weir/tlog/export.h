// Export: a whole log as lines of text, and the check that finds a rewritten entry and names it.
//
// Format: docs/formats/log-export.md: a header, then every entry with its hash, and every checkpoint right after the
// entries it covers. Thread-safety: values. Trust: the verifier takes hostile lines.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/tlog/certified.h"
#include "weir/tlog/checkpoint.h"
#include "weir/wire/json.h"

namespace weir::tlog {

// Who may vouch for the signatures: PEM of the node's certificates, and of the authority that issued them.
struct ExportSigners {
  std::vector<std::string> authorities;
  std::vector<std::string> certificates;
};
std::string export_header(HashAlgorithm algorithm, const ExportSigners& signers);
std::string export_entry(LeafIndex index, std::string_view leaf, const Digest& leaf_hash);
std::string export_checkpoint(std::string_view note);

// Something wrong, and where.
struct LogProblem {
  std::optional<std::uint64_t> entry;  // the index, if it is about one entry
  std::uint64_t line = 0;              // 1 is the first
  Text what;
};

struct LogReport {
  std::uint64_t entries = 0;
  std::uint64_t checkpoints = 0;
  std::string origin;     // of the last checkpoint
  std::string node;       // whose certificate verified it
  std::string authority;  // fingerprint of who vouches for the node
  Digest root{};
  std::vector<LogProblem> problems;  // at most kLogProblemsMax
  bool ok() const { return problems.empty(); }
};
inline constexpr std::size_t kLogProblemsMax = 20;

// Takes an export line by line.
class ExportVerifier {
 public:
  explicit ExportVerifier(TrustAnchors anchors) : anchors_(std::move(anchors)) {}
  // Fails with kInvalidArgument ("export.malformed") if the line is none of the format.
  Result<> take(std::string_view line);
  // Fails with kInvalidArgument if there was no header. An export without a checkpoint at its end is a problem.
  Result<LogReport> finish() &&;

 private:
  Result<> take_header(const wire::Json& json);
  Result<> take_entry(const wire::Json& json);
  Result<> take_checkpoint(const wire::Json& json);
  void check_signature(const Note& note, const Checkpoint& checkpoint);
  void report(std::optional<std::uint64_t> entry, Text what);

  LogReport report_;
  std::uint64_t line_ = 0;
  std::optional<Frontier> frontier_;
  TrustAnchors anchors_;
  Certified certified_;
  Timestamp last_time_{};              // of the last entry
  std::uint64_t covered_ = 0;          // entries under the last good checkpoint
  std::optional<TreeSize> last_size_;  // of the last checkpoint, good or not
  bool suspect_ = false;               // the tree is known to differ from what was signed
};

}  // namespace weir::tlog
