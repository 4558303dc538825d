// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/did/web.h"

#include "weir/adapters/http/url.h"
#include "weir/base/text.h"

namespace weir::adapters::did {
namespace {

using trust::claims::Did;
using trust::claims::Document;

constexpr std::size_t kDocumentBytesMax = 128u << 10;
constexpr std::size_t kListBytesMax = 2u << 20;
constexpr std::size_t kKeptMax = 1000;
constexpr Milliseconds kPatience{10'000};

bool is_loopback(std::string_view url) {
  const auto parsed = http::parse_url(url);
  return parsed && !parsed->secure && http::may_be_called(url);
}

template <class Map, class T>
void put(Map& map, const std::string& key, T value, Timestamp until) {
  if (map.size() >= kKeptMax) {
    std::erase_if(map, [](const auto& item) { return item.second.until.value() != INT64_MAX; });
  }
  map.insert_or_assign(key, typename Map::mapped_type{std::move(value), until});
}

}  // namespace

bool Web::may_call(std::string_view url) const {
  const auto parsed = http::parse_url(url);
  if (!parsed) return false;
  return parsed->secure || (options_.plain_on_loopback && is_loopback(url));
}

std::string Web::url_of(const Did& did) const {
  std::string plain = "http://" + did.place();
  return options_.plain_on_loopback && is_loopback(plain) ? plain : "https://" + did.place();
}

Result<std::string> Web::fetch(const std::string& url, std::string_view accept) {
  if (!may_call(url)) return Error(Errc::kUnavailable, "the address is not https").because("did.unresolved");
  http::ClientRequest request{.url = url, .timeout = kPatience, .body_bytes_max = kListBytesMax};
  request.headers.set("Accept", std::string(accept));
  WEIR_TRY_LET(auto response, client_.request(request));
  WEIR_TRY(response.ok());
  return std::move(response.body);
}

Result<Document> Web::resolve(const Did& did) {
  const Timestamp now = clock_.now();
  {
    const std::scoped_lock lock(mutex_);
    const auto found = documents_.find(did.text());
    if (found != documents_.end() && now < found->second.until) return found->second.value;
  }
  const std::string url = url_of(did);
  const auto text = fetch(url, "application/did+json, application/json");
  if (!text) {
    return Error(Errc::kUnavailable, "the document of " + did.text() + " cannot be had: " +
                                         std::string(text.error().message()))
        .because("did.unresolved")
        .advise("it must be served at " + url);
  }
  const auto json = wire::parse_json(*text, {kDocumentBytesMax, 16});
  if (!json) return Error(Errc::kUnavailable, "at " + url + " lies no DID document").because("did.unresolved");
  WEIR_TRY_LET(Document document, trust::claims::parse_document(*json, did));
  const std::scoped_lock lock(mutex_);
  put(documents_, did.text(), document, after(now, options_.fresh));
  return document;
}

Result<std::string> Web::status_list(const std::string& url) {
  const Timestamp now = clock_.now();
  {
    const std::scoped_lock lock(mutex_);
    const auto found = lists_.find(url);
    if (found != lists_.end() && now < found->second.until) return found->second.value;
  }
  auto text = fetch(url, "application/vc+jwt, application/jwt, */*");
  if (!text) {
    return Error(Errc::kUnavailable, "the status list at " + url + " cannot be had: " +
                                         std::string(text.error().message()))
        .because("claims.status");
  }
  std::string token(trim(*text));
  const std::scoped_lock lock(mutex_);
  put(lists_, url, token, after(now, options_.fresh));
  return token;
}

void Web::keep(Document document) {
  const std::scoped_lock lock(mutex_);
  const std::string id = document.id.text();
  put(documents_, id, std::move(document), Timestamp(INT64_MAX));
}

}  // namespace weir::adapters::did
