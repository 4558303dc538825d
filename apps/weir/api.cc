// SPDX-License-Identifier: Apache-2.0
#include "apps/weir/api.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "weir/node/data_folder.h"

namespace weir::cli {

using adapters::http::Client;
using adapters::http::ClientOptions;
using adapters::http::ClientRequest;
using adapters::http::ClientResponse;
using adapters::http::Method;

namespace {

// A local file as a body.
class FileSource final : public adapters::http::BodySource {
 public:
  FileSource(std::unique_ptr<store::File> file, std::uint64_t size,
             std::function<void(std::uint64_t, std::uint64_t)> progress)
      : file_(std::move(file)), size_(size), progress_(std::move(progress)) {}
  std::uint64_t length() const override { return size_; }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    WEIR_TRY_LET(const std::size_t got, file_->read_at(done_, out));
    done_ += got;
    if (progress_) progress_(done_, size_);
    return got;
  }

 private:
  std::unique_ptr<store::File> file_;
  std::uint64_t size_;
  std::uint64_t done_ = 0;
  std::function<void(std::uint64_t, std::uint64_t)> progress_;
};

}  // namespace

Api::Api(std::unique_ptr<Client> client, std::string url, std::string token)
    : client_(std::move(client)), url_(std::move(url)), token_(std::move(token)) {}

Result<Api> Api::of_folder(const std::string& data_dir, Language language) {
  WEIR_TRY_LET(const auto folder, node::DataFolder::open(store::real_files(), data_dir));
  WEIR_TRY_LET(const std::string url, folder.running_url());
  const char* given = std::getenv("WEIR_TOKEN");
  std::string token = given == nullptr ? "" : given;
  if (token.empty()) {
    WEIR_TRY_LET(token, folder.operator_token());
  }
  WEIR_TRY_LET(const std::string authority, folder.certificate_pem(node::DataFolder::CertificateName::kAuthority));
  ClientOptions options;
  options.tls.authorities_pem.push_back(authority);
  WEIR_TRY_LET(auto client, Client::open(std::move(options)));
  Api out(std::move(client), url, token);
  out.language_ = language;
  return out;
}

Result<Api> Api::of_url(const std::string& url, const std::string& authority_file, Language language) {
  WEIR_TRY_LET(const Bytes pem, store::real_files().read_all(authority_file, 1u << 20));
  ClientOptions options;
  options.tls.authorities_pem.emplace_back(text_of(pem));
  WEIR_TRY_LET(auto client, Client::open(std::move(options)));
  Api out(std::move(client), url, "");
  out.language_ = language;
  return out;
}

ClientRequest Api::request(Method method, const std::string& path) const {
  ClientRequest out{.method = method, .url = url_ + path};
  if (!token_.empty()) out.headers.set("Authorization", "Bearer " + token_);
  if (language_ == Language::kChinese) out.headers.set("Accept-Language", "zh");
  out.timeout = timeout;
  out.body_bytes_max = 256u << 20;
  return out;
}

Result<wire::Json> Api::get(const std::string& path) { return send(Method::kGet, path, {}); }

Result<wire::Json> Api::await(const std::string& path, Milliseconds longest,
                              const std::function<bool(const wire::Json&)>& done) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + longest;
  while (true) {
    const auto begin = Clock::now();
    const auto remaining = std::chrono::duration_cast<Milliseconds>(until - begin);
    const Milliseconds left = std::clamp(remaining, Milliseconds(0), Milliseconds(10'000));
    WEIR_TRY_LET(wire::Json seen, get(path + "?wait=" + std::to_string(left.count())));
    if (done(seen) || Clock::now() >= until) return seen;
    // The node had no place to wait: come back a little later.
    if (Clock::now() - begin < Milliseconds(20)) std::this_thread::sleep_for(Milliseconds(50));
  }
}

Result<wire::Json> Api::post(const std::string& path, const wire::Json& body) {
  return send(Method::kPost, path, body);
}

Result<wire::Json> Api::send(Method method, const std::string& path, const wire::Json& body) {
  ClientRequest ask = request(method, path);
  if (!body.is_null()) {
    ask.headers.set("Content-Type", "application/json");
    ask.body = body.dump();
  }
  WEIR_TRY_LET(const ClientResponse response, client_->request(ask));
  WEIR_TRY(response.ok());
  if (response.body.empty()) return wire::Json::object();
  return wire::parse_json(response.body, {256u << 20, limits::kJsonDepthMax});
}

Result<wire::Json> Api::upload(const std::string& path, const std::string& file,
                               const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  auto opened = store::real_files().open(file, store::OpenMode::kRead);
  if (!opened) return std::move(opened).error().with(file);
  WEIR_TRY_LET(const std::uint64_t size, (*opened)->size());
  FileSource source(*std::move(opened), size, progress);
  ClientRequest ask = request(Method::kPost, path);
  ask.headers.set("Content-Type", "application/octet-stream");
  WEIR_TRY_LET(const ClientResponse response, client_->upload(ask, source));
  return response.json();
}

Result<ClientResponse> Api::stream(Method method, const std::string& path, const wire::Json& body,
                                   const adapters::http::PieceSink& sink) {
  ClientRequest ask = request(method, path);
  if (!body.is_null()) {
    ask.headers.set("Content-Type", "application/json");
    ask.body = body.dump();
  }
  WEIR_TRY_LET(ClientResponse response, client_->download(ask, 0, 0, sink));
  WEIR_TRY(response.ok());
  return response;
}

}  // namespace weir::cli
