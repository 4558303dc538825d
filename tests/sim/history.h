// History: what one node's database says at one moment, and what its evidence says it must say.
//
// A View is read from the tables, a Told is made from the entries of the log alone: a node whose two differ changed
// something without evidence, or claimed what did not happen (I-1). Thread-safety: values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weir/flow/contract/contract.h"
#include "weir/flow/delivery/store.h"
#include "weir/store/sql.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::sim {

// What evidence tells of, and tables hold, alike.
struct Facts {
  struct Transfer {
    std::string state{};    // "STARTED"
    std::string custody{};  // "", "held", "destroying", "destroyed"
    friend bool operator==(const Transfer&, const Transfer&) = default;
  };
  struct Agreement {
    std::string state{};
    std::int64_t notices = 0;
    friend bool operator==(const Agreement&, const Agreement&) = default;
  };
  struct Terms {
    std::string state{};
    std::int64_t version = 0;
    std::map<std::string, std::int64_t> counters{};  // "rule counter"
    friend bool operator==(const Terms&, const Terms&) = default;
  };
  std::map<std::string, std::string> negotiations{};  // process -> state
  std::map<std::string, Agreement> agreements{};
  std::map<std::string, Transfer> transfers{};
  std::map<std::string, Terms> terms{};              // by contract
  std::map<std::string, std::string> obligations{};  // that are fulfilled or overdue
  std::map<std::string, std::string> products{};     // "id version" -> "status hash"
  friend bool operator==(const Facts&, const Facts&) = default;
};
// The first difference, in words; empty if there is none.
std::string difference(const Facts& told, const Facts& held);

// Facts as evidence tells them.
class Told {
 public:
  // What is wrong with the entry, or nothing.
  std::string take(const trust::evidence::Entry& entry);
  const Facts& facts() const { return facts_; }

 private:
  std::string take_contract(const trust::evidence::Entry& entry);
  std::string take_delivery(const trust::evidence::Entry& entry);
  void take_usage(const trust::evidence::Entry& entry);
  void take_catalog(const trust::evidence::Entry& entry);
  Facts facts_;
};

struct View {
  struct Negotiation {
    flow::contract::Role role{};
    std::string peer{};
    std::string peer_pid{};
    flow::contract::State state{};
    std::string agreement{};
  };
  struct Agreement {
    flow::contract::Role role{};
    flow::contract::AgreementState state{};
    std::string contract{};
    std::string object{};  // the bytes that both signed
    std::string hash{};
    std::optional<Timestamp> valid_until{};
    int suspended_by = 0;
  };
  struct Transfer {
    flow::delivery::Role role{};
    std::string peer{};
    std::string peer_pid{};
    std::string agreement{};
    flow::delivery::TransferState state{};
    flow::delivery::Custody custody{};
    std::int64_t size = 0;
    bool receipt = false;
  };
  struct Product {
    std::string origin{};  // empty: its own
    std::int64_t published = 0;
    bool deregistered = false;
    std::string hash{};  // of the published version
  };
  Facts facts{};
  std::map<std::string, Negotiation> negotiations{};
  std::map<std::string, Agreement> agreements{};
  std::map<std::string, Transfer> transfers{};
  std::map<std::string, Product> products{};
  std::map<std::string, std::int64_t> metered{};  // process -> bytes
  std::map<std::string, std::int64_t> sending{};  // process -> bytes written down as leaving
  std::set<std::string> closed{};                 // processes whose meter is closed
  std::int64_t waiting = 0;                       // messages in the outbox
};
Result<View> read_view(store::Tx& tx);

}  // namespace weir::sim
