// Web: the world of DIDs over HTTP: documents of did:web, and status lists, from where they lie.
//
// HTTPS only; plain HTTP to this machine where the test kit's profile wants it. Answers are bounded in size and time,
// redirects are not followed, and what was fetched is believed for a while. Thread-safe.
// Trust: whoever calls decides which identifiers are looked up at all (decision 0085).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "weir/adapters/http/client.h"
#include "weir/base/time.h"
#include "weir/trust/claims/verifier.h"

namespace weir::adapters::did {

struct WebOptions {
  Milliseconds fresh{60'000};
  bool plain_on_loopback = false;
};

class Web final : public trust::claims::World {
 public:
  // `client` and `clock` must outlive it.
  Web(http::Client& client, const Clock& clock, WebOptions options)
      : client_(client), clock_(clock), options_(options) {}

  Result<trust::claims::Document> resolve(const trust::claims::Did& did) override;
  Result<std::string> status_list(const std::string& url) override;
  // Known without asking: this node's own.
  void keep(trust::claims::Document document);
  // Where the document is fetched.
  std::string url_of(const trust::claims::Did& did) const;
  // Whether a service at this address may be spoken to.
  bool may_call(std::string_view url) const;

 private:
  template <class T>
  struct Kept {
    T value;
    Timestamp until{};
  };
  Result<std::string> fetch(const std::string& url, std::string_view accept);

  http::Client& client_;
  const Clock& clock_;
  WebOptions options_;
  std::mutex mutex_;  // guards the maps
  std::map<std::string, Kept<trust::claims::Document>, std::less<>> documents_;
  std::map<std::string, Kept<std::string>, std::less<>> lists_;
};

}  // namespace weir::adapters::did
