// SPDX-License-Identifier: Apache-2.0
#include "weir/node/data_plane.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/tlog/checkpoint.h"
#include "weir/trust/evidence/archive.h"
#include "weir/trust/evidence/fsck.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using trust::evidence::Archive;
using trust::evidence::StoredEntry;
using wire::Json;

Json entry_json(const StoredEntry& stored) {
  Json out = trust::evidence::to_json(stored.entry);
  out.set("index", stored.index.value());
  return out;
}

Result<std::optional<Timestamp>> query_time(const Request& request, std::string_view name) {
  const std::string text = request.query_or(name, "");
  if (text.empty()) return std::optional<Timestamp>();
  WEIR_TRY_LET(const Timestamp time, parse_iso8601(text));
  return std::optional<Timestamp>(time);
}

Result<Response> list_entries(Node& node, Request& request) {
  trust::evidence::Query query;
  query.contract = request.query_or("contract", "");
  query.product = request.query_or("product", "");
  query.process = request.query_or("process", "");
  query.participant = request.query_or("participant", "");
  query.kind = request.query_or("kind", "");
  WEIR_TRY_LET(query.from, query_time(request, "since"));
  WEIR_TRY_LET(query.before, query_time(request, "until"));
  query.order = request.query_or("order", "newest") == "oldest" ? trust::evidence::Order::kOldestFirst
                                                                : trust::evidence::Order::kNewestFirst;
  query.cursor = request.query_or("cursor", "");
  WEIR_TRY_LET(query.limit, page_limit(request));
  Json::Array items;
  std::string next;
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    items.clear();
    WEIR_TRY_LET(const auto page, node.archive().search(tx, query));
    for (const StoredEntry& entry : page.entries) items.push_back(entry_json(entry));
    next = page.next_cursor;
    return {};
  }));
  return Response::json(page_json(std::move(items), next));
}

Result<Response> replay(Node& node, Request& request) {
  Json out;
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto replay, node.archive().replay(tx, request.parameter("contract")));
    Json items = Json::array();
    for (const StoredEntry& entry : replay.entries) items.push(entry_json(entry));
    Json problems = Json::array();
    for (const auto& problem : replay.story.problems) {
      problems.push(Json::object({{"place", problem.place}, {"en", problem.what.en}, {"zh", problem.what.zh}}));
    }
    Json missing = Json::array();
    for (const Text& text : replay.story.missing) missing.push(Json::object({{"en", text.en}, {"zh", text.zh}}));
    out = Json::object({{"contract", request.parameter("contract")},
                        {"items", items},
                        {"legal", replay.story.legal()},
                        {"complete", replay.story.whole()},
                        {"problems", problems},
                        {"missing", missing}});
    return {};
  }));
  return Response::json(out);
}

Result<Response> get_proof(Node& node, Request& request) {
  Json out;
  WEIR_TRY_LET(const std::int64_t index, request.query_integer("index", 0, 0, INT64_MAX));
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    const trust::evidence::EntryIndex at(index);
    WEIR_TRY_LET(const StoredEntry entry, node.archive().get(tx, at));
    WEIR_TRY_LET(const auto proof, node.archive().proof_of(tx, at));
    out = Json::object({{"entry", entry_json(entry)}, {"leaf", entry.leaf}, {"proof", tlog::format(proof)}});
    return {};
  }));
  return Response::json(out);
}

Result<Response> get_checkpoint(Node& node, Request&) {
  std::string note;
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(note, node.archive().latest_checkpoint(tx));
    return {};
  }));
  return Response::text(note);
}

Result<Response> get_tile(Node& node, Request& request) {
  std::string bytes;
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Bytes resource, node.archive().resource(tx, request.parameter("path")));
    bytes = std::string(text_of(resource));
    return {};
  }));
  return Response::bytes("application/octet-stream", std::move(bytes));
}

Result<Response> check(Node& node, Request&) {
  Json out;
  Result<> verdict;
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto report,
                 trust::evidence::fsck(tx, node.log().algorithm(), {node.log().key()}));
    Json problems = Json::array();
    for (const auto& problem : report.problems) {
      Json row = Json::object({{"en", problem.what.en}, {"zh", problem.what.zh}});
      if (problem.entry) row.set("entry", static_cast<std::int64_t>(*problem.entry));
      problems.push(std::move(row));
    }
    out = Json::object({{"size", static_cast<std::int64_t>(report.entries)},
                        {"checkpoints", static_cast<std::int64_t>(report.checkpoints)},
                        {"ok", report.ok()},
                        {"problems", problems}});
    if (!report.ok()) {
      verdict = Error(Errc::kCorrupt, "the log is not what was signed: " + report.problems.front().what.en)
                    .because("evidence.broken")
                    .advise("stop the node, keep its folder as it is, and restore a backup");
    }
    return {};
  }));
  WEIR_TRY(verdict);
  return Response::json(out);
}

// ── the bundle: this log's part, the counterpart's part, the documents and the certificates ──

Result<Json> agreement_part(Node& node, const flow::contract::AgreementRecord& record, tlog::Bundle& bundle) {
  tlog::BundleAgreement agreement;
  agreement.text = record.agreement.object.canonical();
  for (const auto& signature : record.signatures) {
    const auto hash = flow::contract::hash_for(signature.signature.algorithm);
    agreement.statements.push_back({flow::contract::signed_bytes(record.agreement, signature.node, signature.entity,
                                                                 signature.time, hash),
                                    crypto::format(signature.signature)});
  }
  bundle.agreement.push_back(std::move(agreement));
  bundle.content_root = record.agreement.content_root;
  WEIR_TRY_LET(const auto peer, supply::identifier::NodeId::parse(record.peer.value()));
  WEIR_TRY(node.know(peer));
  WEIR_TRY_LET(const std::string certificate, node.certificate_of(peer));
  bundle.certificates.push_back(certificate);
  return node.ask_node(peer, "/peer/v1/evidence/" + bundle.contract);
}

Result<Response> get_bundle(Node& node, Request& request) {
  tlog::Bundle bundle;
  bundle.contract = request.parameter("contract");
  bundle.authorities = node.authorities_pem();
  bundle.certificates.push_back(node.identity_certificate_pem());
  WEIR_TRY_LET(const auto record, node.contracts().get_by_contract(bundle.contract));
  WEIR_TRY_LET(const Json theirs, agreement_part(node, record, bundle));
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    bundle.logs.clear();
    WEIR_TRY_LET(tlog::BundleLog own, node.archive().bundle_part(tx, bundle.contract));
    bundle.logs.push_back(std::move(own));
    return {};
  }));
  WEIR_TRY_LET(tlog::BundleLog other, tlog::parse_bundle_log(theirs));
  bundle.logs.push_back(std::move(other));
  return Response::bytes("application/json", tlog::format(bundle));
}

// The other party of the contract asks for this log's part.
Result<Response> peer_bundle_part(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  const std::string& contract = request.parameter("contract");
  WEIR_TRY_LET(const auto record, node.contracts().get_by_contract(contract));
  if (record.peer.value() != peer.text()) {
    return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement");
  }
  Json out;
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const tlog::BundleLog part, node.archive().bundle_part(tx, contract));
    out = tlog::to_json(part);
    return {};
  }));
  return Response::json(out);
}

// The lines of an export on their way out: written to a file first, because the length is said before the first byte,
// and because a slow reader must not hold a transaction open. The file has no name any more while it is read.
class ExportSource final : public adapters::http::BodySource {
 public:
  static Result<std::unique_ptr<ExportSource>> make(Node& node) {
    const std::string path = node.folder().file("contents/incoming-export-" + node.random().uuid());
    WEIR_TRY_LET(auto file, node.files().open(path, store::OpenMode::kCreate));
    const Result<std::uint64_t> length = fill(node, *file);
    WEIR_TRY(node.files().remove(path));
    WEIR_TRY(length);
    return std::unique_ptr<ExportSource>(new ExportSource(std::move(file), *length));
  }
  std::uint64_t length() const override { return length_; }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    WEIR_TRY_LET(const std::size_t got, file_->read_at(at_, out));
    at_ += got;
    return got;
  }

 private:
  ExportSource(std::unique_ptr<store::File> file, std::uint64_t length) : file_(std::move(file)), length_(length) {}

  static Result<std::uint64_t> fill(Node& node, store::File& file) {
    constexpr std::size_t kPiece = 1u << 20;
    std::uint64_t length = 0;
    std::string piece;
    Result<> written;
    const auto flush = [&] {
      written = file.write_at(length, view_of(piece));
      length += piece.size();
      piece.clear();
      return written.ok();
    };
    WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
      length = 0;
      piece.clear();
      const tlog::ExportSigners signers{node.authorities_pem(), {node.identity_certificate_pem()}};
      return node.archive().export_lines(tx, signers, [&](std::string_view line) {
        piece.append(line).append(1, '\n');
        return piece.size() < kPiece || flush();
      });
    }));
    if (written) flush();
    WEIR_TRY(written);
    return length;
  }

  std::unique_ptr<store::File> file_;
  std::uint64_t length_;
  std::uint64_t at_ = 0;
};

Result<Response> export_log(Node& node, Request&) {
  Response response;
  response.headers.set("Content-Type", "application/jsonl");
  WEIR_TRY_LET(response.source, ExportSource::make(node));
  return response;
}

}  // namespace

void add_evidence_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, auto handler) {
    router.add({.method = method,
                .pattern = "/api/v1/evidence" + std::move(pattern),
                .access = Access::with_scope("evidence:read"),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add(Method::kGet, "", "listEvidence", {"Entries of the log", "日志记录"}, list_entries);
  add(Method::kGet, "/replay/{contract}", "replayContract", {"The whole story of one contract", "合约全过程回放"}, replay);
  add(Method::kGet, "/bundle/{contract}", "getBundle", {"A file that proves it offline", "可离线校验的证据包"}, get_bundle);
  add(Method::kGet, "/proof", "getProof", {"Inclusion proof of one entry", "单条记录的包含证明"}, get_proof);
  add(Method::kPost, "/check", "checkLog", {"Recomputes the log", "重新计算并核对日志"}, check);
  router.add({.method = Method::kGet,
              .pattern = "/api/v1/evidence/export",
              .access = Access::with_scope("evidence:read"),
              .operation = "exportLog",
              .summary = {"The whole log", "导出全部日志"},
              .response_types = {"application/jsonl"},
              .handler = [&node](Request& request) { return export_log(node, request); }});
  router.add({.method = Method::kGet,
              .pattern = "/log/checkpoint",
              .access = Access::open(),
              .operation = "getCheckpoint",
              .summary = {"The signed checkpoint (C2SP tlog-checkpoint)", "签名检查点"},
              .response_types = {"text/plain"},
              .handler = [&node](Request& request) { return get_checkpoint(node, request); }});
  router.add({.method = Method::kGet,
              .pattern = "/log/{path...}",
              .access = Access::with_scope("evidence:read"),
              .operation = "getTile",
              .summary = {"Tiles of the log (C2SP tlog-tiles)", "日志瓦片"},
              .response_types = {"application/octet-stream"},
              .handler = [&node](Request& request) { return get_tile(node, request); }});
  router.add({.method = Method::kGet,
              .pattern = "/peer/v1/evidence/{contract}",
              .access = Access::peer(),
              .operation = "peerEvidence",
              .summary = {"This log's part of a bundle, for the other party", "供对方使用的证据部分"},
              .handler = [&node](Request& request) { return peer_bundle_part(node, request); }});
}

}  // namespace weir::node
