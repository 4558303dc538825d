// Identifier: the five forms of NDI-TR-2025-04, parsed once at the edge (I-7).
//
// For every id: format(*parse(s)) == s. Check characters: ISO 7064 MOD 37-2 (GB/T 17710). docs/formats/identifiers.md.
// Thread-safety: values and pure functions. Trust: parse takes hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/base/time.h"

namespace weir::supply::identifier {

// The first character of platform, connector, product and resource identifiers.
enum class NodeKind : char { kGlobal = '1', kRegional = '2', kSector = '3', kBusiness = '4', kConnector = '5' };
enum class ItemKind : char { kProduct = '6', kResource = '7' };

// Form 1. A participant: 18 characters. A USCC (GB 32100, checked) or an 18-character mapped or assigned code.
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

// Region (first four digits of GB/T 2260) or industry ("00" and digits 2-3 of GB/T 4754).
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

// Form 5. A contract: type(1, 'C') node kind(1) node subject(18) area(4) time(14) random(8) check(1) = 47.
class ContractId {
 public:
  static Result<ContractId> parse(std::string_view text);
  static ContractId generate(NodeKind kind, const SubjectId& subject, const AreaCode& area, Timestamp time, Random& random);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const ContractId&, const ContractId&) = default;

 private:
  explicit ContractId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// ISO 7064 MOD 37-2 over 0-9 A-Z; the check character may be '*'. Fails on any other character.
Result<char> check_character(std::string_view body);

}  // namespace weir::supply::identifier
