// Identifier: the five forms of NDI-TR-2025-04, parsed once at the edge (I-7).
//
// For every form: parse(s)->text() == s. Parsing fails with kInvalidArgument ("identifier.malformed"). Check
// characters: ISO 7064 MOD 37-2 (GB/T 17710). Format: docs/formats/identifiers.md. Thread-safety: values and pure
// functions. Trust: parse takes hostile text. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/base/time.h"

namespace weir::supply::identifier {

// The first character of platform, connector, product and resource identifiers.
enum class NodeKind : char { kGlobal = '1', kRegional = '2', kSector = '3', kBusiness = '4', kConnector = '5' };
enum class ItemKind : char { kProduct = '6', kResource = '7' };

// Form 1. A participant: 18 characters 0-9 A-Z. A USCC (GB 32100), a person's mapped code (person.h), or a code
// assigned by a regional node. What begins like a USCC must be one: a mistyped USCC is nobody's assigned code.
class SubjectId {
 public:
  static Result<SubjectId> parse(std::string_view text);
  const std::string& text() const { return text_; }
  bool is_uscc() const;
  friend auto operator<=>(const SubjectId&, const SubjectId&) = default;

 private:
  explicit SubjectId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Region (first four digits of GB/T 2260) or industry ("00" and digits 2-3 of GB/T 4754): any four digits; area.h knows
// which of them stand for something today.
class AreaCode {
 public:
  static Result<AreaCode> parse(std::string_view text);
  const std::string& text() const { return text_; }
  bool is_industry() const { return text_.starts_with("00"); }
  friend auto operator<=>(const AreaCode&, const AreaCode&) = default;

 private:
  explicit AreaCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

//= I-7
// Forms 2 and 3. A platform or a connector: type(1) subject(18) area(4) random(8) check(1).
class NodeId {
 public:
  static Result<NodeId> parse(std::string_view text);
  static NodeId generate(NodeKind kind, const SubjectId& subject, const AreaCode& area, Random& random);
  const std::string& text() const { return text_; }
  NodeKind kind() const { return static_cast<NodeKind>(text_[0]); }
  SubjectId subject() const;
  AreaCode area() const;
  friend auto operator<=>(const NodeId&, const NodeId&) = default;

 private:
  explicit NodeId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Form 4. A product or resource: 32 characters as above, then optionally '•' and an extension of 1 to 32 characters.
class ProductId {
 public:
  static Result<ProductId> parse(std::string_view text);
  static Result<ProductId> generate(ItemKind kind, const SubjectId& subject, const AreaCode& area, Random& random,
                                    std::string_view extension = {});
  const std::string& text() const { return text_; }
  ItemKind kind() const { return static_cast<ItemKind>(text_[0]); }
  SubjectId subject() const;
  AreaCode area() const;
  std::string_view extension() const;
  friend auto operator<=>(const ProductId&, const ProductId&) = default;

 private:
  explicit ProductId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The first character of a contract identifier is not stated by TC609-6-2025-14; public implementations use 'C'. A node
// is configured with the one it gives; any is read.
inline constexpr char kContractType = 'C';

// Form 5. A contract: type(1) node kind(1) node subject(18) area(4) time(14, UTC) random(8) check(1) = 47.
class ContractId {
 public:
  static Result<ContractId> parse(std::string_view text);
  // Requires: type is 0-9 or A-Z, and the time has a year of four digits.
  static ContractId generate(NodeKind kind, const SubjectId& subject, const AreaCode& area, Timestamp time,
                             Random& random, char type = kContractType);
  const std::string& text() const { return text_; }
  char type() const { return text_[0]; }
  NodeKind node_kind() const { return static_cast<NodeKind>(text_[1]); }
  SubjectId subject() const;
  AreaCode area() const;
  Timestamp time() const;
  friend auto operator<=>(const ContractId&, const ContractId&) = default;

 private:
  explicit ContractId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

enum class Form : char { kNode, kItem, kContract };

// Any identifier that can be registered and resolved: of a node, an item or a contract.
class Identifier {
 public:
  Identifier(const NodeId& id) : form_(Form::kNode), text_(id.text()) {}
  Identifier(const ProductId& id) : form_(Form::kItem), text_(id.text()) {}
  Identifier(const ContractId& id) : form_(Form::kContract), text_(id.text()) {}
  static Result<Identifier> parse(std::string_view text);
  Form form() const { return form_; }
  const std::string& text() const { return text_; }
  // Without the extension of an item: what is unique.
  Identifier base() const;
  SubjectId subject() const;
  AreaCode area() const;
  friend auto operator<=>(const Identifier&, const Identifier&) = default;

 private:
  Identifier(Form form, std::string text) : form_(form), text_(std::move(text)) {}
  Form form_;
  std::string text_;
};

// ISO 7064 MOD 37-2 over 0-9 A-Z; the check character may be '*'. Detects every single wrong character and every swap
// of neighbours. Fails with kInvalidArgument on any other character.
Result<char> check_character(std::string_view body);

}  // namespace weir::supply::identifier
