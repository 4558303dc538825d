// Words: what went wrong, and what to do, in the reader's language.
//
// Errors are written in English where they arise. The Chinese sentence of a reason is in words.tsv, that of an advice
// in advice.tsv; a test fails when one is missing. Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "weir/base/result.h"
#include "weir/base/text.h"

namespace weir::adapters::http {

// The sentence of the error. In Chinese that of its reason; where the message says more (a name, a number, a
// place), it follows in brackets, in English if it is said in no other. A message that is Chinese already stays as it
// is.
std::string detail_in(const Error& error, Language language);
// What to do next; in English if there are no Chinese words for it.
std::string advice_in(const Error& error, Language language);

}  // namespace weir::adapters::http
