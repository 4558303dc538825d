// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/number.h"

#include <algorithm>
#include <array>

#include "weir/base/text.h"
#include "weir/standards/standard/clip.h"

namespace weir::standards::standard {

namespace {

constexpr std::size_t kBytesMax = 128;

// Two-letter codes of industry standards.
constexpr std::string_view kIndustries =
    " AQ BB CB CH CJ CY DA DL DY DZ EJ FZ GA GC GD GF GH GM GY HB HG HJ HS HY JB JC JG JR JS JT JY LB LD LS LY MH MR "
    "MT MZ NB NY QB QC QJ QX RB RF SB SC SF SH SJ SL SN SW SY TB TD TY WB WH WJ WM WS WW XB XF YB YC YD YJ YS YY YZ "
    "ZY ";
// How far an ISO document has come, longest first. The second word is the published type that a draft is of.
struct Draft {
  std::string_view word;
  std::string_view type;
};
constexpr std::array kDrafts = {Draft{"FDIS", ""},   Draft{"DTS", "TS"},  Draft{"DTR", "TR"}, Draft{"DPAS", "PAS"},
                                Draft{"FDTS", "TS"}, Draft{"FDTR", "TR"}, Draft{"PRF", ""},   Draft{"DIS", ""},
                                Draft{"CDV", ""},    Draft{"PWI", ""},    Draft{"AWI", ""},   Draft{"CD", ""},
                                Draft{"WD", ""},     Draft{"NP", ""}};
constexpr std::array<std::string_view, 4> kTypes = {"TS", "TR", "PAS", "GUIDE"};
constexpr std::array<std::string_view, 6> kSupplements = {"Amd", "Cor", "Suppl", "DAM", "FDAM", "CDAM"};
constexpr std::array<std::string_view, 8> kPublishers = {"ISO/IEC/IEEE", "ISO/IEC",  "IEC/IEEE", "ISO/IEEE",
                                                         "ISO/SAE",      "ISO/ASTM", "ISO",      "IEC"};

Error wrong(std::string_view reason, std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

struct Sign {
  std::string_view from;
  std::string_view to;
};
constexpr std::array kSigns = {Sign{"—", "-"},  Sign{"–", "-"},       Sign{"－", "-"}, Sign{"―", "-"},  Sign{"−", "-"},
                               Sign{"‐", "-"},  Sign{"‑", "-"},       Sign{"‒", "-"},  Sign{"／", "/"}, Sign{"∕", "/"},
                               Sign{"⁄", "/"},  Sign{"：", ":"},      Sign{"（", "("}, Sign{"）", ")"}, Sign{"．", "."},
                               Sign{"　", " "}, Sign{"\xC2\xA0", " "}};

// One character at the front of `rest` as ASCII where it has such a form.
std::string take_ascii(std::string_view& rest) {
  for (const Sign& sign : kSigns) {
    if (!rest.starts_with(sign.from)) continue;
    rest.remove_prefix(sign.from.size());
    return std::string(sign.to);
  }
  // U+FF10 … U+FF5A: digits and letters in full width.
  if (rest.size() >= 3 && rest[0] == '\xEF' && (rest[1] == '\xBC' || rest[1] == '\xBD')) {
    const int code = 0xF000 + ((rest[1] & 0x3F) << 6) + (rest[2] & 0x3F);
    if (code >= 0xFF01 && code <= 0xFF5E) {
      rest.remove_prefix(3);
      return std::string(1, static_cast<char>(code - 0xFEE0));
    }
  }
  std::string one(1, rest[0] == '\t' ? ' ' : rest[0]);
  rest.remove_prefix(1);
  return one;
}

std::string to_ascii(std::string_view text) {
  std::string out;
  for (std::string_view rest = trim(text); !rest.empty();) {
    const std::string next = take_ascii(rest);
    if (next == " " && (out.empty() || out.back() == ' ')) continue;
    out += next;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

}  // namespace

// Reads from the left; each step takes what it knows.
struct NumberReader {
  std::string_view rest;
  StandardNumber out{};

  bool take(std::string_view word) {
    if (rest.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (upper(rest[i]) != upper(word[i])) return false;
    }
    rest.remove_prefix(word.size());
    return true;
  }
  // A word that ends where letters end, with the space behind it.
  bool take_word(std::string_view word) {
    const std::string_view before_it = rest;
    if (!take(word)) return false;
    if (!rest.empty() && is_upper(upper(rest[0]))) {
      rest = before_it;
      return false;
    }
    take(" ");
    return true;
  }
  std::string digits(std::size_t longest) {
    std::size_t length = 0;
    while (length < rest.size() && is_digit(rest[length])) ++length;
    if (length > longest) return {};
    const std::string found(rest.substr(0, length));
    rest.remove_prefix(length);
    return found;
  }
  // "12", "12.3", "12.3.4"; `separator` is '.' in Chinese numbers and '-' in those of ISO.
  Result<std::string> serial(char separator) {
    std::string found = digits(6);
    if (found.empty()) return wrong("standard.bad_number", "a serial number is missing or too long");
    while (rest.size() > 1 && rest[0] == separator && is_digit(rest[1])) {
      const std::string_view before_it = rest;
      rest.remove_prefix(1);
      const std::string part = digits(6);
      const bool is_year = separator == '-' && part.size() == 4 && rest.empty() && (part[0] == '1' || part[0] == '2');
      if (part.empty() || is_year) {  // "ISO 9001-2015": the edition, written in the Chinese way
        rest = before_it;
        return found;
      }
      found += separator + part;
    }
    return found;
  }
  Result<int> year() {
    const std::string found = digits(4);
    if (found.size() == 2) return found[0] >= '5' ? 1900 + std::stoi(found) : 2000 + std::stoi(found);
    const int value = found.size() == 4 ? std::stoi(found) : 0;
    if (value < 1900 || value > 2199) return wrong("standard.bad_year", "the edition is a year of four digits");
    return value;
  }
  Result<> end() const {
    if (rest.empty()) return {};
    return wrong("standard.bad_number", "something follows the number: \"" + std::string(clip(rest, 32)) + "\"");
  }

  Result<> chinese(Family family, std::string kind, std::string prefix, std::string issuer);
  Result<> international(std::string publisher);
  Result<> supplement();
  Result<> itu();
  Result<> recommendation(std::string& name);
  Result<> document();
  bool plan();
  Result<bool> chinese_body();
  Result<> read();
};

// "43697-2024", "20438.1-2017", "4943.1-2011/XG1-2012".
Result<> NumberReader::chinese(Family family, std::string kind, std::string prefix, std::string issuer) {
  take(" ");
  if (rest.starts_with('X') || rest.starts_with('x')) {
    return wrong("standard.no_number_yet", "the draft has no number yet; use a key that begins with PRJ-");
  }
  WEIR_TRY_LET(const std::string serial_text, serial('.'));
  out.family_ = family;
  out.kind_ = std::move(kind);
  out.undated_ = prefix + issuer + " " + serial_text;
  out.text_ = out.undated_;
  if (take("-") || take(":")) {
    WEIR_TRY_LET(out.year_, year());
    out.text_ += "-" + std::to_string(out.year_);
  }
  if (!take("/XG")) return end();
  out.amends_ = out.text_;
  const std::string sequence = digits(2);
  if (sequence.empty()) return wrong("standard.bad_number", "an amendment sheet is written XG1");
  out.undated_ = out.text_ + "/XG" + sequence;
  out.text_ = out.undated_;
  if (take("-")) {
    WEIR_TRY_LET(out.year_, year());
    out.text_ += "-" + std::to_string(out.year_);
  }
  return end();
}

// After the publisher: type and stage, number and parts, year, supplement.
Result<> NumberReader::international(std::string publisher) {
  std::string type;
  take("/");
  take(" ");
  for (const Draft& draft : kDrafts) {
    if (!take_word(draft.word)) continue;
    out.draft_ = draft.word;
    type = draft.type;
    break;
  }
  for (const std::string_view word : kTypes) {
    if (take_word(word)) type = word == "GUIDE" ? "Guide" : word;
  }
  WEIR_TRY_LET(std::string number, serial('-'));
  std::string round;
  if (!out.draft_.empty() && take(".")) round = "." + digits(2);  // "CD 22237-5.3": the third committee draft
  const bool alone = publisher == "ISO";
  const auto named = [&](const std::string& words) {
    return publisher + (words.empty() ? "" : (alone ? "/" : " ") + words);
  };
  const std::string stage =
      out.draft_ + (out.draft_.empty() || type.empty() || out.draft_.ends_with(type) ? "" : " " + type);
  out.family_ = Family::kInternational;
  out.kind_ = named(type);
  out.undated_ = out.kind_ + " " + number;
  out.text_ = named(out.draft_.empty() ? type : stage) + " " + number + round;
  if (take(":") || take("-")) {
    WEIR_TRY_LET(out.year_, year());
    out.text_ += ":" + std::to_string(out.year_);
  }
  if (take("(E)") || take("(F)") || take("(E/F)")) take(" ");
  return rest.empty() ? Result<>() : supplement();
}

// "/Amd 1:2024", "/Cor 2:2008", "/DAM 1".
Result<> NumberReader::supplement() {
  if (!take("/") && !take("+")) return end();
  take(" ");
  out.amends_ = out.text_;
  std::string kind;
  for (const std::string_view word : kSupplements) {
    if (kind.empty() && (take_word(word) || (word == "Amd" && take_word("AMD")))) kind = word;
  }
  if (kind.empty())
    return wrong("standard.bad_number", "after the number only /Amd, /Cor, /Suppl or a draft of these may follow");
  take(".");
  take(" ");
  const std::string sequence = digits(2);
  if (sequence.empty()) return wrong("standard.bad_number", "an amendment has a sequence number: /Amd 1:2024");
  const bool is_draft = kind.ends_with("AM");
  out.draft_ = is_draft ? kind : "";
  out.undated_ = out.amends_ + "/" + (is_draft ? "Amd" : kind) + " " + sequence;
  out.text_ = out.amends_ + "/" + kind + " " + sequence;
  out.year_ = 0;
  if (take(":") || take("-")) {
    WEIR_TRY_LET(out.year_, year());
    out.text_ += ":" + std::to_string(out.year_);
  }
  return end();
}

// "Y.3521", "F.743.38", "X.520bis".
Result<> NumberReader::recommendation(std::string& name) {
  if (rest.empty() || !is_upper(upper(rest[0])))
    return wrong("standard.bad_number", "a recommendation begins with its series: Y.3500");
  name += upper(rest[0]);
  rest.remove_prefix(1);
  if (!take(".")) return wrong("standard.bad_number", "a full stop follows the series: Y.3500");
  WEIR_TRY_LET(const std::string number, serial('.'));
  name += "." + number;
  if (take("bis")) name += "bis";
  return {};
}

// After "ITU-T": "Y.3521/M.3070 (03/2016)", "L Suppl. 6 (12/2014)", "X.509 (2019) Cor. 1 (10/2021)".
Result<> NumberReader::itu() {
  take(" ");
  take("Rec. ");
  std::string name;
  if (rest.size() > 1 && rest[1] == ' ') {
    name = std::string(1, upper(rest[0])) + " Suppl. ";
    rest.remove_prefix(2);
    if (!take("Suppl. ") && !take("Suppl.") && !take("Suppl "))
      return wrong("standard.bad_number", "a supplement is written: Y Suppl. 46");
    const std::string sequence = digits(3);
    if (sequence.empty()) return wrong("standard.bad_number", "a supplement has a number: Y Suppl. 46");
    name += sequence;
  } else {
    WEIR_TRY(recommendation(name));
    if (take("/")) {
      name += "/";
      WEIR_TRY(recommendation(name));
    }
  }
  out.family_ = Family::kItu;
  out.kind_ = "ITU-T";
  out.undated_ = out.text_ = "ITU-T " + name;
  const auto edition = [&]() -> Result<> {
    take(" ");
    if (!take("(")) return {};
    out.year_ = out.month_ = 0;
    if (rest.size() > 2 && rest[2] == '/') {
      out.month_ = std::atoi(std::string(rest.substr(0, 2)).c_str());
      if (out.month_ < 1 || out.month_ > 12) return wrong("standard.bad_year", "the month of an edition is 01 to 12");
      out.text_ += " (" + std::string(rest.substr(0, 3));
      rest.remove_prefix(3);
    } else {
      out.text_ += " (";
    }
    WEIR_TRY_LET(out.year_, year());
    out.text_ += std::to_string(out.year_) + ")";
    return take(")") ? Result<>() : wrong("standard.bad_year", "an edition is written (08/2014)");
  };
  WEIR_TRY(edition());
  take(" ");
  for (const std::string_view word : {"Amd", "Cor"}) {
    if (!take(word)) continue;
    take(".");
    take(" ");
    out.amends_ = out.text_;
    const std::string sequence = digits(2);
    if (sequence.empty()) return wrong("standard.bad_number", "an amendment has a sequence number: Amd. 1");
    out.text_ += " " + std::string(word) + ". " + sequence;
    out.undated_ = out.text_;
    out.year_ = out.month_ = 0;
    WEIR_TRY(edition());
    break;
  }
  return end();
}

// TC609-6-2025-16, NDI-TR-2025-04, PRJ-…: words between dashes, one of which may be the year.
Result<> NumberReader::document() {
  std::string text;
  for (const char c : rest) {
    const char big = upper(c);
    if (!is_upper(big) && !is_digit(big) && std::string_view("-()").find(big) == std::string_view::npos) {
      return wrong("standard.bad_number", "a document number has letters, digits and dashes only");
    }
    const bool in_brackets = !text.empty() && text.back() == '(';
    text += in_brackets ? static_cast<char>(is_upper(big) ? big + 32 : big) : big;
  }
  const std::vector<std::string> words = split(text, '-');
  const bool whole = words.size() >= 2 && std::ranges::none_of(words, [](const auto& word) { return word.empty(); });
  if (!whole) return wrong("standard.bad_number", "a document number is words between dashes: TC609-6-2025-16");
  for (const std::string& word : words) {
    const bool year_like =
        word.size() == 4 && std::ranges::all_of(word, is_digit) && (word[0] == '1' || word[0] == '2');
    if (year_like && out.year_ == 0) out.year_ = std::stoi(word);
  }
  out.kind_ = words[0];
  out.text_ = out.undated_ = text;
  rest = {};
  return {};
}

// "20153699-T-469": year and serial, recommended (T), mandatory (Q) or guide (Z), department. Whether it was one.
bool NumberReader::plan() {
  constexpr std::size_t kSerial = 8;
  const bool shape = rest.size() == kSerial + 6 && rest[kSerial] == '-' && rest[kSerial + 2] == '-';
  if (!shape || !std::ranges::all_of(rest.substr(0, kSerial), is_digit)) return false;
  const char degree = upper(rest[kSerial + 1]);
  if ((degree != 'T' && degree != 'Q' && degree != 'Z') || !std::ranges::all_of(rest.substr(kSerial + 3), is_digit))
    return false;
  out.family_ = Family::kPlan;
  out.kind_ = "plan";
  out.text_ = std::string(rest);
  out.text_[kSerial + 1] = degree;
  out.undated_ = out.text_;
  out.year_ = std::stoi(out.text_.substr(0, 4));
  rest = {};
  return true;
}

// Whether the text begins with a Chinese body; then all of it was read.
Result<bool> NumberReader::chinese_body() {
  const std::string_view start = rest;
  const auto degree = [&]() -> std::string {
    if (take("/T") || (rest.starts_with('T') && take("T"))) return "/T";
    return take("/Z") ? "/Z" : "";
  };
  const auto numbered = [&] { return !rest.empty() && (rest[0] == ' ' || is_digit(rest[0]) || upper(rest[0]) == 'X'); };
  if (take("GB")) {
    const std::string kind = "GB" + degree();
    if (numbered()) {
      WEIR_TRY(chinese(Family::kNational, kind, kind, ""));
      return true;
    }
  }
  rest = start;
  if (take("T/") || take("Q/")) {
    const bool group = upper(start[0]) == 'T';
    std::string issuer;
    while (!rest.empty() &&
           (is_upper(upper(rest[0])) || (is_digit(rest[0]) && rest.find(' ') != std::string_view::npos)) &&
           issuer.size() < 16) {
      issuer += upper(rest[0]);
      rest.remove_prefix(1);
    }
    const std::string kind = group ? "T" : "Q";
    if (issuer.empty()) return wrong("standard.bad_number", "who issued it follows " + kind + "/: T/ISC 0048-2024");
    WEIR_TRY(chinese(group ? Family::kGroup : Family::kEnterprise, kind, kind + "/", issuer));
    return true;
  }
  if (take("DB") && !rest.empty() && is_digit(rest[0])) {
    const std::string area = digits(6);
    const std::string kind = "DB" + area + degree();
    WEIR_TRY(chinese(Family::kLocal, kind, kind, ""));
    return true;
  }
  rest = start;
  if (rest.size() < 3 || !is_upper(upper(rest[0])) || !is_upper(upper(rest[1]))) return false;
  const std::string code{upper(rest[0]), upper(rest[1])};
  if (kIndustries.find(" " + code + " ") == std::string_view::npos) return false;
  rest.remove_prefix(2);
  const std::string kind = code + degree();
  if (!numbered()) {
    rest = start;
    return false;
  }
  WEIR_TRY(chinese(Family::kIndustry, kind, kind, ""));
  return true;
}

Result<> NumberReader::read() {
  const std::string_view all = rest;
  if (take("ITU-T")) return itu();
  if (plan()) return {};
  if (all.starts_with("PRJ-") || all.starts_with("prj-")) {
    out.family_ = Family::kPlaceholder;
    return document();
  }
  if (take("NDI-")) {
    rest = all;
    out.family_ = Family::kNdi;
    return document();
  }
  if (take("TC") && !rest.empty() && is_digit(rest[0])) {
    rest = all;
    out.family_ = Family::kCommittee;
    return document();
  }
  rest = all;
  for (const std::string_view publisher : kPublishers) {
    if (!take(publisher)) continue;
    if (!rest.empty() && (rest[0] == ' ' || rest[0] == '/' || is_digit(rest[0])))
      return international(std::string(publisher));
    rest = all;
  }
  WEIR_TRY_LET(const bool chinese_number, chinese_body());
  if (chinese_number) return {};
  return wrong("standard.unknown_body",
               "nobody known issues numbers that begin like this: \"" + std::string(clip(all, 32)) + "\"");
}

Result<StandardNumber> StandardNumber::parse(std::string_view text) {
  if (!is_utf8(text)) return wrong("standard.bad_number", "the number is not UTF-8");
  if (text.size() > kBytesMax) return wrong("standard.bad_number", "a number has at most 128 bytes");
  const std::string ascii = to_ascii(text);
  if (ascii.empty()) return wrong("standard.empty", "there is no number");
  NumberReader reader{ascii};
  WEIR_TRY(reader.read());
  return std::move(reader.out);
}

bool before(const StandardNumber& a, const StandardNumber& b) {
  const std::string& x = a.undated();
  const std::string& y = b.undated();
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < x.size() && j < y.size()) {
    if (is_digit(x[i]) && is_digit(y[j])) {
      const auto run = [](const std::string& text, std::size_t& at) {
        std::uint64_t value = 0;
        while (at < text.size() && is_digit(text[at]))
          value = value * 10 + static_cast<std::uint64_t>(text[at++] - '0');
        return value;
      };
      const std::uint64_t left = run(x, i);
      const std::uint64_t right = run(y, j);
      if (left != right) return left < right;
      continue;
    }
    if (x[i] != y[j]) return x[i] < y[j];
    ++i;
    ++j;
  }
  if ((i < x.size()) != (j < y.size())) return j < y.size();
  if (a.year() != b.year()) return a.year() < b.year();
  if (a.month() != b.month()) return a.month() < b.month();
  return a.text() < b.text();
}

}  // namespace weir::standards::standard
