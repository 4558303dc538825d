// The server on plain loopback: framing, limits, time, load, and a goodbye.
// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/server.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "weir/adapters/http/test_support.h"

namespace weir::adapters::http {
namespace {

using testing::RawClient;
using testing::reason_in;
using testing::status_in;

// A door that handlers wait behind until the test opens it.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void until_waiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    router_.add({.method = Method::kGet, .pattern = "/hello", .access = Access::open(), .operation = "hello",
                 .summary = {}, .handler = [](Request& request) -> Result<Response> {
                   return Response::text("hello " + request.query_or("name", "world"));
                 }});
    router_.add({.method = Method::kPost, .pattern = "/echo", .access = Access::open(), .operation = "echo",
                 .summary = {}, .handler = [](Request& request) -> Result<Response> {
                   return Response::bytes("application/octet-stream", request.body);
                 }});
    router_.add({.method = Method::kPost, .pattern = "/small", .access = Access::open(), .operation = "small",
                 .summary = {}, .handler = [](Request&) -> Result<Response> { return Response::empty(); },
                 .body_bytes_max = 10});
    router_.add({.method = Method::kGet, .pattern = "/gate", .access = Access::open(), .operation = "gate",
                 .summary = {}, .handler = [this](Request&) -> Result<Response> {
                   gate_.wait();
                   return Response::text("through");
                 }});
    router_.add({.method = Method::kGet, .pattern = "/throws", .access = Access::open(), .operation = "throws",
                 .summary = {}, .handler = [](Request&) -> Result<Response> { throw std::runtime_error("secret"); }});
    router_.add({.method = Method::kGet, .pattern = "/big", .access = Access::open(), .operation = "big",
                 .summary = {}, .handler = [](Request&) -> Result<Response> {
                   return Response::bytes("application/octet-stream", std::string(3u << 20, 'b'));
                 }});
  }
  void TearDown() override { gate_.open(); }

  void start(ServerOptions options = {}) {
    Result<std::unique_ptr<Server>> server = Server::start(std::move(options), router_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = *std::move(server);
  }
  // One request on a connection of its own, until the server closes it.
  std::string ask(std::string_view bytes) {
    RawClient client(server_->port());
    client.send(bytes);
    return client.read_response();
  }

  SystemRandom random_;
  Router router_{RouterOptions{.random = &random_}};
  Gate gate_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  RawClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /hello?name=%E4%BD%A0 HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = client.read_response();
    EXPECT_EQ(status_in(response), 200);
    EXPECT_TRUE(response.ends_with("hello 你")) << response;
    EXPECT_NE(response.find("X-Request-Id: "), std::string::npos);
  }
  EXPECT_EQ(server_->stats().connections_accepted, 1u);
  EXPECT_EQ(server_->stats().requests, 3u);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(server_->port());
  client.send(
      "GET /hello?name=1 HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo"
      "GET /hello?name=3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_response().ends_with("hello 1"));
  EXPECT_TRUE(client.read_response().ends_with("two"));
  EXPECT_TRUE(client.read_response().ends_with("hello 3"));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(ServerTest, ReadsARequestThatComesByteByByte) {
  start();
  RawClient client(server_->port());
  for (const char c : std::string_view("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                       "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")) {
    ASSERT_TRUE(client.send({&c, 1}));
  }
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nabcde"));
}

TEST_F(ServerTest, AnswersAClientThatClosedItsHalf) {
  start();
  RawClient client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
  client.half_close();
  EXPECT_TRUE(client.read().ends_with("ok"));
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
  start();
  RawClient client(server_->port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string response = client.read();
  EXPECT_NE(response.find("Content-Length: 11"), std::string::npos);
  EXPECT_TRUE(response.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, TellsAnExpectantClientToContinue) {
  start();
  RawClient client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 100 "));
  client.send("ok");
  EXPECT_TRUE(client.read_response().ends_with("ok"));
}

TEST_F(ServerTest, SpeaksHttp10) {
  start();
  RawClient client(server_->port());
  client.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.read().ends_with("hello world"));
}

TEST_F(ServerTest, SendsLongBodiesWhole) {
  start();
  RawClient client(server_->port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = client.read_response();
    EXPECT_EQ(response.size() - response.find("\r\n\r\n") - 4, 3u << 20);
  }
}

TEST_F(ServerTest, AFailingHandlerShowsNothingOfItsInside) {
  start();
  const std::string response = ask("GET /throws HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_in(response), 500);
  EXPECT_EQ(response.find("secret"), std::string::npos);
  EXPECT_EQ(reason_in(response), "http.internal");
}

// ---- Malformed requests: what each gets.

struct Malformed {
  const char* name;
  std::string bytes;
  int status;
  const char* reason;
};

TEST_F(ServerTest, MalformedRequestsGetTheirStatusAndWords) {
  start();
  const std::string head = "GET /hello HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  std::string many_fields;
  for (int i = 0; i < 200; ++i) many_fields += "X-" + std::to_string(i) + ": y\r\n";
  const std::vector<Malformed> table = {
      {"no HTTP at all", "\x16\x03\x01\x02\r\n\r\n", 400, "http.malformed"},
      {"unknown verb", "BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n", 501, "http.method_unknown"},
      {"verb with a bad character", "GE(T /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.malformed"},
      {"verb that is not done", "DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405, "http.method_not_allowed"},
      {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501, "http.method_unknown"},
      {"version 2.0", "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http.version"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http.version"},
      {"no version", "GET /hello\r\nHost: a\r\n\r\n", 400, "http.malformed"},
      {"no Host", "GET /hello HTTP/1.1\r\n\r\n", 400, "http.malformed"},
      {"two Hosts", head + "Host: b\r\n\r\n", 400, "http.malformed"},
      {"Host with a path", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "http.malformed"},
      {"length and chunks", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "http.malformed"},
      {"chunks and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400, "http.malformed"},
      {"two lengths", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, "http.malformed"},
      {"two different lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400, "http.malformed"},
      {"negative length", post + "Content-Length: -3\r\n\r\nabc", 400, "http.malformed"},
      {"length with a sign", post + "Content-Length: +3\r\n\r\nabc", 400, "http.malformed"},
      {"length that overflows", post + "Content-Length: 99999999999999999999999\r\n\r\n", 400, "http.malformed"},
      {"another transfer coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, "http.malformed"},
      {"chunked twice", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400, "http.malformed"},
      {"chunked in disguise", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, "http.malformed"},
      {"bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "http.malformed"},
      {"chunk without its end", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", 400, "http.malformed"},
      {"chunk size that overflows", post + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", 400, "http.malformed"},
      {"chunks in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "http.malformed"},
      {"space before the colon", head + "X : y\r\n\r\n", 400, "http.malformed"},
      {"field without a name", head + ": y\r\n\r\n", 400, "http.malformed"},
      {"folded line", head + "X: a\r\n b\r\n\r\n", 400, "http.malformed"},
      {"NUL in a field", head + std::string("X: a\0b\r\n\r\n", 10), 400, "http.malformed"},
      {"bare CR in a field", head + "X: a\rY: b\r\n\r\n", 400, "http.malformed"},
      {"bare LF in a field", head + "X: a\nY: b\r\n\r\n", 400, "http.malformed"},
      {"CRLF by escape in the path", "GET /hello%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.target"},
      {"broken escape", "GET /hello%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.target"},
      {"escape that is not UTF-8", "GET /hello%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.target"},
      {"dot segments", "GET /../hello HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.target"},
      {"dot segments in escapes", "GET /%2e%2e/hello HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.target"},
      {"fragment", "GET /hello#x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.target"},
      {"no leading slash", "GET hello HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.target"},
      {"absolute form", "GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n", 200, ""},
      {"absolute form of another scheme", "GET ftp://a/hello HTTP/1.1\r\nHost: a\r\n\r\n", 400, "http.target"},
      {"nothing there", "GET /hello/ HTTP/1.1\r\nHost: a\r\n\r\n", 404, "http.no_route"},
      {"OPTIONS", "OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n", 204, ""},
      {"OPTIONS of all", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204, ""},
      {"a field that is too long", head + "X: " + std::string(40'000, 'y') + "\r\n\r\n", 431, "http.header_too_large"},
      {"a target that is too long", "GET /" + std::string(40'000, 'y') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431, "http.header_too_large"},
      {"too many fields", head + many_fields + "\r\n", 431, "http.header_too_large"},
      {"too large a body, announced", "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413, "http.body_too_large"},
      {"too large a body, chunked", "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n", 413, "http.body_too_large"},
      {"too large a body for anybody", post + "Content-Length: 999999999999\r\n\r\n", 413, "http.body_too_large"},
  };
  for (const Malformed& each : table) {
    const std::string response = ask(each.bytes);
    EXPECT_EQ(status_in(response), each.status) << each.name << ": " << response.substr(0, 600);
    EXPECT_EQ(reason_in(response), each.reason) << each.name;
  }
  // And it still serves.
  EXPECT_EQ(status_in(ask(head + "\r\n")), 200);
}

TEST_F(ServerTest, NothingAfterAMalformedRequestIsAnswered) {
  start();
  RawClient client(server_->port());
  client.send("GET /hello HTTP/1.1\r\nX : y\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_in(client.read_response()), 400);
  EXPECT_EQ(client.read(), "");
}

TEST_F(ServerTest, AnErrorReachesAClientThatIsStillSending) {
  start();
  RawClient client(server_->port());
  client.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
  client.send(std::string(2'000'000, 'x'));
  EXPECT_EQ(status_in(client.read_response()), 413);
}

// ---- Time.

TEST_F(ServerTest, SlowHeadersGet408) {
  start({.header_timeout = Milliseconds(50)});
  RawClient client(server_->port());
  client.send("GET /hello HTTP/1.1\r\nHo");
  const std::string response = client.read();
  EXPECT_EQ(status_in(response), 408);
  EXPECT_EQ(reason_in(response), "http.timeout");
}

TEST_F(ServerTest, ASlowBodyGets408) {
  start({.body_timeout = Milliseconds(50)});
  RawClient client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(status_in(client.read()), 408);
}

TEST_F(ServerTest, AnIdleConnectionIsClosedWithoutWords) {
  start({.idle_timeout = Milliseconds(50)});
  RawClient client(server_->port());
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_in(client.read_response()), 200);
  EXPECT_EQ(client.read(), "");
}

TEST_F(ServerTest, AClientThatReadsNothingIsCutOff) {
  start({.write_timeout = Milliseconds(50)});
  router_.routes();
  RawClient client(server_->port());
  for (int i = 0; i < 8; ++i) client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  // The server fills the socket, waits, and gives up; only then does the count fall.
  while (server_->stats().connections_open > 0) std::this_thread::yield();
}

// ---- Load.

TEST_F(ServerTest, AFullQueueAnswers503AndSaysWhenToComeBack) {
  start({.workers = 1, .queue_max = 1});
  RawClient running(server_->port());
  running.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
  gate_.until_waiting(1);
  RawClient queued(server_->port());
  queued.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
  while (server_->stats().requests < 2) std::this_thread::yield();
  const std::string response = ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_in(response), 503);
  EXPECT_EQ(reason_in(response), "http.busy");
  EXPECT_NE(response.find("Retry-After: 1"), std::string::npos);
  gate_.open();
  EXPECT_TRUE(running.read_response().ends_with("through"));
  EXPECT_TRUE(queued.read_response().ends_with("through"));
}

TEST_F(ServerTest, OneConnectionTooManyIsToldSo) {
  start({.connections_max = 2});
  RawClient a(server_->port());
  RawClient b(server_->port());
  for (RawClient* client : {&a, &b}) {
    client->send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_in(client->read_response()), 200);
  }
  RawClient c(server_->port());
  c.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string response = c.read();
  EXPECT_EQ(status_in(response), 503);
  EXPECT_EQ(reason_in(response), "http.too_many_connections");
  a.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_in(a.read_response()), 200);
}

//= I-10 type=test
TEST_F(ServerTest, BodiesInMemoryHaveABound) {
  start({.buffered_bytes_max = 1000});
  EXPECT_EQ(status_in(ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n" + std::string(900, 'x'))),
            200);
  const std::string response =
      ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1100\r\n\r\n" + std::string(1100, 'x'));
  EXPECT_EQ(status_in(response), 503);
  EXPECT_EQ(reason_in(response), "http.memory");
  EXPECT_EQ(status_in(ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n" + std::string(900, 'x'))),
            200);
}

TEST_F(ServerTest, OneAddressMayAskOnlySoOften) {
  start({.requests_per_second = 2});
  RawClient client(server_->port());
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = client.read_response();
    if (status_in(response) == 429) ++refused;
  }
  EXPECT_GT(refused, 0);
}

TEST_F(ServerTest, ServesManyAtOnce) {
  start();
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      RawClient client(server_->port());
      for (int i = 0; i < 50; ++i) {
        const std::string name = std::to_string(t * 1000 + i);
        client.send("GET /hello?name=" + name + " HTTP/1.1\r\nHost: a\r\n\r\n");
        if (client.read_response().ends_with("hello " + name)) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
}

// ---- Stopping.

TEST_F(ServerTest, AGracefulStopFinishesWhatIsInFlight) {
  start();
  RawClient idle(server_->port());
  idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_in(idle.read_response()), 200);
  RawClient busy(server_->port());
  busy.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
  gate_.until_waiting(1);
  auto stopped = std::async(std::launch::async, [&] { server_->stop(Milliseconds(10'000)); });
  EXPECT_TRUE(idle.closed_by_peer());
  gate_.open();
  const std::string response = busy.read();
  EXPECT_TRUE(response.ends_with("through")) << response;
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
  stopped.get();
  EXPECT_EQ(server_->stats().connections_open, 0u);
}

TEST_F(ServerTest, AStopCutsWhatIsNotDoneInTime) {
  start();
  RawClient client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  while (server_->stats().requests < 1) std::this_thread::yield();
  server_->stop(Milliseconds(10));
  EXPECT_EQ(client.read(), "");
}

// ---- Starting.

TEST_F(ServerTest, AUsedPortIsNamed) {
  start();
  const Result<std::unique_ptr<Server>> second = Server::start({.port = server_->port()}, router_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), "http.address_in_use");
}

TEST_F(ServerTest, PlainHttpIsForLoopbackOnly) {
  const Result<std::unique_ptr<Server>> server = Server::start({.address = "0.0.0.0"}, router_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().reason(), "http.plain");
}

TEST_F(ServerTest, AnAddressThatIsNoneIsRefused) {
  EXPECT_FALSE(Server::start({.address = "not an address"}, router_));
}

}  // namespace
}  // namespace weir::adapters::http
