// SPDX-License-Identifier: Apache-2.0
#include "weir/node/data_plane.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "weir/adapters/http/range.h"
#include "weir/base/log.h"
#include "weir/wire/encoding.h"

namespace weir::node {

using adapters::http::Access;
using wire::Json;
using adapters::http::ByteRange;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using flow::delivery::ChunkIndex;
using flow::delivery::OpenedData;
using flow::delivery::PullSession;

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr Milliseconds kLookEvery{200};

// A part of a content on its way out; tells the service what left through the socket.
class ContentSource final : public adapters::http::BodySource {
 public:
  ContentSource(flow::delivery::Service& service, std::shared_ptr<OpenedData> opened, ByteRange range,
                std::int64_t sending)
      : service_(service), opened_(std::move(opened)), range_(range), sending_(sending), at_(range.offset) {}
  ~ContentSource() override {
    if (!settled_) settle(0);  // never sent: an answer without its body
  }

  std::uint64_t length() const override { return range_.length; }

  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    // A slow stream may outlive what allowed it.
    if (const auto now = SteadyClock::now(); now - looked_ > kLookEvery) {
      looked_ = now;
      WEIR_TRY(service_.may_send(opened_->transfer.pid));
    }
    const std::uint64_t left = range_.offset + range_.length - at_;
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left));
    WEIR_TRY_LET(const std::size_t got, opened_->data->read_at(at_, out.first(want)));
    at_ += got;
    return got;
  }

  // Metered is the content that went through the socket, which is what the other side meters too; not what TLS and
  // HTTP add, which no two ends count alike.
  void finished(std::uint64_t socket_bytes, bool complete) override {
    settle(complete ? range_.length : std::min(socket_bytes, at_ - range_.offset));
  }

 private:
  void settle(std::uint64_t sent) {
    settled_ = true;
    const Result<> metered = service_.record_sent(opened_->transfer.pid, sending_, sent);
    if (!metered) {
      // The next start counts the whole range.
      log::error("meter.late", {{"transfer", opened_->transfer.pid}, {"error", metered.error().message()}});
    }
  }

  flow::delivery::Service& service_;
  std::shared_ptr<OpenedData> opened_;
  ByteRange range_;
  std::int64_t sending_;
  bool settled_ = false;
  std::uint64_t at_;
  SteadyClock::time_point looked_ = SteadyClock::now();
};

// All of a push, sealed on the disk until it is whole and named.
class WholeSink final : public adapters::http::BodySink {
 public:
  WholeSink(flow::delivery::Service& service, const flow::delivery::Transfer& transfer, flow::delivery::Spill spill)
      : service_(service), pid_(transfer.pid), builder_(transfer.root.algorithm), spill_(std::move(spill)) {}
  Result<> write(ByteView bytes) override {
    WEIR_TRY(builder_.add(bytes));
    return spill_.add(bytes);
  }
  Result<> finish() override { return take_whole(service_, pid_, spill_, std::move(builder_)); }

 private:
  flow::delivery::Service& service_;
  std::string pid_;
  flow::delivery::ManifestBuilder builder_;
  flow::delivery::Spill spill_;
};

}  // namespace

std::string bearer_of(const Request& request) {
  const std::string_view field = request.headers.get("Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  return field.starts_with(kScheme) ? std::string(field.substr(kScheme.size())) : std::string();
}

Result<supply::identifier::NodeId> peer_of(const Request& request) {
  if (!request.peer) {
    return Error(Errc::kUnauthenticated, "this needs a node's certificate").because("http.peer_required");
  }
  return supply::identifier::NodeId::parse(request.peer->unit);
}

Result<Response> DataPlane::get_manifest(Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const auto opened, service_.open_content(request.parameter("pid"), peer, bearer_of(request)));
  const Bytes encoded = encode(opened.content.manifest);
  return Response::bytes("application/octet-stream", std::string(text_of(encoded)));
}

Result<Response> DataPlane::get_content(Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(auto found, service_.open_data(request.parameter("pid"), peer, bearer_of(request)));
  return send_content(request, std::move(found));
}

// HTTP-pull of the Dataspace Protocol's world: a GET with the token of the data address, whole or a range.
Result<Response> DataPlane::get_as_bearer(Request& request) {
  const std::string bearer = bearer_of(request);
  const std::string token = bearer.empty() ? std::string(request.headers.get("Authorization")) : bearer;
  WEIR_TRY_LET(auto found, service_.open_for_bearer(request.parameter("pid"), token));
  return send_content(request, std::move(found));
}

// RFC 6749 section 6: application/x-www-form-urlencoded in, JSON out, and its own words for a refusal.
Result<Response> DataPlane::renew_token(Request& request) {
  std::string type;
  std::string refresh;
  for (const std::string& field : split(request.body, '&')) {
    const std::size_t equals = field.find('=');
    if (equals == std::string::npos) continue;
    WEIR_TRY_LET(std::string value, wire::unescape_url(field.substr(equals + 1)));
    if (field.starts_with("grant_type=")) type = std::move(value);
    if (field.starts_with("refresh_token=")) refresh = std::move(value);
  }
  const auto refused = [](std::string_view why) { return Response::json(Json::object({{"error", why}}), 400); };
  if (type != "refresh_token") return refused(type.empty() ? "invalid_request" : "unsupported_grant_type");
  const auto whose = service_.renewable(refresh);
  if (whose && !options_.may_renew(*whose, bearer_of(request))) return refused("invalid_client");
  const auto granted = service_.renew(refresh);
  if (!granted && granted.error().code() == Errc::kUnauthenticated) return refused("invalid_grant");
  if (!granted) return Error(granted.error());
  Response out = Response::json(Json::object({{"access_token", granted->token},
                                              {"token_type", "bearer"},
                                              {"expires_in", granted->expires_in.count() / 1000},
                                              {"refresh_token", granted->refresh_token}}));
  out.headers.set("Cache-Control", "no-store");
  return out;
}

// HTTP-push of the Dataspace Protocol's world: all of it in one POST. The token is looked at before the first byte.
Result<std::unique_ptr<adapters::http::BodySink>> DataPlane::open_push(Request& request) {
  const std::string bearer = bearer_of(request);
  const std::string token = bearer.empty() ? std::string(request.headers.get("Authorization")) : bearer;
  WEIR_TRY_LET(const auto transfer, service_.open_push(request.parameter("pid"), token));
  WEIR_TRY_LET(auto spill, options_.spill(transfer.pid));
  return std::make_unique<WholeSink>(service_, transfer, std::move(spill));
}

Result<Response> DataPlane::send_content(Request& request, OpenedData found) {
  const auto opened = std::make_shared<OpenedData>(std::move(found));
  WEIR_TRY_LET(const std::uint64_t size, opened->data->size());
  const auto source = [&](ByteRange range) -> Result<std::unique_ptr<adapters::http::BodySource>> {
    WEIR_TRY_LET(const std::int64_t sending, service_.begin_sending(opened->transfer.pid, range.length));
    return std::make_unique<ContentSource>(service_, opened, range, sending);
  };
  WEIR_TRY_LET(Response response, ranged(request, {.size = size}, source));
  response.limiter = limits_.of(opened->transfer.pid, opened->transfer.rate_bytes_per_second);
  return response;
}

Result<Response> DataPlane::put_manifest(Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  const std::string& pid = request.parameter("pid");
  WEIR_TRY(service_.open_inbound(pid, peer, bearer_of(request)));
  WEIR_TRY_LET(const auto manifest, flow::delivery::decode_manifest(view_of(request.body)));
  Session session;
  {
    const std::scoped_lock lock(mutex_);
    session = inbound_[pid];
  }
  if (!session) {
    WEIR_TRY_LET(auto opened, service_.open_pull(pid, manifest));
    session = std::move(opened);
    const std::scoped_lock lock(mutex_);
    inbound_[pid] = session;
  }
  WEIR_TRY_LET(const auto present, session->checkpoint());
  const Bytes bitmap = flow::delivery::encode_bitmap(present);
  if (session->complete()) WEIR_TRY(finish_inbound(pid, session));
  return Response::bytes("application/octet-stream", std::string(text_of(bitmap)));
}

Result<Response> DataPlane::put_chunk(Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  const std::string& pid = request.parameter("pid");
  if (const auto admitted = service_.open_inbound(pid, peer, bearer_of(request)); !admitted) {
    if (admitted.error().reason() == "delivery.wrong_state") drop(pid);  // suspended or ended: a new push opens it anew
    return Error(admitted.error());
  }
  const std::string& number = request.parameter("index");
  std::uint64_t index = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), index);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size()) {
    return Error(Errc::kInvalidArgument, "a chunk is named by its number").because("delivery.chunk_index");
  }
  Session session;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = inbound_.find(pid);
    if (found != inbound_.end()) session = found->second;
  }
  if (!session) {
    return Error(Errc::kConflict, "send the manifest first").because("delivery.no_manifest");
  }
  WEIR_TRY(session->accept(ChunkIndex(index), view_of(request.body)));
  if (session->complete()) WEIR_TRY(finish_inbound(pid, session));
  return Response::empty();
}

void DataPlane::wake(const std::string& pid) {
  const auto transfer = service_.get(pid);
  if (transfer && transfer->state != flow::delivery::TransferState::kStarted) drop(pid);
}

// What a broken push brought is metered (I-5); the chunks stay for the next one.
void DataPlane::drop(const std::string& pid) {
  Session session;
  {
    const std::scoped_lock lock(mutex_);
    if (auto found = inbound_.extract(pid)) session = std::move(found.mapped());
  }
  if (!session) return;
  const Result<> kept = service_.record_progress(pid, *session);
  if (!kept) log::warning("transfer.progress_lost", {{"transfer", pid}, {"error", kept.error().message()}});
}

Result<> DataPlane::finish_inbound(const std::string& pid, const Session& session) {
  {
    const std::scoped_lock lock(mutex_);
    if (inbound_.erase(pid) == 0) return {};  // another request finished it
  }
  WEIR_TRY(service_.record_progress(pid, *session));
  WEIR_TRY(service_.complete(pid));
  return {};
}

void DataPlane::add_routes(adapters::http::Router& router) {
  router.add({.method = Method::kGet,
              .pattern = "/data/v1/transfers/{pid}/manifest",
              .access = Access::peer(),
              .operation = "getTransferManifest",
              .summary = {"The chunk digests of the content of a transfer", "传输内容的分块摘要清单"},
              .response_types = {"application/octet-stream"},
              .handler = [this](Request& request) { return get_manifest(request); }});
  router.add({.method = Method::kGet,
              .pattern = "/data/v1/transfers/{pid}/content",
              .access = Access::peer(),
              .operation = "getTransferContent",
              .summary = {"The content of a transfer, whole or a range", "传输内容，全部或一个区间"},
              .response_types = {"application/octet-stream"},
              .handler = [this](Request& request) { return get_content(request); }});
  router.add({.method = Method::kGet,
              .pattern = "/data/v1/pull/{pid}",
              .access = Access::open(),
              .operation = "pullTransfer",
              .summary = {"The content of a transfer, for a connector outside the space that has its token",
                          "供空间外连接器凭令牌拉取的传输内容"},
              .response_types = {"application/octet-stream"},
              .handler = [this](Request& request) { return get_as_bearer(request); }});
  router.add({.method = Method::kPost,
              .pattern = "/data/v1/push/{pid}",
              .access = Access::open(),
              .operation = "pushTransfer",
              .summary = {"Takes the content of a transfer from a connector outside the space that has its token",
                          "接收空间外连接器凭令牌推送的传输内容"},
              .success_status = 204,
              .request_type = "application/octet-stream",
              .handler = [](Request&) -> Result<Response> { return Response::empty(); },
              .open_upload = [this](Request& request) { return open_push(request); }});
  router.add({.method = Method::kPost,
              .pattern = "/data/v1/token",
              .access = Access::open(),
              .operation = "renewToken",
              .summary = {"Renews the token of a data address (RFC 6749)", "续期数据令牌（RFC 6749）"},
              .request_type = "application/x-www-form-urlencoded",
              .handler = [this](Request& request) { return renew_token(request); },
              .hidden = true});
  router.add({.method = Method::kPut,
              .pattern = "/data/v1/inbound/{pid}/manifest",
              .access = Access::peer(),
              .operation = "putInboundManifest",
              .summary = {"Opens a push; answers which chunks are here already", "开始推送；返回已收到的分块位图"},
              .request_type = "application/octet-stream",
              .response_types = {"application/octet-stream"},
              .handler = [this](Request& request) { return put_manifest(request); },
              .body_bytes_max = 256u << 20});
  router.add({.method = Method::kPut,
              .pattern = "/data/v1/inbound/{pid}/chunks/{index}",
              .access = Access::peer(),
              .operation = "putInboundChunk",
              .summary = {"One chunk of a push", "推送一个分块"},
              .success_status = 204,
              .request_type = "application/octet-stream",
              .handler = [this](Request& request) { return put_chunk(request); },
              .body_bytes_max = flow::delivery::kChunkBytesMax});
}

}  // namespace weir::node
