// Problem: an Error as an HTTP answer (RFC 9457), and such an answer as an Error again.
//
// Format: docs/formats/errors.md. One total switch from Errc to status; reasons that HTTP has a finer word for
// override it. Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "weir/adapters/http/http.h"

namespace weir::adapters::http {

int status_of(const Error& error);
// The code that a status stands for; of statuses below 400, kCorrupt (an answer nobody asked for).
Errc errc_of_status(int status);
// The short sentence of a status or code, in both languages.
Text title_of(Errc code);

// application/problem+json: type "urn:weir:error:<reason>", title, status, detail, advice, instance.
Response problem(const Error& error, Language language, std::string_view request_id);

// What the other side said, as an Error with its code, reason and advice. Any body will do; problem+json says more.
Error error_of(int status, std::string_view body);

}  // namespace weir::adapters::http
