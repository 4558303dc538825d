// Writer: the transitions of products within one transaction, each with its history line and evidence entry (I-1).
//
// Thread-safety: belongs to the work it is made in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/supply/catalog/index.h"
#include "weir/supply/catalog/store.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::supply::catalog {

struct WriterParts {
  store::Tx& tx;
  const Index& index;
  trust::evidence::Log& log;
  Timestamp now;
  std::string actor;
  Numbers numbers;  // enough for one number a transition
};

// What is said of a transition.
struct Note {
  std::string_view what;    // "published": the evidence kind is "catalog.published"
  std::string_view reason;
  wire::Json more = wire::Json::object();  // further members of the evidence body
};

class Writer {
 public:
  explicit Writer(WriterParts parts) : parts_(std::move(parts)) {}

  // Makes `description` version `number` of the product in a state of the desk: draft or submitted.
  Result<Product> put_on_desk(Head& head, Version version, const Description& description, const Note& note);
  // Makes it the published version; the one before becomes superseded.
  Result<Product> publish(Head& head, Version version, const Description& description, const Note& note);
  // Ends the product. What was published is shown on the desk as deregistered.
  Result<Product> deregister(Head& head, const Note& note);

  // What happened so far to own products' identifiers.
  const std::vector<Announcement>& announced() const { return announced_; }
  const std::string& actor() const { return parts_.actor; }

 private:
  Result<> take_off(Head& head, Shelf shelf);
  Result<> put_on(Head& head, Shelf shelf, const Product& product, std::int64_t sequence);
  Result<> record(const Product& product, const std::string& hash, std::int64_t sequence, const Note& note);
  std::int64_t next_sequence() { return parts_.numbers.next++; }

  WriterParts parts_;
  std::vector<Announcement> announced_;
};

}  // namespace weir::supply::catalog
