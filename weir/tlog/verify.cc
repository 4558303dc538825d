// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/verify.h"

#include <algorithm>
#include <set>

#include "weir/tlog/computations.h"
#include "weir/tlog/entry.h"
#include "weir/tlog/story.h"
#include "weir/wire/encoding.h"

namespace weir::tlog {
namespace {

using wire::Json;

// One log of the bundle, as far as it could be read.
struct ReadLog {
  std::string node;
  Checkpoint checkpoint;
  std::vector<Entry> entries;  // same places as in the bundle
};

// The first few things that are wrong, in one line.
class Findings {
 public:
  void add(std::string what) {
    if (++count_ <= 3) text_ += (text_.empty() ? "" : "; ") + std::move(what);
  }
  bool none() const { return count_ == 0; }
  std::string text() const { return count_ > 3 ? text_ + "; and " + std::to_string(count_ - 3) + " more" : text_; }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

// Whether any string inside the JSON is `text`.
bool mentions(const Json& json, std::string_view text) {
  if (json.is_string()) return json.as_string() == text;
  if (json.is_array()) {
    return std::any_of(json.items().begin(), json.items().end(),
                       [&](const Json& item) { return mentions(item, text); });
  }
  if (!json.is_object()) return false;
  return std::any_of(json.members().begin(), json.members().end(),
                     [&](const Json::Member& member) { return mentions(member.second, text); });
}

class Verifier {
 public:
  Verifier(const Bundle& bundle, Certified certified) : bundle_(bundle), certified_(std::move(certified)) {}

  Report run() && {
    report_.contract = bundle_.contract;
    check_anchor();
    check_certificates();
    check_checkpoints();
    check_entries();
    check_validity();
    check_inclusion();
    check_consistency();
    check_order();
    check_agreement();
    check_agreement_hash();
    check_signed("receipt", {"the receiver signed for what was agreed", "接收方对约定内容签收"}, kReceiptMember,
                 "receiver", "delivery.completed");
    check_content();
    check_computations();
    check_signed("destruction", {"the holder signed that it destroyed the data", "持有方签署了销毁证明"}, kProofMember,
                 "holder", "delivery.destroyed");
    return std::move(report_);
  }

 private:
  void answer(std::string id, Text name, const Findings& findings, std::string otherwise) {
    report_.checks.push_back(
        {std::move(id), std::move(name), findings.none(), findings.none() ? std::move(otherwise) : findings.text()});
  }

  // Gives each entry with a name for people: "entry 17 of NODE".
  template <class Each>
  void each_entry(Each&& each) const {
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      for (std::size_t k = 0; k < logs_[i].entries.size(); ++k) {
        each(logs_[i].entries[k],
             "entry " + std::to_string(bundle_.logs[i].entries[k].index.value()) + " of " + logs_[i].node);
      }
    }
  }

  bool tells(std::string_view kind) const {
    bool found = false;
    each_entry([&](const Entry& entry, const std::string&) { found = found || entry.kind == kind; });
    return found;
  }

  void check_anchor() {
    Findings findings;
    if (bundle_.authorities.empty()) findings.add("the bundle names no authority");
    for (const std::string& fingerprint : certified_.unknown_authorities) {
      findings.add("authority " + fingerprint +
                   " is no anchor; if you know it to be right, give it with --anchor-fingerprint");
    }
    answer("anchor", {"the authority is the one you trust", "签发机构是您信任的机构"}, findings,
           certified_.authorities.empty() ? "" : certified_.authorities.front());
  }

  void check_certificates() {
    Findings findings;
    if (certified_.nodes.empty()) findings.add("the bundle has no node certificate");
    std::string names;
    for (const CertifiedNode& node : certified_.nodes) {
      if (!node.anchored) findings.add("the certificate of " + node.node + " was not issued by a trusted authority");
      names += (names.empty() ? "" : ", ") + node.node;
    }
    answer("certificates", {"the authority certified the nodes", "节点证书由该机构签发"}, findings, names);
  }

  void check_checkpoints() {
    Findings findings;
    std::set<std::string> origins;
    std::string sizes;
    if (bundle_.logs.empty()) findings.add("the bundle has no log");
    for (const BundleLog& log : bundle_.logs) {
      ReadLog& read = logs_.emplace_back();
      read.node = "log " + std::to_string(logs_.size());
      auto checkpoint = open(log.checkpoint, read.node);
      if (!checkpoint) {
        findings.add(read.node + ": " + std::string(checkpoint.error().message()));
        continue;
      }
      read.checkpoint = *std::move(checkpoint);
      if (!origins.insert(read.checkpoint.origin).second) findings.add("two parts of the log of " + read.node);
      sizes +=
          (sizes.empty() ? "" : ", ") + read.node + ": " + std::to_string(read.checkpoint.size.value()) + " entries";
    }
    answer("checkpoints", {"the nodes signed their logs", "节点对各自日志的检查点签名有效"}, findings, sizes);
  }

  // Reads and verifies a note; says whose it is.
  Result<Checkpoint> open(std::string_view note, std::string& node) const {
    WEIR_TRY_LET(const Note parsed, parse_note(note));
    WEIR_TRY_LET(Checkpoint checkpoint, parse_checkpoint(parsed.text));
    for (const CertifiedNode& certified : certified_.nodes) {
      if (certified.anchored && evidence_origin(certified.node) == checkpoint.origin) node = certified.node;
    }
    const std::vector<NoteKey> keys = certified_.log_keys(node);
    WEIR_TRY(verify_note(parsed, keys));
    // A note may carry signatures of others; in a bundle each must be one that was checked.
    for (const NoteSignature& signature : parsed.signatures) {
      const bool known = std::any_of(keys.begin(), keys.end(), [&](const NoteKey& key) {
        return key.name() == signature.name && key.id() == signature.key_id;
      });
      if (!known) return Error(Errc::kUnauthenticated, "a signature of an unknown key: " + signature.name);
    }
    return checkpoint;
  }

  void check_entries() {
    Findings findings;
    std::size_t count = 0;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      std::set<std::string> processes;
      for (const BundleEntry& raw : bundle_.logs[i].entries) {
        auto entry = parse_entry(raw.leaf);
        if (!entry) {
          findings.add("entry " + std::to_string(raw.index.value()) + ": " + std::string(entry.error().message()));
          entry = Entry{};
        }
        if (entry->contract == bundle_.contract) processes.insert(entry->process);
        logs_[i].entries.push_back(*std::move(entry));
        ++count;
      }
      if (bundle_.logs[i].entries.empty()) findings.add(logs_[i].node + " tells nothing");
      for (const Entry& entry : logs_[i].entries) {
        const bool negotiation = entry.contract.empty() && !entry.process.empty() && processes.contains(entry.process);
        if (entry.contract != bundle_.contract && !negotiation) findings.add(entry.kind + " is about another contract");
      }
    }
    answer("entries", {"every entry is well formed and about this contract", "每条记录格式规范且属于本合同"}, findings,
           std::to_string(count) + " entries");
  }

  void check_validity() {
    Findings findings;
    for (const ReadLog& log : logs_) {
      for (const Entry& entry : log.entries) {
        if (!certified_.valid_at(log.node, entry.time)) {
          findings.add(log.node + " had no valid certificate at " + format_iso8601(entry.time));
        }
      }
    }
    answer("validity", {"the certificates were valid when it happened", "记录发生时证书有效"}, findings, "");
  }

  void check_inclusion() {
    Findings findings;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      const Checkpoint& checkpoint = logs_[i].checkpoint;
      for (const BundleEntry& entry : bundle_.logs[i].entries) {
        const Digest hash = leaf_hash(checkpoint.algorithm(), view_of(entry.leaf));
        const auto proven =
            verify_inclusion(checkpoint.algorithm(), entry.index, checkpoint.size, hash, checkpoint.root, entry.proof);
        if (!proven) {
          findings.add("entry " + std::to_string(entry.index.value()) + " of " + logs_[i].node +
                       " is not in the signed log");
        }
      }
    }
    answer("inclusion", {"every entry is in its signed log", "每条记录都包含在已签名的日志中"}, findings, "");
  }

  void check_consistency() {
    Findings findings;
    std::size_t count = 0;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      for (const EarlierCheckpoint& earlier : bundle_.logs[i].earlier) {
        std::string node = logs_[i].node;
        const auto checkpoint = open(earlier.note, node);
        if (!checkpoint) {
          findings.add("an earlier checkpoint of " + node + ": " + std::string(checkpoint.error().message()));
          continue;
        }
        const auto proven = verify_progress(*checkpoint, logs_[i].checkpoint, earlier.proof);
        if (!proven) findings.add(node + ": " + std::string(proven.error().message()));
        ++count;
      }
    }
    answer("consistency", {"no log changed what it had signed before", "日志未改动以往签名的内容"}, findings,
           std::to_string(count) + " earlier checkpoints");
  }

  void check_order() {
    Findings findings;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      const Story story = read_story(logs_[i].entries);
      for (const StoryProblem& problem : story.problems) {
        findings.add("entry " + std::to_string(bundle_.logs[i].entries[problem.place].index.value()) + " of " +
                     logs_[i].node + ": " + problem.what.en);
      }
      for (const Text& missing : story.missing) {
        if (std::find(report_.missing.begin(), report_.missing.end(), missing) == report_.missing.end()) {
          report_.missing.push_back(missing);
        }
      }
    }
    answer("order", {"everything happened in legal order", "各步骤顺序合法"}, findings, "");
  }

  void check_agreement() {
    Findings findings;
    std::set<std::string> signers;
    if (bundle_.agreement.empty()) {
      if (!tells("contract.agreed")) return;
      findings.add("the logs tell of an agreement that the bundle does not show");
    } else {
      check_statements(bundle_.agreement.front(), signers, findings);
      if (signers.size() < 2) findings.add("two nodes must have signed, " + std::to_string(signers.size()) + " did");
    }
    std::string names;
    for (const std::string& signer : signers) names += (names.empty() ? "" : ", ") + signer;
    answer("agreement", {"both parties signed the same agreement", "双方签署了同一份合同"}, findings, names);
  }

  void check_statements(const BundleAgreement& agreement, std::set<std::string>& signers, Findings& findings) {
    const auto terms = wire::parse_json(agreement.text);
    if (!terms || terms->canonical() != agreement.text) return findings.add("the agreement is not canonical JSON");
    if (!mentions(*terms, bundle_.contract)) findings.add("the agreement is about another contract");
    for (const SignedStatement& statement : agreement.statements) {
      const auto json = wire::parse_json(statement.text);
      if (!json || json->canonical() != statement.text) {
        findings.add("a signed statement is not canonical JSON");
        continue;
      }
      const std::string node = json->text_or("nodeId", "");
      const auto time = parse_iso8601(json->text_or("signatoryTime", ""));
      if (!is_hash_of(json->text_or(kAgreementHashMember, ""), agreement.text)) {
        findings.add("node " + node + " signed another agreement");
      }
      if (!mentions(*terms, node)) findings.add("node " + node + " is no party of the agreement");
      if (!time) {
        findings.add("node " + node + " does not say when it signed");
        continue;
      }
      const auto verified = certified_.verify(node, *time, view_of(statement.text), statement.signature);
      if (!verified) findings.add(std::string(verified.error().message()));
      if (verified) signers.insert(node);
    }
  }

  static bool is_hash_of(std::string_view stated, std::string_view text) {
    const auto digest = parse_digest(stated);
    return digest && crypto::hash(digest->algorithm, view_of(text)) == digest->digest;
  }

  void check_agreement_hash() {
    if (!tells("contract.agreed")) return;
    Findings findings;
    std::string hash;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      bool stated = false;
      for (const Entry& entry : logs_[i].entries) {
        const std::string here = entry.body.text_or(kAgreementHashMember, "");
        if (here.empty()) continue;
        stated = true;
        if (!bundle_.agreement.empty() && !is_hash_of(here, bundle_.agreement.front().text)) {
          findings.add(entry.kind + " of " + logs_[i].node + " states another agreement");
        }
        hash = here;
      }
      if (!stated) findings.add(logs_[i].node + " does not state the hash of the agreement");
    }
    answer("agreement_hash", {"all logs state this agreement", "各日志记载的合同哈希一致"}, findings, hash);
  }

  // Documents that somebody signed, inside entries: receipts and proofs of destruction; receipts may be attached too.
  void check_signed(std::string id, Text name, std::string_view member, std::string_view signer,
                    std::string_view needed_by) {
    Findings findings;
    std::size_t count = 0;
    each_entry([&](const Entry& entry, const std::string& where) {
      const bool needed = entry.kind == needed_by;
      if (entry.body.has(member)) {
        check_document(entry.body[member], signer, where, findings);
        ++count;
      } else if (needed) {
        findings.add(where + ": " + entry.kind + " without the signed document");
      }
    });
    if (member == kReceiptMember) {
      for (const Json& receipt : bundle_.receipts) {
        check_document(receipt, signer, "the attached receipt", findings);
        ++count;
      }
    }
    if (count > 0 || !findings.none())
      answer(std::move(id), std::move(name), findings, std::to_string(count) + " signed");
  }

  void check_document(const Json& document, std::string_view signer, const std::string& where, Findings& findings) {
    const std::string node = document.text_or(signer, "");
    const auto time = parse_iso8601(document.text_or("time", ""));
    if (!time) return findings.add(where + ": the signed document does not say when it was signed");
    Json signed_part = document;
    signed_part.erase("signature");
    const auto verified =
        certified_.verify(node, *time, view_of(signed_part.canonical()), document.text_or("signature", ""));
    if (!verified) return findings.add(where + ": " + std::string(verified.error().message()));
    if (document.text_or("contract", "") != bundle_.contract) findings.add(where + ": signed for another contract");
    const std::string root = document.text_or(kContentRootMember, "");
    if (root.empty()) return findings.add(where + ": signed for no content");
    roots_.insert(root);
  }

  void check_content() {
    each_entry([&](const Entry& entry, const std::string&) {
      const std::string root = entry.body.text_or(kContentRootMember, "");
      if (!root.empty()) roots_.insert(root);
    });
    if (!bundle_.content_root.empty()) roots_.insert(bundle_.content_root);
    if (roots_.empty()) return;
    Findings findings;
    if (roots_.size() > 1) findings.add("the documents speak of " + std::to_string(roots_.size()) + " contents");
    if (!bundle_.content_root.empty() && !parse_digest(bundle_.content_root))
      findings.add("the stated content root is no digest");
    const auto terms =
        bundle_.agreement.empty() ? Result<Json>(Json()) : wire::parse_json(bundle_.agreement.front().text);
    for (const std::string& root : roots_) {
      if (!terms || !mentions(*terms, root)) findings.add(root + " is not the content of the agreement");
    }
    answer("content", {"what was delivered is what was agreed", "交付内容与约定内容一致"}, findings, *roots_.begin());
  }

  void check_computations() {
    std::vector<ToldLog> told;
    for (const ReadLog& log : logs_) told.push_back({log.node, log.entries});
    const Computations compared = compare_computations(told);
    Findings findings;
    for (const std::string& problem : compared.problems) findings.add(problem);
    if (compared.compared == 0) return;
    answer("computations", {"both sides computed the same, on the same sets, over one line", "双方对同一任务、同一集合、同一通道的记录一致"},
           findings, std::to_string(compared.compared) + " compared");
  }

  const Bundle& bundle_;
  Certified certified_;
  std::vector<ReadLog> logs_;
  std::set<std::string> roots_;
  Report report_;
};

}  // namespace

bool Report::ok() const {
  return !checks.empty() && std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.passed; });
}

Json Report::json() const {
  Json list = Json::array();
  for (const Check& check : checks) {
    list.push(Json::object({{"id", check.id},
                            {"name", Json::object({{"en", check.name.en}, {"zh", check.name.zh}})},
                            {"passed", check.passed},
                            {"detail", check.detail}}));
  }
  Json open = Json::array();
  for (const Text& text : missing) open.push(Json::object({{"en", text.en}, {"zh", text.zh}}));
  return Json::object(
      {{"contract", contract}, {"ok", ok()}, {"checks", std::move(list)}, {"missing", std::move(open)}});
}

Result<Report> verify_bundle(std::string_view text, const TrustAnchors& anchors) {
  WEIR_TRY_LET(const Bundle bundle, parse_bundle(text));
  WEIR_TRY_LET(Certified certified, certify(bundle.authorities, bundle.certificates, anchors));
  return Verifier(bundle, std::move(certified)).run();
}

}  // namespace weir::tlog
