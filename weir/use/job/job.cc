// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/job.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "weir/mpc/join.h"
#include "weir/tlog/entry.h"
#include "weir/use/job/algorithm.h"
#include "weir/use/job/figures.h"
#include "weir/wire/encoding.h"

namespace weir::use::job {
namespace {

using wire::Json;

constexpr std::size_t kColumnsMax = 16;
constexpr std::size_t kNameBytesMax = 1000;
constexpr std::int64_t kCountMax = std::int64_t{1} << 31;

constexpr std::array kStates = {State::kPreparing, State::kProposed, State::kAccepted, State::kApproved,
                                State::kRunning,   State::kDone,     State::kRejected, State::kFailed};

Error malformed(std::string_view what) {
  return Error(Errc::kInvalidArgument, "this is no message about a job: " + std::string(what)).because("job.malformed");
}

struct Step {
  State from;
  Event event;
  State to;
};
constexpr Step kConsumerSteps[] = {
    {State::kPreparing, Event::kPropose, State::kProposed}, {State::kProposed, Event::kApprove, State::kApproved},
    {State::kProposed, Event::kReject, State::kRejected},   {State::kApproved, Event::kStart, State::kRunning},
    {State::kRunning, Event::kFinish, State::kDone},
};
constexpr Step kProviderSteps[] = {
    {State::kProposed, Event::kAccept, State::kAccepted}, {State::kAccepted, Event::kApprove, State::kApproved},
    {State::kProposed, Event::kReject, State::kRejected}, {State::kAccepted, Event::kReject, State::kRejected},
    {State::kApproved, Event::kStart, State::kRunning},   {State::kRunning, Event::kFinish, State::kDone},
};

bool is_digest(std::string_view text) { return tlog::parse_digest(text).ok(); }

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::kPreparing: return "PREPARING";
    case State::kProposed: return "PROPOSED";
    case State::kAccepted: return "ACCEPTED";
    case State::kApproved: return "APPROVED";
    case State::kRunning: return "RUNNING";
    case State::kDone: return "DONE";
    case State::kRejected: return "REJECTED";
    case State::kFailed: return "FAILED";
  }
  return "";
}

Result<State> parse_state(std::int64_t number) {
  for (const State state : kStates) {
    if (static_cast<std::int64_t>(state) == number) return state;
  }
  return Error(Errc::kCorrupt, "stored job state " + std::to_string(number));
}

Result<State> next_state(Role role, State state, Event event) {
  if (event == Event::kFail && !is_final(state)) return State::kFailed;
  const std::span<const Step> steps =
      role == Role::kConsumer ? std::span<const Step>(kConsumerSteps) : std::span<const Step>(kProviderSteps);
  for (const Step& step : steps) {
    if (step.from == state && step.event == event) return step.to;
  }
  return Error(Errc::kConflict, "the job is " + std::string(name_of(state)) + ": this is not its next step")
      .because("job.wrong_state")
      .advise("weir compute status shows where it stands");
}

Json to_json(const Work& work) {
  Json keys = Json::array();
  for (const KeyColumn& key : work.keys) {
    keys.push(Json::object({{"consumer", key.consumer}, {"provider", key.provider}, {"form", name_of(key.form)}}));
  }
  Json out = Json::object({{"algorithm", work.algorithm},
                           {"version", work.version},
                           {"hash", work.hash},
                           {"keys", std::move(keys)},
                           {"action", work.action},
                           {"purpose", work.purpose}});
  if (work.query) {
    out.set("query", to_json(*work.query));
  } else if (const auto known = find_algorithm(work.algorithm); known && (*known)->in_buckets()) {
    out.set("bucket", work.bucket);
  }
  return out;
}

Result<Work> parse_work(const Json& json) {
  Work out;
  WEIR_TRY_LET(out.algorithm, json.text("algorithm"));
  WEIR_TRY_LET(out.version, json.text("version"));
  WEIR_TRY_LET(out.hash, json.text("hash"));
  WEIR_TRY_LET(out.action, json.text("action"));
  WEIR_TRY_LET(out.purpose, json.text("purpose"));
  if (out.purpose.size() > kNameBytesMax) return malformed("a name too long");
  if (out.action != "compute" && out.action != "jointDevelop") return malformed("an action that is no computation");
  const auto known = find_algorithm(out.algorithm);
  if (!known || (*known)->version != out.version || (*known)->hash != out.hash) {
    return Error(Errc::kConflict, "this node has no such algorithm of that version and hash")
        .because("job.other_algorithm")
        .advise("compare: weir compute algorithms, on both nodes");
  }
  if (!json["keys"].is_array() || json["keys"].size() == 0 || json["keys"].size() > kColumnsMax) {
    return malformed("one to 16 key columns are needed");
  }
  for (const Json& each : json["keys"].items()) {
    KeyColumn key;
    WEIR_TRY_LET(key.consumer, each.text("consumer"));
    WEIR_TRY_LET(key.provider, each.text("provider"));
    WEIR_TRY_LET(const std::string form, each.text("form"));
    WEIR_TRY_LET(key.form, parse_form(form));
    if (key.consumer.size() > kNameBytesMax || key.provider.size() > kNameBytesMax) return malformed("a name too long");
    out.keys.push_back(std::move(key));
  }
  if ((*known)->answers_query() != json.has("query")) {
    return malformed((*known)->answers_query() ? "this algorithm answers a query, and there is none"
                                             : "this algorithm answers no query");
  }
  if (json.has("query")) {
    WEIR_TRY_LET(out.query, parse_query(json["query"]));
  } else if ((*known)->in_buckets()) {
    WEIR_TRY_LET(out.bucket, json.integer("bucket"));
    if (out.bucket < kBucketKeysLeast || out.bucket > kBucketKeysMost) return malformed("a bucket of no such size");
  }
  if (to_json(out).canonical() != json.canonical()) return malformed("a member that is not known here");
  return out;
}

Json to_json(const Claim& claim) {
  std::string sketch;
  for (const std::uint64_t each : claim.sketch) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(each >> (56 - 8 * i));
    sketch += wire::encode_hex(bytes);
  }
  return head_json(claim).set("sketch", sketch);
}

Json head_json(const Claim& claim) {
  Json out = Json::object({{"count", claim.count}, {"root", claim.root}});
  Json columns = Json::array();
  for (const ColumnClaim& each : claim.columns) {
    columns.push(Json::object({{"name", each.name}, {"decimals", each.decimals}, {"root", each.root}}));
  }
  if (!claim.columns.empty()) out.set("columns", std::move(columns));
  if (claim.groups > 0) out.set("groups", claim.groups);
  if (!claim.values.empty()) out.set("values", Json::strings(claim.values));
  return out;
}

Result<> check_claim(const Work& work, Role side, const Claim& claim) {
  const auto known = find_algorithm(work.algorithm);
  if (known && !(*known)->answers_query() && !(*known)->in_buckets() && claim.count > kWholeKeysMax) {
    return Error(Errc::kInvalidArgument, "this algorithm computes on at most " + std::to_string(kWholeKeysMax) +
                                             " keys of a side, and there are " + std::to_string(claim.count))
        .because("job.set_too_large")
        .advise("an algorithm that goes bucket by bucket: weir compute plan");
  }
  const std::vector<std::string> wanted = work.query ? read_of(*work.query, side) : std::vector<std::string>{};
  const bool groups = work.query && work.query->group && work.query->group->side == side;
  const std::size_t sums = wanted.size() - (groups ? 1 : 0);
  bool right = claim.columns.size() == wanted.size() && (groups || claim.groups == 0);
  for (std::size_t i = 0; right && i < wanted.size(); ++i) {
    right = claim.columns[i].name == wanted[i] && (claim.columns[i].decimals >= 0) == (i < sums);
  }
  const bool noisy = work.query && work.query->epsilon > 0;
  for (std::size_t i = 0; right && noisy && i < sums; ++i) {
    const Bounds bounds = bounds_of(*work.query, {side, wanted[i]});
    if (noise_of(*work.query, bounds.most(), claim.columns[i].decimals)) continue;
    return Error(Errc::kInvalidArgument, "column '" + wanted[i] + "': its bounds ask for more noise than can be drawn")
        .because("job.noise")
        .advise("closer bounds, fewer decimal places in the table, or a larger epsilon");
  }
  const bool told = static_cast<std::int64_t>(claim.values.size()) == claim.groups;
  right = right && (side == Role::kProvider ? told : claim.values.empty());
  if (right) return {};
  return malformed("a claim about other columns than the work reads");
}

Result<Claim> parse_claim(const Json& json) {
  Claim out;
  WEIR_TRY_LET(out.count, json.integer("count"));
  WEIR_TRY_LET(out.root, json.text("root"));
  WEIR_TRY_LET(const std::string sketch, json.text("sketch"));
  WEIR_TRY_LET(const Bytes bytes, wire::decode_hex(sketch));
  const std::size_t wanted = 8 * static_cast<std::size_t>(std::min<std::int64_t>(out.count, kSketchMax));
  if (out.count < 0 || out.count > kCountMax || !is_digest(out.root) || bytes.size() != wanted) {
    return malformed("a claim that is none");
  }
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t value = 0;
    for (std::size_t j = 0; j < 8; ++j) value = value << 8 | bytes[i + j];
    out.sketch.push_back(value);
  }
  if (!std::is_sorted(out.sketch.begin(), out.sketch.end())) return malformed("a sketch that does not ascend");
  out.groups = json.integer_or("groups", 0);
  if (json.has("values")) {
    WEIR_TRY_LET(out.values, json.texts("values"));
  }
  if (out.groups < 0 || out.groups > static_cast<std::int64_t>(mpc::kGroupsMax) ||
      out.values.size() > mpc::kGroupsMax) {
    return malformed("too many groups");
  }
  const Json& columns = json["columns"];
  if (columns.size() > kQueryColumnsMax + 1) return malformed("too many columns");
  for (const Json& each : columns.is_array() ? columns.items() : Json::Array{}) {
    ColumnClaim column;
    WEIR_TRY_LET(column.name, each.text("name"));
    WEIR_TRY_LET(column.decimals, each.integer("decimals"));
    WEIR_TRY_LET(column.root, each.text("root"));
    if (column.decimals < -1 || column.decimals > kDecimalsMax || !is_digest(column.root)) {
      return malformed("a claim about a column that is none");
    }
    out.columns.push_back(std::move(column));
  }
  return out;
}

Json to_json(const Outcome& outcome) {
  Json out = Json::object({{"sent", outcome.sent},
                           {"received", outcome.received},
                           {"milliseconds", outcome.milliseconds},
                           {"sentHash", outcome.sent_hash},
                           {"receivedHash", outcome.received_hash}});
  if (outcome.matches >= 0) out.set("matches", outcome.matches);
  if (outcome.rows >= 0) out.set("rows", outcome.rows);
  if (!outcome.result_hash.empty()) out.set("resultHash", outcome.result_hash);
  return out;
}

Result<Outcome> parse_outcome(const Json& json) {
  Outcome out;
  WEIR_TRY_LET(out.sent, json.integer("sent"));
  WEIR_TRY_LET(out.received, json.integer("received"));
  WEIR_TRY_LET(out.milliseconds, json.integer("milliseconds"));
  WEIR_TRY_LET(out.sent_hash, json.text("sentHash"));
  WEIR_TRY_LET(out.received_hash, json.text("receivedHash"));
  out.matches = json.integer_or("matches", -1);
  out.rows = json.integer_or("rows", -1);
  out.result_hash = json.text_or("resultHash", "");
  const bool sound = out.sent >= 0 && out.received >= 0 && is_digest(out.sent_hash) && is_digest(out.received_hash) &&
                     (out.result_hash.empty() || is_digest(out.result_hash));
  if (!sound) return malformed("an outcome that is none");
  return out;
}

Json to_json(const Moved& moved) {
  return Json::object({{"sent", moved.sent}, {"received", moved.received}});
}

Json to_json(const Job& job) {
  Json out = Json::object({{"id", job.id},
                           {"state", name_of(job.state)},
                           {"role", name_of(job.role)},
                           {"agreement", job.agreement},
                           {"contract", job.contract},
                           {"product", job.product},
                           {"peer", job.peer.text()},
                           {"work", to_json(job.work)},
                           {"created", format_iso8601(job.created)},
                           {"updated", format_iso8601(job.updated)}});
  if (!job.mine.root.empty()) out.set("mine", head_json(job.mine));
  if (!job.theirs.root.empty()) out.set("theirs", head_json(job.theirs));
  if (!job.outcome.sent_hash.empty()) out.set("outcome", to_json(job.outcome));
  if (!job.outcome.phases.empty()) out.set("phases", to_json(job.outcome.phases));
  if (job.estimate) out.set("estimate", to_json(*job.estimate));
  if (job.broken.sent + job.broken.received > 0) out.set("broken", to_json(job.broken));
  if (!job.error.empty()) out.set("error", job.error);
  if (const auto known = find_algorithm(job.work.algorithm)) {
    const auto text = [](const Text& words) { return Json::object({{"en", words.en}, {"zh", words.zh}}); };
    Text learns = (*known)->consumer_learns;
    if (job.work.query) {
      const Text figures = shown(*job.work.query);
      learns = {figures.en + "; " + learns.en, figures.zh + "；" + learns.zh};
      out.set("statement", statement_of(job.work));
    }
    out.set("consumerLearns", text(learns)).set("providerLearns", text((*known)->provider_learns));
    out.set("security", text((*known)->security));
  }
  return out;
}

Answer answer_of(const Work& work) {
  const auto known = find_algorithm(work.algorithm);
  return known ? (*known)->answer : Answer::kRows;
}

bool keeps_images(const Work& work) {
  const auto known = find_algorithm(work.algorithm);
  return known && (*known)->keeps_images;
}

bool learns(const Job& job) { return job.role == Role::kConsumer || answer_of(job.work) == Answer::kBoth; }
bool has_result(const Job& job) { return learns(job) && answer_of(job.work) != Answer::kSize; }

std::size_t buckets_of(const Job& job) {
  const auto known = find_algorithm(job.work.algorithm);
  if (keeps_images(job.work)) return 2;
  if (!known || !(*known)->in_buckets()) return 1;
  return buckets_of(job.work.bucket, job.of(Role::kConsumer).count, job.of(Role::kProvider).count);
}

Moved moved(const Job& job) {
  const bool over = !job.outcome.sent_hash.empty();
  return {.sent = job.broken.sent + (over ? job.outcome.sent : job.progress.now.sent),
          .received = job.broken.received + (over ? job.outcome.received : job.progress.now.received)};
}

std::string statement_of(const Work& work) {
  if (!work.query) return {};
  Statement statement{.query = *work.query, .keys = {}};
  for (const KeyColumn& key : work.keys) statement.keys.emplace_back(key.consumer, key.provider);
  return format(statement);
}

crypto::Digest terms_digest(const Job& job) {
  const auto claim = [&](Role side) { return head_json(job.of(side)); };
  const Json terms = Json::object({{"job", job.id},
                                   {"agreement", job.agreement},
                                   {"product", job.product},
                                   {"work", to_json(job.work)},
                                   {"consumer", claim(Role::kConsumer)},
                                   {"provider", claim(Role::kProvider)}});
  return crypto::hash(crypto::HashAlgorithm::kSha256, {view_of("weir/job-terms/1"), view_of(terms.canonical())});
}

std::string images_name(const Job& job) {
  Json columns = Json::array();
  for (const KeyColumn& key : job.work.keys) {
    columns.push(Json::object({{"name", key.provider}, {"form", name_of(key.form)}}));
  }
  const Json what = Json::object(
      {{"agreement", job.agreement}, {"algorithm", job.work.hash}, {"columns", std::move(columns)}});
  return wire::encode_hex(
      crypto::hash(crypto::HashAlgorithm::kSha256, {view_of("weir/images/1"), view_of(what.canonical())}));
}

crypto::Digest images_digest(const Job& job) {
  const Json what = Json::object(
      {{"agreement", job.agreement}, {"algorithm", job.work.hash}, {"provider", head_json(job.of(Role::kProvider))}});
  return crypto::hash(crypto::HashAlgorithm::kSha256, {view_of("weir/image-elements/1"), view_of(what.canonical())});
}

}  // namespace weir::use::job
