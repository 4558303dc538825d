// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/register/service.h"

#include <algorithm>

#include "weir/crypto/hash.h"
#include "weir/standards/standard/shipped.h"
#include "weir/standards/standard/table.h"
#include "weir/wire/encoding.h"

namespace weir::standards::registering {

using standard::Registry;
using standard::Statement;
using wire::Json;

namespace {

Error no_subscription() {
  return Error(Errc::kNotFound, "there is no such subscription").because("subscription.unknown");
}

}  // namespace

Result<> Service::take_in(Known& known, const std::vector<Stored>& rows) {
  const auto has = [&](std::string_view kind) {
    return std::ranges::any_of(rows, [&](const Stored& row) { return row.kind == kind; });
  };
  const auto registry = has("statement") ? std::make_shared<Registry>(*known.registry) : nullptr;
  const auto clauses = has("checklist") ? std::make_shared<clause::Registry>() : nullptr;
  if (clauses) {
    for (const clause::Checklist& list : known.clauses->all()) WEIR_TRY(clauses->add(list));
  }
  for (const Stored& row : rows) {
    if (row.kind == "statement") {
      WEIR_TRY_LET(const Statement statement, standard::parse_statement(row.body));
      WEIR_TRY_LET(const auto applied, apply(*registry, statement));
    } else if (row.kind == "comment") {
      WEIR_TRY_LET(Comment comment, parse_comment(row.body));
      comment.id = row.id;
      comment.time = row.time;
      comment.actor = row.actor;
      known.comments.push_back(std::move(comment));
    } else if (row.kind == "decision") {
      WEIR_TRY_LET(const Decision decision, parse_decision(row.body));
      for (Comment& comment : known.comments) {
        if (comment.id != decision.comment) continue;
        comment.verdict = decision.verdict;
        comment.reason = decision.reason;
        comment.decided = row.time;
      }
    } else if (row.kind == "checklist") {
      WEIR_TRY_LET(auto read, clause::parse_checklist(row.body.text_or("text", "")));
      // Of two that were added at once, by two nodes of one database, the first counts.
      static_cast<void>(clauses->add(std::move(read.checklist)).ok());
    } else if (row.kind == "subscription") {
      WEIR_TRY_LET(Subscription subscription, parse_subscription(row.body));
      subscription.id = row.id;
      subscription.time = row.time;
      subscription.actor = row.actor;
      known.subscriptions.push_back(std::move(subscription));
    } else if (row.kind == "unsubscription") {
      const std::int64_t id = row.body.integer_or("subscription", 0);
      std::erase_if(known.subscriptions, [&](const Subscription& one) { return one.id == id; });
    }
    known.seen = row.id;
  }
  if (registry) known.registry = registry;
  if (clauses) known.clauses = clauses;
  return {};
}

// Requires: mutex_ is held. All that is new, or nothing.
Result<> Service::refresh(store::Tx& tx) {
  if (!known_.registry) {
    known_.registry = std::make_shared<const Registry>(standard::shipped());
    WEIR_TRY_LET(known_.clauses, clause::Registry::shipped());
  }
  WEIR_TRY_LET(const std::vector<Stored> rows, since(tx, known_.seen));
  if (rows.empty()) return {};
  Known next = known_;
  WEIR_TRY(take_in(next, rows));
  known_ = std::move(next);
  return {};
}

Result<> Service::refresh() {
  return deps_.sql.read([&](store::Tx& tx) { return refresh(tx); });
}

// A row and its evidence, in one transaction.
Result<> Service::keep(const Stored& row, trust::evidence::Entry entry, std::int64_t* id) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(*id, append(tx, row));
    WEIR_TRY(deps_.log.append(tx, entry));
    return {};
  });
}

Result<std::shared_ptr<const Registry>> Service::registry() {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(refresh());
  return known_.registry;
}

Result<std::shared_ptr<const clause::Registry>> Service::clauses() {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(refresh());
  return known_.clauses;
}

Result<AddedChecklist> Service::add_checklist(ByteView file, const std::string& actor) {
  std::string encoding;
  WEIR_TRY_LET(auto read, clause::parse_checklist(standard::to_utf8(file, encoding)));
  AddedChecklist out{.checklist = std::move(read.checklist), .problems = std::move(read.problems), .fresh = true};
  WEIR_TRY_LET(const auto now, clauses());
  if (const clause::Checklist* known = now->find(out.checklist.document)) {
    if (*known != out.checklist) {
      return Error(Errc::kConflict, "there is another checklist of " + known->document + " already")
          .because("checklist.exists")
          .advise("Give this edition a name of its own, and compare them: weir standards diff");
    }
    out.fresh = false;
    return out;
  }
  const Timestamp time = deps_.clock.now();
  const std::string text = format_checklist(out.checklist);
  const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSha256, view_of(text));
  trust::evidence::Entry entry{.kind = "standards.checklist", .time = time, .actor = actor};
  entry.body.set("document", out.checklist.document)
      .set("clauses", out.checklist.clauses.size())
      .set("list", tlog::format_digest(crypto::HashAlgorithm::kSha256, digest));
  std::int64_t id = 0;
  WEIR_TRY(keep({.time = time,
                 .actor = actor,
                 .kind = "checklist",
                 .subject = out.checklist.document,
                 .body = Json::object({{"text", text}})},
                std::move(entry), &id));
  return out;
}

Result<standard::Report> Service::import(ByteView file, const std::string& source, const standard::Date& as_of,
                                         const std::string& actor) {
  WEIR_TRY_LET(const standard::Table table, standard::read_table(file));
  WEIR_TRY_LET(const std::shared_ptr<const Registry> now, registry());
  Registry scratch = *now;
  WEIR_TRY_LET(const standard::Imported imported,
               import_table(scratch, table,
                            {.source = source, .as_of = as_of, .by = actor, .known_direction = deps_.known_direction}));
  if (imported.statements.empty()) return imported.report;
  const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSha256, file);
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    const Timestamp time = deps_.clock.now();
    for (const Statement& statement : imported.statements) {
      WEIR_TRY_LET(const std::int64_t id, append(tx, {.time = time,
                                                      .actor = actor,
                                                      .kind = "statement",
                                                      .subject = statement.number,
                                                      .body = to_json(statement)}));
      static_cast<void>(id);
    }
    trust::evidence::Entry entry{.kind = "standards.imported", .time = time, .actor = actor};
    entry.body.set("source", source)
        .set("file", tlog::format_digest(crypto::HashAlgorithm::kSha256, digest))
        .set("new", imported.report.fresh)
        .set("changed", imported.report.changed)
        .set("refused", imported.report.refused);
    WEIR_TRY(deps_.log.append(tx, entry));
    return {};
  }));
  return imported.report;
}

Result<Comment> Service::comment(Comment comment, const std::string& actor) {
  WEIR_TRY_LET(const auto now, registry());
  WEIR_TRY_LET(const standard::Index index, now->resolve(comment.standard));
  comment.standard = now->at(index).number.text();
  if (now->at(index).status != standard::Status::kComment) {
    return Error(Errc::kConflict,
                 comment.standard + " is not open for comment; it is " + words_for(now->at(index).status).en)
        .because("comment.not_open");
  }
  comment.actor = actor;
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    comment.time = deps_.clock.now();
    WEIR_TRY_LET(comment.id, append(tx, {.time = comment.time,
                                         .actor = actor,
                                         .kind = "comment",
                                         .subject = comment.standard,
                                         .body = to_json(comment)}));
    trust::evidence::Entry entry{.kind = "standards.commented", .time = comment.time, .actor = actor};
    entry.body.set("standard", comment.standard).set("clause", comment.clause).set("comment", comment.id);
    WEIR_TRY(deps_.log.append(tx, entry));
    return {};
  }));
  return comment;
}

Result<Comment> Service::decide(const Decision& decision, const std::string& actor) {
  const auto found = [&]() -> Result<Comment> {
    WEIR_TRY_LET(const auto now, registry());
    const std::lock_guard lock(mutex_);
    const auto comment =
        std::ranges::find_if(known_.comments, [&](const Comment& one) { return one.id == decision.comment; });
    if (comment == known_.comments.end())
      return Error(Errc::kNotFound, "there is no comment " + std::to_string(decision.comment))
          .because("comment.unknown");
    return *comment;
  };
  WEIR_TRY_LET(Comment comment, found());
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    comment.decided = deps_.clock.now();
    const Json body = Json::object(
        {{"comment", decision.comment}, {"verdict", name_of(decision.verdict)}, {"reason", decision.reason}});
    WEIR_TRY_LET(
        const std::int64_t id,
        append(
            tx,
            {.time = comment.decided, .actor = actor, .kind = "decision", .subject = comment.standard, .body = body}));
    static_cast<void>(id);
    trust::evidence::Entry entry{.kind = "standards.decided", .time = comment.decided, .actor = actor};
    entry.body.set("standard", comment.standard)
        .set("comment", decision.comment)
        .set("verdict", name_of(decision.verdict));
    WEIR_TRY(deps_.log.append(tx, entry));
    return {};
  }));
  comment.verdict = decision.verdict;
  comment.reason = decision.reason;
  return comment;
}

Result<std::vector<Comment>> Service::comments(const std::string& standard) {
  WEIR_TRY_LET(const auto now, registry());
  WEIR_TRY_LET(const standard::Index index, now->resolve(standard));
  const std::lock_guard lock(mutex_);
  std::vector<Comment> out;
  std::ranges::copy_if(known_.comments, std::back_inserter(out),
                       [&](const Comment& one) { return one.standard == now->at(index).number.text(); });
  return out;
}

Result<NewSubscription> Service::subscribe(Subscription subscription, const std::string& actor) {
  Bytes secret(24);
  deps_.random.fill(secret);
  NewSubscription out{.subscription = std::move(subscription), .key = wire::encode_base64url(secret)};
  out.subscription.key_digest = digest_of_key(out.key);
  out.subscription.time = deps_.clock.now();
  out.subscription.actor = actor;
  Json body = Json::object({{"name", out.subscription.name}, {"key", out.subscription.key_digest}});
  Json filter = Json::object();
  for (const auto& [name, value] : out.subscription.filter) filter.set(name, value);
  body.set("filter", std::move(filter));
  trust::evidence::Entry entry{.kind = "standards.subscribed", .time = out.subscription.time, .actor = actor};
  entry.body.set("name", out.subscription.name);
  WEIR_TRY(keep({.time = out.subscription.time,
                 .actor = actor,
                 .kind = "subscription",
                 .subject = out.subscription.name,
                 .body = std::move(body)},
                std::move(entry), &out.subscription.id));
  return out;
}

Result<> Service::unsubscribe(std::int64_t id, const std::string& actor) {
  WEIR_TRY_LET(const auto all, subscriptions());
  const auto found = std::ranges::find_if(all, [&](const Subscription& one) { return one.id == id; });
  if (found == all.end()) return no_subscription();
  const Timestamp time = deps_.clock.now();
  trust::evidence::Entry entry{.kind = "standards.unsubscribed", .time = time, .actor = actor};
  entry.body.set("name", found->name);
  std::int64_t row = 0;
  return keep({.time = time,
               .actor = actor,
               .kind = "unsubscription",
               .subject = found->name,
               .body = Json::object({{"subscription", id}})},
              std::move(entry), &row);
}

Result<std::vector<Subscription>> Service::subscriptions() {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(refresh());
  return known_.subscriptions;
}

Result<Subscription> Service::subscription_of(std::string_view key) {
  const std::string digest = digest_of_key(key);
  WEIR_TRY_LET(const auto all, subscriptions());
  const auto found = std::ranges::find_if(all, [&](const Subscription& one) { return one.key_digest == digest; });
  if (found == all.end()) return no_subscription();
  return *found;
}

}  // namespace weir::standards::registering
