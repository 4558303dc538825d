// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/register/service.h"

#include <algorithm>

#include "weir/crypto/hash.h"
#include "weir/standards/standard/shipped.h"
#include "weir/standards/standard/table.h"

namespace weir::standards::registering {

using standard::Registry;
using standard::Statement;
using wire::Json;

namespace {

// What the rows come to, over what was known before them.
Result<> take_in(Registry& registry, std::vector<Comment>& comments, const std::vector<Stored>& rows) {
  for (const Stored& row : rows) {
    if (row.kind == "statement") {
      WEIR_TRY_LET(const Statement statement, standard::parse_statement(row.body));
      WEIR_TRY_LET(const auto applied, apply(registry, statement));
    } else if (row.kind == "comment") {
      WEIR_TRY_LET(Comment comment, parse_comment(row.body));
      comment.id = row.id;
      comment.time = row.time;
      comment.actor = row.actor;
      comments.push_back(std::move(comment));
    } else if (row.kind == "decision") {
      WEIR_TRY_LET(const Decision decision, parse_decision(row.body));
      for (Comment& comment : comments) {
        if (comment.id != decision.comment) continue;
        comment.verdict = decision.verdict;
        comment.reason = decision.reason;
        comment.decided = row.time;
      }
    }
  }
  return {};
}

}  // namespace

// Requires: mutex_ is held.
Result<> Service::refresh(store::Tx& tx) {
  if (!registry_) registry_ = std::make_shared<const Registry>(standard::shipped());
  WEIR_TRY_LET(const std::vector<Stored> rows, since(tx, seen_));
  if (rows.empty()) return {};
  const bool statements = std::ranges::any_of(rows, [](const Stored& row) { return row.kind == "statement"; });
  auto next = statements ? std::make_shared<Registry>(*registry_) : nullptr;
  std::vector<Comment> comments = comments_;
  Registry none;
  WEIR_TRY(take_in(next ? *next : none, comments, rows));
  if (next) registry_ = std::move(next);
  comments_ = std::move(comments);
  seen_ = rows.back().id;
  return {};
}

Result<std::shared_ptr<const Registry>> Service::registry() {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(deps_.sql.read([&](store::Tx& tx) { return refresh(tx); }));
  return registry_;
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
        std::ranges::find_if(comments_, [&](const Comment& one) { return one.id == decision.comment; });
    if (comment == comments_.end())
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
  std::ranges::copy_if(comments_, std::back_inserter(out),
                       [&](const Comment& one) { return one.standard == now->at(index).number.text(); });
  return out;
}

}  // namespace weir::standards::registering
