// DataPlane: the routes through which data flow between two nodes: manifest and content of a pull, inbound of a push.
//
// Every request needs the peer's certificate, the transfer's token, a STARTED transfer and a live agreement (I-5).
// Format: docs/formats/delivery.md. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "weir/adapters/http/router.h"
#include "weir/flow/delivery/service.h"
#include "weir/node/transfers.h"

namespace weir::node {

// A body on its way into the store of contents.
class ContentSink final : public adapters::http::BodySink {
 public:
  // `held` lives as long as the sink does, which is until its request is answered.
  explicit ContentSink(std::unique_ptr<flow::delivery::ContentWriter> writer, std::shared_ptr<void> held = {})
      : held_(std::move(held)), writer_(std::move(writer)) {}
  Result<> write(ByteView bytes) override { return writer_->add(bytes); }
  Result<> finish() override {
    WEIR_TRY_LET(stored_, writer_->finish());
    return {};
  }
  const flow::delivery::StoredContent& stored() const { return stored_; }

 private:
  std::shared_ptr<void> held_;
  std::unique_ptr<flow::delivery::ContentWriter> writer_;
  flow::delivery::StoredContent stored_;
};

struct DataPlaneOptions {
  // Whether who asks for a new token is who may: fails with kUnauthenticated.
  std::function<Result<>(const flow::delivery::Transfer& transfer, std::string_view bearer)> may_renew;
  // Where a push without chunks waits until it is whole.
  std::function<Result<flow::delivery::Spill>(const std::string& pid)> spill;
};

class DataPlane {
 public:
  DataPlane(flow::delivery::Service& service, RateLimits& limits, DataPlaneOptions options)
      : service_(service), limits_(limits), options_(std::move(options)) {}
  // Requires: this outlives the router.
  void add_routes(adapters::http::Router& router);
  // The state of a transfer changed: what came of a push that no longer runs is recorded, and let go.
  void wake(const std::string& pid);

 private:
  using Session = std::shared_ptr<flow::delivery::PullSession>;
  Result<adapters::http::Response> get_manifest(adapters::http::Request& request);
  Result<adapters::http::Response> get_content(adapters::http::Request& request);
  Result<adapters::http::Response> get_as_bearer(adapters::http::Request& request);
  Result<std::unique_ptr<adapters::http::BodySink>> open_push(adapters::http::Request& request);
  Result<adapters::http::Response> renew_token(adapters::http::Request& request);
  Result<adapters::http::Response> send_content(adapters::http::Request& request, flow::delivery::OpenedData found);
  Result<adapters::http::Response> put_manifest(adapters::http::Request& request);
  Result<adapters::http::Response> put_chunk(adapters::http::Request& request);
  void drop(const std::string& pid);
  Result<> finish_inbound(const std::string& pid, const Session& session);

  flow::delivery::Service& service_;
  RateLimits& limits_;
  DataPlaneOptions options_;
  std::mutex mutex_;  // guards inbound_
  std::map<std::string, Session> inbound_;
};

// The bearer token of a request; empty if there is none.
std::string bearer_of(const adapters::http::Request& request);
// The node on the other side of the connection, proven by its certificate.
Result<supply::identifier::NodeId> peer_of(const adapters::http::Request& request);

}  // namespace weir::node
