// Tokens: how text becomes the words of the index, in English and Chinese alike.
//
// Latin and other letters: folded to lower case, plural "s" dropped, split at everything that is neither letter nor
// digit. Chinese, Japanese and Korean characters: each two neighbours make one token, so that "空气质量" is found
// inside any longer run; a character alone is a token too. docs/formats/product.md has the exact rules.
// A change of these rules needs a new version of the migration that fills the index anew.
// Thread-safety: pure functions. Trust: any bytes; what is not UTF-8 separates.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/supply/catalog/search.h"

namespace weir::supply::catalog {

inline constexpr std::size_t kTokenBytesMax = 64;  // longer words are cut

// Tokens in order. A token never holds a blank, a quote or an underscore.
std::vector<std::string> tokenize(std::string_view text);
// The same, separated by single blanks: the form that is stored.
std::string token_text(std::string_view text);
// The CJK characters of the text, each once, sorted: so that one character can be searched for.
std::vector<std::string> single_characters(std::string_view text);
bool has_cjk(std::string_view text);

// The token of a facet's value: '_', the facet's letter, and the value with everything but a-z 0-9 escaped.
std::string facet_token(Facet facet, std::string_view value);

// Puts plain text on the side of its script: Chinese if it has a CJK character, else English.
Text by_script(std::string text);

// Cuts after at most `bytes` bytes, never inside a character.
std::string cut_utf8(std::string_view text, std::size_t bytes);

}  // namespace weir::supply::catalog
