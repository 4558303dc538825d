// Job store: jobs and the salts of commitments, in SQL. Tables: docs/formats/jobs.md.
//
// Thread-safety: functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/base/random.h"
#include "weir/crypto/secret.h"
#include "weir/store/sql.h"
#include "weir/use/job/job.h"

namespace weir::use::job {

store::Migration migration();

Result<> insert(store::Tx& tx, const Job& job);
Result<> update(store::Tx& tx, const Job& job);
// Fails with kNotFound ("job.not_found").
Result<Job> load(store::Tx& tx, const std::string& id);
Result<std::optional<Job>> find(store::Tx& tx, const std::string& id);
// Newest first.
struct Page {
  std::vector<Job> rows;
  std::string next;  // cursor; empty at the end
};
Result<Page> list(store::Tx& tx, const std::string& cursor, std::size_t limit);
// Jobs that are not over, oldest first.
Result<std::vector<Job>> unfinished(store::Tx& tx);
// How many keys the other side had in the newest job under the agreement that says so.
Result<std::optional<std::int64_t>> last_count(store::Tx& tx, const std::string& agreement);
// What the peer claimed of its sets in jobs about the product that were not rejected, oldest first; `but` is left out.
Result<std::vector<Claim>> claims_of(store::Tx& tx, const std::string& peer, const std::string& product,
                                     const std::string& but);
// What runs of the peer's jobs about the product have spent of its privacy, in millionths of epsilon.
Result<std::int64_t> privacy_spent(store::Tx& tx, const std::string& peer, const std::string& product);
// A run of the job begins. Each run is written down, for each draws noise of its own.
Result<> spend_privacy(store::Tx& tx, const Job& job, std::int64_t epsilon, Timestamp now);
// What belongs to images that are kept: of the provider the secret, of which content it is, and the claim; of the
// consumer the provider's claim once it has all images.
struct KeptSet {
  std::string name;  // images_name()
  std::string agreement;
  std::string input;
  std::optional<Claim> claim;
  crypto::SecretBytes secret;
};
Result<std::optional<KeptSet>> find_kept(store::Tx& tx, const std::string& name);
// In place of what was there under the name.
Result<> put_kept(store::Tx& tx, const KeptSet& kept);
Result<> drop_kept(store::Tx& tx, const std::string& name);
// Names by agreement.
Result<std::vector<std::pair<std::string, std::string>>> all_kept(store::Tx& tx);
// The secret with which own sets are committed to towards one counterpart about one product; made when first asked for.
Result<Bytes> salt_of(store::Tx& tx, const std::string& peer, const std::string& product, Random& random);

}  // namespace weir::use::job
