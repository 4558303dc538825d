// Api: the command line's way to a node: its own, found by the data folder, or another by address.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weir/adapters/http/client.h"
#include "weir/wire/json.h"

namespace weir::cli {

class Api {
 public:
  // The node of the data folder: reads where it runs, its authority and the operator's token, unless WEIR_TOKEN is set.
  // Asks for answers in this language.
  static Result<Api> of_folder(const std::string& data_dir, Language language = Language::kEnglish);
  // Another node, verified by the authority in this file. No token.
  static Result<Api> of_url(const std::string& url, const std::string& authority_file,
                            Language language = Language::kEnglish);

  Result<wire::Json> get(const std::string& path);
  // GET that waits at the node until `done` says yes or the time is up; returns what was last seen.
  Result<wire::Json> await(const std::string& path, Milliseconds longest,
                           const std::function<bool(const wire::Json&)>& done);
  Result<wire::Json> post(const std::string& path, const wire::Json& body);
  Result<wire::Json> send(adapters::http::Method method, const std::string& path, const wire::Json& body);
  // A body from a file, streamed.
  Result<wire::Json> upload(const std::string& path, const std::string& file,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);
  // A long answer, to a sink; an error answer becomes an Error.
  Result<adapters::http::ClientResponse> stream(adapters::http::Method method, const std::string& path,
                                                const wire::Json& body, const adapters::http::PieceSink& sink);
  Milliseconds timeout{30'000};

 private:
  Api(std::unique_ptr<adapters::http::Client> client, std::string url, std::string token);
  adapters::http::ClientRequest request(adapters::http::Method method, const std::string& path) const;
  std::unique_ptr<adapters::http::Client> client_;
  std::string url_;
  std::string token_;
  Language language_ = Language::kEnglish;
};

}  // namespace weir::cli
