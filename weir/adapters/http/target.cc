// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/target.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/wire/encoding.h"

namespace weir::adapters::http {
namespace {

constexpr std::size_t kQueryPairsMax = 256;

Error bad_target(std::string_view why) {
  return Error(Errc::kInvalidArgument, "the address of the request cannot be read: " + std::string(why))
      .because("http.target")
      .advise("send a path such as /api/v1/products, with other characters escaped as %XX");
}

Result<std::string> unescape(std::string_view text) {
  Result<std::string> out = wire::unescape_url(text);
  if (!out) return bad_target("a broken %-escape");
  if (!is_utf8(*out)) return bad_target("an escape that is not UTF-8");
  if (std::any_of(out->begin(), out->end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return bad_target("a control character");
  }
  return out;
}

// "https://host:port/path" -> "/path".
Result<std::string_view> origin_form(std::string_view text) {
  if (text.starts_with('/')) return text;
  const std::string scheme = to_lower_ascii(text.substr(0, 8));
  std::size_t start = 0;
  if (scheme.starts_with("http://")) start = 7;
  if (scheme.starts_with("https://")) start = 8;
  if (start == 0) return bad_target("it does not start with '/'");
  const std::size_t slash = text.find_first_of("/?", start);
  if (slash == start) return bad_target("no host");
  if (slash == std::string_view::npos || text[slash] == '?') return bad_target("no path");
  return text.substr(slash);
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    if (out.size() == kQueryPairsMax) return bad_target("more than 256 query parameters");
    const std::size_t equals = pair.find('=');
    const auto plain = [](std::string_view part) {
      std::string spaced(part);
      std::replace(spaced.begin(), spaced.end(), '+', ' ');
      return unescape(spaced);
    };
    WEIR_TRY_LET(std::string name, plain(pair.substr(0, equals)));
    WEIR_TRY_LET(std::string value,
                 plain(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1)));
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

Result<Target> parse_target(std::string_view text) {
  Target target;
  if (text == "*") {
    target.path = "*";
    return target;
  }
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; };
  if (!std::all_of(text.begin(), text.end(), visible)) return bad_target("a character that must be escaped");
  WEIR_TRY_LET(const std::string_view origin, origin_form(text));
  const std::size_t question = origin.find('?');
  target.path = origin.substr(0, question);
  if (question != std::string_view::npos) {
    WEIR_TRY_LET(target.query, parse_query(origin.substr(question + 1)));
  }
  std::string_view rest = std::string_view(target.path).substr(1);
  while (true) {
    const std::size_t slash = rest.find('/');
    Result<std::string> segment = unescape(rest.substr(0, slash));
    if (!segment) return std::move(segment).error();
    if (const std::string_view text_of_it = *segment; text_of_it == "." || text_of_it == "..") {
      return bad_target("a dot segment");
    }
    target.segments.push_back(*std::move(segment));
    if (slash == std::string_view::npos) return target;
    rest.remove_prefix(slash + 1);
  }
}

std::vector<PatternPiece> parse_pattern(std::string_view pattern) {
  WEIR_CHECK(pattern.starts_with('/'));
  std::vector<PatternPiece> out;
  for (const std::string& part : split(pattern.substr(1), '/')) {
    WEIR_CHECK(out.empty() || out.back().kind != PatternPiece::Kind::kRest);
    if (!part.starts_with('{')) {
      WEIR_CHECK(part.find_first_of("{}?#") == std::string::npos);
      out.push_back({PatternPiece::Kind::kLiteral, part});
      continue;
    }
    WEIR_CHECK(part.ends_with('}') && part.size() > 2);
    const std::string name = part.substr(1, part.size() - 2);
    if (name.ends_with("...")) {
      out.push_back({PatternPiece::Kind::kRest, name.substr(0, name.size() - 3)});
    } else {
      out.push_back({PatternPiece::Kind::kParameter, name});
    }
  }
  return out;
}

std::optional<PathParameters> match_pattern(const std::vector<PatternPiece>& pattern, const Target& target) {
  PathParameters parameters;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const PatternPiece& piece = pattern[i];
    if (piece.kind == PatternPiece::Kind::kRest) {
      std::string rest;
      for (std::size_t k = i; k < target.segments.size(); ++k) {
        if (k > i) rest += '/';
        rest += target.segments[k];
      }
      parameters.emplace(piece.text, std::move(rest));
      return parameters;
    }
    if (i >= target.segments.size()) return std::nullopt;
    const std::string& segment = target.segments[i];
    if (piece.kind == PatternPiece::Kind::kLiteral) {
      if (segment != piece.text) return std::nullopt;
    } else {
      if (segment.empty()) return std::nullopt;
      parameters.emplace(piece.text, segment);
    }
  }
  if (target.segments.size() != pattern.size()) return std::nullopt;
  return parameters;
}

}  // namespace weir::adapters::http
