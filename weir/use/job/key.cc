// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/key.h"

#include <unicode/unorm2.h>

#include <algorithm>
#include <array>

#include "weir/base/text.h"

namespace weir::use::job {
namespace {

constexpr std::array kForms = {Form::kExact, Form::kText, Form::kPhone, Form::kIdCard};

bool plain_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// NFKC, case folded, ignorable characters left out. Nothing if it is no UTF-8.
std::optional<std::string> fold(std::string_view text) {
  if (plain_ascii(text)) return to_lower_ascii(text);
  if (!is_utf8(text) || text.size() > (1u << 28)) return std::nullopt;
  static const UNormalizer2* const normalizer = [] {
    UErrorCode code = U_ZERO_ERROR;
    return unorm2_getNFKCCasefoldInstance(&code);
  }();
  // ICU normalises UTF-16; the characters go there and back.
  std::u16string wide;
  for (std::size_t i = 0; i < text.size();) {
    UChar32 c = 0;
    U8_NEXT_UNSAFE(text.data(), i, c);  // NOLINT: it is UTF-8
    if (c >= 0x10000) {
      wide += static_cast<char16_t>(U16_LEAD(c));
      wide += static_cast<char16_t>(U16_TRAIL(c));
    } else {
      wide += static_cast<char16_t>(c);
    }
  }
  UErrorCode code = U_ZERO_ERROR;
  std::u16string out(wide.size() * 3 + 16, u'\0');
  std::int32_t size = unorm2_normalize(normalizer, wide.data(), static_cast<std::int32_t>(wide.size()), out.data(),
                                       static_cast<std::int32_t>(out.size()), &code);
  if (code == U_BUFFER_OVERFLOW_ERROR) {  // one character may become eighteen
    code = U_ZERO_ERROR;
    out.resize(static_cast<std::size_t>(size));
    size = unorm2_normalize(normalizer, wide.data(), static_cast<std::int32_t>(wide.size()), out.data(), size, &code);
  }
  if (U_FAILURE(code)) return std::nullopt;
  std::string narrow;
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U16_NEXT(out.data(), i, size, c);
    std::array<char, 4> bytes{};
    std::size_t count = 0;
    U8_APPEND_UNSAFE(bytes.data(), count, c);
    narrow.append(bytes.data(), count);
  }
  return narrow;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string single_spaces(std::string_view text) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    const bool space = is_space(c);
    if (!space && gap && !out.empty()) out += ' ';
    if (!space) out += c;
    gap = space;
  }
  return out;
}

bool all_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

std::optional<std::string> phone(std::string_view folded) {
  std::string digits;
  bool country = false;
  for (const char c : folded) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c == '+' && digits.empty() && !country) {
      country = true;
    } else if (std::string_view(" -()./\t").find(c) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  if (!country && digits.starts_with("00")) {
    country = true;
    digits.erase(0, 2);
  }
  // A mobile number is often written with the country and no plus.
  if (!country && digits.size() == 13 && digits.starts_with("861")) country = true;
  if (!country && digits.starts_with("0")) digits.erase(0, 1);
  if (!country) digits.insert(0, "86");
  if (digits.size() < 7 || digits.size() > 15) return std::nullopt;
  return "+" + digits;
}

char check_character(std::string_view seventeen) {
  constexpr std::array<int, 17> kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += (seventeen[i] - '0') * kWeights[i];
  return "10X98765432"[sum % 11];
}

std::optional<std::string> id_card(std::string_view folded) {
  std::string out;
  for (const char c : folded) {
    if (c == ' ' || c == '-' || c == '\t') continue;
    out += c == 'x' ? 'X' : c;
  }
  if (out.size() == 15 && all_digits(out)) {
    out.insert(6, "19");
    out += check_character(out);
  }
  const bool formed = out.size() == 18 && all_digits(std::string_view(out).substr(0, 17));
  if (!formed || out[17] != check_character(out)) return std::nullopt;
  return out;
}

}  // namespace

std::string_view name_of(Form form) {
  switch (form) {
    case Form::kExact: return "exact/1";
    case Form::kText: return "text/1";
    case Form::kPhone: return "phone/1";
    case Form::kIdCard: return "id-card/1";
  }
  return "exact/1";
}

Result<Form> parse_form(std::string_view name) {
  for (const Form form : kForms) {
    const std::string_view known = name_of(form);
    if (name == known || name == known.substr(0, known.find('/'))) return form;
  }
  return Error(Errc::kInvalidArgument, "there is no form of keys of that name")
      .because("job.form")
      .advise("exact, text, phone or id-card");
}

std::optional<std::string> in_form(Form form, std::string_view value) {
  if (form == Form::kExact) return value.empty() ? std::nullopt : std::optional(std::string(value));
  std::optional<std::string> folded = fold(value);
  if (!folded) return std::nullopt;
  if (form == Form::kPhone) return phone(*folded);
  if (form == Form::kIdCard) return id_card(*folded);
  const bool spaces = std::any_of(folded->begin(), folded->end(), is_space);
  std::string text = spaces ? single_spaces(*folded) : *std::move(folded);
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace weir::use::job
