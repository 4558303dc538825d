// Registry: standards as their sources state them: every field a claim with source, date and trust; links between them.
//
// Nothing is overwritten: a later or better claim comes before an earlier one, and two sources that disagree are a
// conflict for a person to see. Copyable: a change is made in a copy, which then takes the place of the old one.
// Thread-safety: const member functions may run on any number of threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/standards/standard/date.h"
#include "weir/standards/standard/number.h"

namespace weir::standards::standard {

enum class Status : std::uint8_t {
  kUnknown,
  kProposal,
  kDrafting,
  kComment,
  kReview,
  kApproval,
  kPublished,
  kInForce,
  kUnderReview,
  kSuperseded,
  kWithdrawn,
};
std::string_view name_of(Status status);  // "in-force"
Text words_for(Status status);
// Takes the names, and the words of Chinese and ISO registers: "现行", "即将实施", "废止", "Published" …
std::optional<Status> parse_status(std::string_view text);
// What a status means for counting.
enum class Phase : std::uint8_t { kUnknown, kDevelopment, kPublished, kPast };
Phase phase_of(Status status);
std::string_view name_of(Phase phase);

enum class Field : std::uint8_t {
  kTitleZh,
  kTitleEn,
  kStatus,
  kStage,
  kCommittee,
  kDirection,
  kPublished,
  kImplemented,
  kWithdrawn,
  kEdition,
  kUrl,
  kLanguage,
  kCommentFrom,
  kCommentUntil,
  kNote,
};
inline constexpr int kFieldCount = 15;
std::string_view name_of(Field field);  // the column's name: "title_zh", "framework_direction"
std::optional<Field> parse_field(std::string_view name);
// Whether several values stand side by side (directions, languages) instead of one being true.
bool is_many(Field field);

// How far a claim may be trusted.
enum class Trust : std::uint8_t {
  kUnverified,  // somebody's memory
  kProposal,    // a classification that this project, or the importer, proposes
  kSourced,     // the source says so
};
std::string_view name_of(Trust trust);

struct Source {
  std::string name;
  Date date;       // as of when
  std::string by;  // who brought it here: "" for what the program carries, else the operator
  friend bool operator==(const Source&, const Source&) = default;
};
using SourceId = std::uint32_t;

struct Claim {
  Field field = Field::kNote;
  Trust trust = Trust::kSourced;
  SourceId source = 0;
  std::string value;
};

enum class Relation : std::uint8_t { kReplaces, kAdopts, kCites, kCommonText };
enum class Degree : std::uint8_t { kUnstated, kIdentical, kModified, kNotEquivalent };
std::string_view name_of(Relation relation);
std::optional<Relation> parse_relation(std::string_view text);
std::string_view name_of(Degree degree);  // "IDT", "MOD", "NEQ", ""
std::optional<Degree> parse_degree(std::string_view text);
// Whether it counts as adoption of an international standard: identical or modified only.
inline bool counts(Degree degree) { return degree == Degree::kIdentical || degree == Degree::kModified; }

using Index = std::uint32_t;

struct Link {
  Relation relation = Relation::kCites;
  Degree degree = Degree::kUnstated;
  Trust trust = Trust::kSourced;
  SourceId source = 0;
  Index from = 0;
  Index to = 0;
};

struct Standard {
  StandardNumber number;
  bool listed = false;               // false: only named by others
  std::vector<Claim> claims;         // oldest first
  std::vector<std::uint32_t> links;  // of Registry::links(), from it or to it
  std::string words;                 // lower case, for searching
  // What the best claims come to.
  Status status = Status::kUnknown;
  Date published;
  bool verified = false;  // whether its title and status have a source
};

struct Conflict {
  Field field = Field::kNote;
  std::vector<const Claim*> claims;  // one of each value
};

struct Query {
  std::string words;      // all must occur, in any case
  std::string direction;  // that direction or one below it
  std::string committee;  // begins with
  std::string kind;       // "GB/T", "ISO/IEC", "ITU-T" …
  std::optional<Status> status;
  std::optional<Phase> phase;
  bool conflicts_only = false;
  bool by_number = true;  // false: in no order, which is quicker
  std::size_t limit = 50;
  std::size_t offset = 0;
};
struct Found {
  std::vector<Index> standards;  // those in force first, by number
  std::size_t total = 0;
};

class Registry {
 public:
  SourceId source(const Source& source);
  // The place of the number; made if it is not there, not yet listed.
  Index intern(const StandardNumber& number);
  void list(Index standard) { standards_[standard].listed = true; }
  // False if the same source said the same before.
  bool add(Index standard, Claim claim);
  // False if it is there. Fails with kConflict ("standard.cycle", "standard.itself") if the link would make a standard
  // replace itself, directly or through others; the message names the way.
  Result<bool> add(const Link& link);
  // Works out what the claims come to; call after the last add.
  void settle();
  void settle(Index standard);

  const std::vector<Standard>& standards() const { return standards_; }
  const Standard& at(Index standard) const { return standards_[standard]; }
  const std::vector<Link>& links() const { return links_; }
  const Source& source_of(SourceId id) const { return sources_[id]; }
  std::size_t sources() const { return sources_.size(); }
  std::size_t listed() const;

  std::optional<Index> find(const StandardNumber& number) const;
  // Every edition of the document that the number is an edition of, oldest first.
  std::vector<Index> editions(const StandardNumber& number) const;
  // Exactly this number, or else the newest edition in force, or else the newest. Fails with kNotFound
  // ("standard.unknown", the advice names numbers alike), or as StandardNumber::parse.
  Result<Index> resolve(std::string_view text) const;
  Found search(const Query& query) const;

  // The claim to go by; null if nobody said anything. Better trust, then later date, then later arrival.
  const Claim* best(Index standard, Field field) const;
  std::string_view text(Index standard, Field field) const;              // its value, or ""
  std::vector<std::string_view> all(Index standard, Field field) const;  // of a field with several values
  Date date(Index standard, Field field) const;
  std::vector<Conflict> conflicts(Index standard) const;
  // Sources that name another degree for the same adoption: one link of each.
  std::vector<std::vector<const Link*>> link_conflicts(Index standard) const;
  // Links of this relation from it (to other standards), or to it.
  std::vector<const Link*> links_from(Index standard, Relation relation) const;
  std::vector<const Link*> links_to(Index standard, Relation relation) const;
  // The title in this language, or in the other.
  std::string_view title(Index standard, Language language) const;

 private:
  std::string cycle(Index from, Index to) const;

  std::vector<Standard> standards_;
  std::vector<Link> links_;
  std::vector<Source> sources_;
  std::unordered_map<std::string, Index> by_number_;
  std::unordered_map<std::string, std::vector<Index>> by_work_;  // undated number
  std::unordered_map<std::string, SourceId> by_source_;
};

}  // namespace weir::standards::standard
