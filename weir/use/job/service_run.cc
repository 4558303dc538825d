// SPDX-License-Identifier: Apache-2.0
// What a run writes down while it lasts.
#include <algorithm>

#include "weir/use/job/algorithm.h"
#include "weir/use/job/service.h"

namespace weir::use::job {

Result<> Service::note(const std::string& id, const Progress& progress) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (job.state != State::kRunning) {
      return Error(Errc::kConflict, "the job is " + std::string(name_of(job.state)) + ": it does not run any more")
          .because("job.wrong_state");
    }
    job.progress = progress;
    if (keeps_images(job.work) && job.role == Role::kConsumer && progress.now.done == 1) {
      WEIR_TRY(put_kept(tx, {images_name(job), job.agreement, {}, job.theirs, {}}));
    }
    return update(tx, job);
  });
}

Result<> Service::broke(const std::string& id, const Moved& line, const Checkpoint& before) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (is_final(job.state)) return {};
    const Checkpoint& now = job.progress.now;
    job.broken.sent += std::max<std::int64_t>(0, line.sent - (now.sent - before.sent));
    job.broken.received += std::max<std::int64_t>(0, line.received - (now.received - before.received));
    return update(tx, job);
  });
}

Result<> Service::ran(const std::string& id, const Outcome& outcome) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (job.state != State::kRunning) return {};
    job.outcome = outcome;
    wake_after(tx, id);
    return update(tx, job);
  });
}

Result<> Service::open_images(store::Tx& tx, const Job& job) {
  if (!keeps_images(job.work)) return {};
  WEIR_TRY_LET(const auto known, find_kept(tx, images_name(job)));
  KeptSet kept{images_name(job), job.agreement, {}, {}, {}};
  if (job.role == Role::kConsumer) return known ? Result<>() : put_kept(tx, kept);
  if (known && known->input == job.input && known->claim == job.mine) return {};
  WEIR_TRY_LET(const Algorithm* algorithm, find_algorithm(job.work.algorithm));
  kept.input = job.input;
  kept.claim = job.mine;
  kept.secret = mpc::DhSecret::random(*algorithm->curve, deps_.random)
                    .bytes()
                    .clone(crypto::SecretAccess("keep the secret of images"));
  return put_kept(tx, kept);
}

Result<std::optional<Claim>> Service::kept_claim(const Job& job) {
  return store::sql_read<std::optional<Claim>>(deps_.sql, [&](store::Tx& tx) -> Result<std::optional<Claim>> {
    WEIR_TRY_LET(const auto kept, find_kept(tx, images_name(job)));
    return kept && kept->input == job.input ? kept->claim : std::nullopt;
  });
}

Result<mpc::DhSecret> Service::image_secret(const Job& job, mpc::DhCurve curve) {
  WEIR_TRY_LET(const auto kept, store::sql_read<std::optional<KeptSet>>(deps_.sql, [&](store::Tx& tx) {
                 return find_kept(tx, images_name(job));
               }));
  if (!kept || kept->claim != job.mine) {
    return Error(Errc::kConflict, "what was kept of the own table is gone").because("mpc.images");
  }
  return mpc::DhSecret::parse(curve, kept->secret.expose(crypto::SecretAccess("raise points")));
}

Result<std::int64_t> Service::images_kept(const Job& job) {
  if (!keeps_images(job.work) || job.role == Role::kProvider) return std::int64_t{0};
  return store::sql_read<std::int64_t>(deps_.sql, [&](store::Tx& tx) -> Result<std::int64_t> {
    WEIR_TRY_LET(const auto kept, find_kept(tx, images_name(job)));
    if (!kept || !kept->claim) return std::int64_t{0};
    const bool other = !job.theirs.root.empty() && head_json(job.theirs) != head_json(*kept->claim);
    return other ? std::int64_t{0} : kept->claim->count;
  });
}

Result<std::vector<std::string>> Service::images_of_ended() {
  using Names = std::vector<std::string>;
  return store::sql_read<Names>(deps_.sql, [&](store::Tx& tx) -> Result<Names> {
    Names out;
    WEIR_TRY_LET(const auto all, all_kept(tx));
    for (const auto& [agreement, name] : all) {
      WEIR_TRY_LET(const bool ended, deps_.neighbours.ended(tx, agreement));
      if (ended) out.push_back(name);
    }
    return out;
  });
}

Result<> Service::drop_images(const std::string& name) {
  return deps_.sql.write([&](store::Tx& tx) { return drop_kept(tx, name); });
}

}  // namespace weir::use::job
