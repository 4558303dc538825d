// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/service.h"

#include "weir/crypto/hash.h"
#include "weir/wire/encoding.h"

namespace weir::standards::assessment {
namespace {

using clause::CheckKind;
using wire::Json;

constexpr std::string_view kTables = R"(
CREATE TABLE assessment_filed (
  id TEXT PRIMARY KEY, document TEXT NOT NULL, clause TEXT NOT NULL, time INTEGER NOT NULL, record TEXT NOT NULL,
  file BLOB);
CREATE INDEX assessment_filed_about ON assessment_filed (document, clause, time);
CREATE TABLE assessment_made (
  id TEXT PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, documents TEXT NOT NULL, assessment TEXT NOT NULL,
  signature TEXT NOT NULL, certificate TEXT NOT NULL);
CREATE INDEX assessment_made_time ON assessment_made (time);
)";

Error wrong(std::string message, std::string_view reason) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

std::string digest_of(ByteView bytes, crypto::HashAlgorithm algorithm) {
  return std::string(name_of(algorithm)) + ":" + wire::encode_hex(crypto::hash(algorithm, bytes));
}

Result<> check(const NewAttestation& fresh, CheckKind kind, Timestamp now) {
  if (kind == CheckKind::kProbe || kind == CheckKind::kNone) {
    return wrong("this clause is not shown by what people say: a probe or the project's tests show it",
                 "assessment.not_attestable");
  }
  if (fresh.statement.empty() || fresh.statement.size() > kStatementBytesMax || !is_utf8(fresh.statement)) {
    return wrong("say in at most 4000 bytes what it rests on", "assessment.no_statement");
  }
  const bool needs_file = kind == CheckKind::kDocument && fresh.answer == State::kMet;
  if (needs_file && (fresh.file.empty() || fresh.file_name.empty())) {
    return wrong("a document shows it: hand in the file", "assessment.no_file");
  }
  if (fresh.file.size() > kFileBytesMax || fresh.file_name.size() > 255) {
    return Error(Errc::kExhausted, "a file has at most 8 MiB, its name at most 255 bytes")
        .because("assessment.too_large");
  }
  if ((kind == CheckKind::kMaturity) != (fresh.maturity != 0) || fresh.maturity < 0 || fresh.maturity > 5) {
    return wrong("a level of 1 to 5 belongs to clauses of maturity, and only to them", "assessment.maturity");
  }
  if (fresh.valid_until && fresh.valid_until->value() <= now.value()) {
    return wrong("it would no longer be valid", "assessment.validity");
  }
  return {};
}

Result<Signed> signed_of(const store::Row& row) {
  Signed out;
  WEIR_TRY_LET(out.assessment, wire::parse_json(row[0].text(), {.bytes_max = 64u << 20, .depth_max = 64}));
  out.signature = row[1].text();
  out.certificate = row[2].text();
  return out;
}

}  // namespace

store::Migration migration() { return {.module = "assessment", .versions = {kTables}}; }

Json to_json(const Signed& made) {
  return Json::object(
      {{"assessment", made.assessment}, {"signature", made.signature}, {"certificate", made.certificate}});
}

Result<> verify(const Signed& made, const crypto::PublicKey& key) {
  WEIR_TRY_LET(const auto signature, crypto::parse_signature(made.signature));
  const std::string text = made.assessment.canonical();
  return key.verify(view_of(text), signature);
}

Result<Attestation> Service::file(const NewAttestation& fresh, const std::string& actor) {
  WEIR_TRY_LET(const auto registry, parts_.clauses());
  const clause::Found found = registry->find_clause(fresh.clause);
  if (found.clause == nullptr) {
    return Error(Errc::kNotFound, "there is no clause '" + fresh.clause.substr(0, 200) + "'")
        .because("assessment.no_clause")
        .advise("clauses are named DOCUMENT#CLAUSE; see: weir standards checklists DOCUMENT");
  }
  const Timestamp now = parts_.clock.now();
  const CheckKind kind = found.clause->check.kind;
  WEIR_TRY(check(fresh, kind, now));
  Attestation out{.id = parts_.random.uuid(),
                  .document = found.checklist->document,
                  .clause = found.clause->id,
                  .kind = kind,
                  .answer = fresh.answer,
                  .maturity = fresh.maturity,
                  .statement = fresh.statement,
                  .file_name = fresh.file_name,
                  .file_hash = fresh.file.empty() ? "" : digest_of(fresh.file, parts_.hash),
                  .file_bytes = static_cast<std::int64_t>(fresh.file.size()),
                  .actor = actor,
                  .time = now,
                  .valid_until = fresh.valid_until,
                  .signature = {}};
  const std::string bytes = out.canonical_bytes();
  out.signature = crypto::format(parts_.key.sign(view_of(bytes)));
  const std::string record = to_json(out).canonical();
  WEIR_TRY(parts_.sql.write([&](store::Tx& tx) -> Result<> {
    const store::Value file = fresh.file.empty() ? store::Value() : store::Value(fresh.file);
    const store::Params row = {out.id, out.document, out.clause, out.time, record, file};
    WEIR_TRY(tx.execute(
        "INSERT INTO assessment_filed (id, document, clause, time, record, file) VALUES (?, ?, ?, ?, ?, ?)", row));
    WEIR_TRY(parts_.log.append(tx, {.kind = "assessment.filed",
                                    .time = now,
                                    .actor = actor,
                                    .process = out.id,
                                    .body = Json::object({{"clause", out.document + "#" + out.clause},
                                                          {"answer", name_of(out.answer)},
                                                          {"record", digest_of(view_of(record), parts_.hash)}})}));
    return {};
  }));
  return out;
}

Result<std::vector<Attestation>> Service::filed(const std::string& about) {
  const std::size_t at = about.find('#');
  const std::string document = about.substr(0, at);
  const std::string clause = at == std::string::npos ? "" : about.substr(at + 1);
  std::vector<Attestation> out;
  WEIR_TRY(parts_.sql.read([&](store::Tx& tx) -> Result<> {
    out.clear();
    WEIR_TRY_LET(
        const store::Rows rows,
        tx.query("SELECT record FROM assessment_filed WHERE (? = '' OR document = ?) AND (? = '' OR clause = ?) "
                 "ORDER BY time DESC, id",
                 {document, document, clause, clause}));
    for (const store::Row& row : rows) {
      WEIR_TRY_LET(const Json json, wire::parse_json(row[0].text()));
      WEIR_TRY_LET(out.emplace_back(), parse_attestation(json));
    }
    return {};
  }));
  return out;
}

Result<Bytes> Service::file_of(const std::string& attestation) {
  return store::sql_read<Bytes>(parts_.sql, [&](store::Tx& tx) -> Result<Bytes> {
    WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT file FROM assessment_filed WHERE id = ?", {attestation}));
    if (rows.empty() || rows.front()[0].is_null()) {
      return Error(Errc::kNotFound, "no file was handed in under this number").because("assessment.no_file");
    }
    return rows.front()[0].blob();
  });
}

namespace {

Result<std::vector<const clause::Checklist*>> lists_of(const clause::Registry& registry,
                                                       const std::vector<std::string>& documents) {
  std::vector<const clause::Checklist*> out;
  for (const std::string& name : documents) {
    const clause::Checklist* list = registry.find(name);
    if (list == nullptr || !list->assessable()) {
      return Error(Errc::kNotFound, "there is no checklist of '" + name.substr(0, 200) + "' to assess a node by")
          .because("assessment.no_checklist")
          .advise("see: weir standards checklists");
    }
    out.push_back(list);
  }
  if (!out.empty()) return out;
  for (const clause::Checklist& list : registry.all()) {
    if (list.assessable()) out.push_back(&list);
  }
  return out;
}

}  // namespace

Result<Signed> Service::make(const std::vector<std::string>& documents, const clause::Subject& subject, Facts facts,
                             const std::string& version, const std::string& actor) {
  Input input{.lists = {}, .subject = subject, .facts = std::move(facts), .filed = {}, .now = parts_.clock.now(),
              .hash = parts_.hash, .version = version};
  WEIR_TRY_LET(const auto registry, parts_.clauses());  // holds what `lists` points into
  WEIR_TRY_LET(input.lists, lists_of(*registry, documents));
  WEIR_TRY_LET(input.filed, filed(""));
  Signed out;
  out.assessment = assess(input);
  const std::string text = out.assessment.canonical();
  out.signature = crypto::format(parts_.key.sign(view_of(text)));
  out.certificate = parts_.certificate;
  const std::string id = out.assessment.text_or("assessment", "");
  Json counts = Json::array();
  for (const Json& document : out.assessment["documents"].items()) {
    Json row = document["counts"];
    row.set("document", document.text_or("document", ""));
    counts.push(std::move(row));
  }
  const Json body = Json::object({{"digest", digest_of(view_of(text), parts_.hash)}, {"documents", counts}});
  WEIR_TRY(parts_.sql.write([&](store::Tx& tx) -> Result<> {
    const std::string summary = out.assessment["documents"].canonical();
    WEIR_TRY(tx.execute("INSERT INTO assessment_made (id, time, actor, documents, assessment, signature, certificate) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?)",
                        {id, input.now, actor, summary, text, out.signature, out.certificate}));
    WEIR_TRY(parts_.log.append(
        tx, {.kind = "assessment.made", .time = input.now, .actor = actor, .process = id, .body = body}));
    return {};
  }));
  return out;
}

Result<Signed> Service::get(const std::string& id) {
  return store::sql_read<Signed>(parts_.sql, [&](store::Tx& tx) -> Result<Signed> {
    const bool latest = id == "latest";
    WEIR_TRY_LET(const store::Rows rows,
                 tx.query("SELECT assessment, signature, certificate FROM assessment_made WHERE ? = 1 OR id = ? "
                          "ORDER BY time DESC, id LIMIT 1",
                          {latest ? 1 : 0, id}));
    if (rows.empty()) {
      return Error(Errc::kNotFound, latest ? "no assessment was made yet" : "there is no such assessment")
          .because("assessment.unknown")
          .advise("make one: weir standards assess");
    }
    return signed_of(rows.front());
  });
}

Result<std::vector<Summary>> Service::list(std::size_t limit) {
  std::vector<Summary> out;
  WEIR_TRY(parts_.sql.read([&](store::Tx& tx) -> Result<> {
    out.clear();
    WEIR_TRY_LET(const store::Rows rows,
                 tx.query("SELECT id, time, actor, documents FROM assessment_made ORDER BY time DESC, id LIMIT ?",
                          {static_cast<std::int64_t>(limit)}));
    for (const store::Row& row : rows) {
      WEIR_TRY_LET(Json documents, wire::parse_json(row[3].text()));
      out.push_back({row[0].text(), row[1].time(), row[2].text(), std::move(documents)});
    }
    return {};
  }));
  return out;
}

}  // namespace weir::standards::assessment
