// SPDX-License-Identifier: Apache-2.0
#include "weir/node/job_neighbours.h"

#include "weir/node/neighbours.h"
#include "weir/policy/vocabulary.h"

namespace weir::node {

using supply::identifier::NodeId;
using use::job::Agreed;
using use::job::Job;
using use::job::Role;
using use::job::Ruling;

namespace {

constexpr std::string_view kMultiParty = "03";  // executionEnv of TC609-6-2025-15
constexpr std::string_view kOtherDelivery = "04";
constexpr std::string_view kPrivacyBudget = "urn:weir:tc609:privacyBudget";
constexpr std::string_view kCipherText = "02";

// A job as the terms see it; the texts live as long as the request.
struct Question {
  explicit Question(const Job& job, const use::job::Privacy& privacy, const std::string& self)
      : action(job.work.action == "jointDevelop" ? policy::actions::kJointDevelop : policy::actions::kCompute),
        consumer(job.role == Role::kConsumer ? self : job.peer.text()) {
    if (const auto node = NodeId::parse(consumer)) area = node->area().text();
    for (const auto& key : job.work.keys) fields.emplace_back(key.provider);
    if (job.work.query) columns = use::job::read_of(*job.work.query, Role::kProvider);
    fields.insert(fields.end(), columns.begin(), columns.end());
    request.action = action;
    request.product = job.product;
    request.participant = consumer;
    request.connector = consumer;
    request.operator_id = job.actor;
    request.purpose = job.work.purpose;
    request.region = area;
    request.algorithm = job.work.algorithm;
    request.algorithm_hash = job.work.hash;
    request.environment = kMultiParty;
    request.encrypt_mode = kCipherText;
    request.delivery = kOtherDelivery;
    request.fields = fields;
    if (privacy.cost == 0) return;  // an answer without noise has no epsilon
    epsilon = use::job::format_epsilon(privacy.total());
    stated[0] = {kPrivacyBudget, epsilon};
    request.attributes = stated;
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  std::string_view action;
  std::string consumer;
  std::string area;
  std::vector<std::string> columns;  // of the query
  std::vector<std::string_view> fields;
  std::string epsilon;
  std::array<std::pair<std::string_view, std::string_view>, 1> stated;
  policy::Request request;
};

Ruling ruling_of(const flow::usage::Authorization& answer) {
  Ruling out{.allowed = answer.allowed(), .automatic = false, .words = policy::words_of(answer.reasons),
             .budget = answer.privacy_budget};
  if (!out.allowed && out.words.en.empty()) {
    out.words = {"the terms ask for something to be done first", "条款要求先完成某项义务"};
  }
  return out;
}

}  // namespace

Result<Agreed> JobNeighbours::agreed(store::Tx& tx, const std::string& agreement) {
  WEIR_TRY_LET(const auto record, contracts_.get_agreement(tx, agreement));
  WEIR_TRY(check_live(record, clock_.now()));
  WEIR_TRY_LET(auto peer, NodeId::parse(record.peer.value()));
  const bool provider = record.role == flow::contract::Role::kProvider;
  return Agreed{.contract = record.agreement.contract_id,
                .product = record.agreement.target,
                .role = provider ? Role::kProvider : Role::kConsumer,
                .peer = std::move(peer),
                .peer_address = record.peer_address,
                .content = record.agreement.content_root};
}

Result<bool> JobNeighbours::ended(store::Tx& tx, const std::string& agreement) {
  WEIR_TRY_LET(const auto record, contracts_.get_agreement(tx, agreement));
  return !check_live(record, clock_.now()) && record.state != flow::contract::AgreementState::kSuspended;
}

Result<Ruling> JobNeighbours::preview(const Job& job, const use::job::Privacy& privacy) {
  Question question(job, privacy, self_);
  WEIR_TRY_LET(const auto answer, usage_.preview(job.agreement, question.request));
  Ruling out = ruling_of(answer);
  if (!out.allowed) return out;
  // Terms that name the algorithm cannot be met without one: then somebody has approved it already, by signing them.
  question.request.algorithm = {};
  question.request.algorithm_hash = {};
  WEIR_TRY_LET(const auto without, usage_.preview(job.agreement, question.request));
  out.automatic = !without.allowed();
  return out;
}

Result<Ruling> JobNeighbours::authorize(store::Tx& tx, const Job& job, const use::job::Privacy& privacy,
                                        const std::string& actor) {
  const Question question(job, privacy, self_);
  WEIR_TRY_LET(const auto answer,
               usage_.authorize(tx, job.agreement, question.request, {.actor = actor, .process = job.id}));
  return ruling_of(answer);
}

Result<> JobNeighbours::meter(store::Tx& tx, const Job& job) {
  using flow::metering::Direction;
  const auto take = [&](Direction direction, std::int64_t bytes) {
    return metering_.take(tx, {.process = job.id,
                               .direction = direction,
                               .agreement = job.agreement,
                               .contract = job.contract,
                               .product = job.product,
                               .peer = job.peer.text(),
                               .quantity = bytes,
                               .time = clock_.now()});
  };
  const use::job::Moved all = moved(job);
  WEIR_TRY(take(Direction::kOut, all.sent));
  WEIR_TRY(take(Direction::kIn, all.received));
  return metering_.close(tx, job.id);
}

}  // namespace weir::node
