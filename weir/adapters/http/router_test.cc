// Router, problems, targets, ranges, idempotency and the OpenAPI document, without a socket.
// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/router.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "weir/adapters/http/idempotency.h"
#include "weir/adapters/http/openapi.h"
#include "weir/adapters/http/problem.h"
#include "weir/adapters/http/range.h"
#include "weir/adapters/http/target.h"
#include "weir/adapters/http/test_support.h"
#include "weir/adapters/http/url.h"

namespace weir::adapters::http {
namespace {

using wire::Json;

Request make(Method method, std::string target, Headers headers = {}, std::string body = {}) {
  Request request;
  request.method = method;
  request.target = std::move(target);
  request.headers = std::move(headers);
  request.body = std::move(body);
  return request;
}

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    Result<std::unique_ptr<store::Database>> opened = store::open_sqlite({.path = ":memory:"});
    database_ = *std::move(opened);
    EXPECT_TRUE(store::migrate(*database_, idempotency_migration()));
    store_ = make_idempotency_store(*database_, clock_);
    router_ = std::make_unique<Router>(
        RouterOptions{.authenticator = &authenticator_, .idempotency = store_.get(), .random = &random_});
  }
  void add(Method method, std::string pattern, Access access, Handler handler) {
    router_->add({.method = method, .pattern = std::move(pattern), .access = std::move(access),
                  .operation = "op" + std::to_string(router_->routes().size()),
                  .summary = {"Does it", "执行"}, .handler = std::move(handler)});
  }
  static Handler says(std::string text) {
    return [text](Request&) -> Result<Response> { return Response::text(text); };
  }
  Response ask(Request request) { return router_->handle(request); }

  ManualClock clock_{Timestamp(1'700'000'000'000)};
  SeededRandom random_{7};
  testing::TestAuthenticator authenticator_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<IdempotencyStore> store_;
  std::unique_ptr<Router> router_;
};

// ---- Matching.

TEST_F(RouterTest, TheMoreExactPatternWins) {
  add(Method::kGet, "/a/{rest...}", Access::open(), says("rest"));
  add(Method::kGet, "/a/{id}", Access::open(), says("id"));
  add(Method::kGet, "/a/b", Access::open(), says("b"));
  EXPECT_EQ(ask(make(Method::kGet, "/a/b")).body, "b");
  EXPECT_EQ(ask(make(Method::kGet, "/a/c")).body, "id");
  EXPECT_EQ(ask(make(Method::kGet, "/a/c/d")).body, "rest");
  EXPECT_EQ(ask(make(Method::kGet, "/a/")).body, "rest");
  EXPECT_EQ(ask(make(Method::kGet, "/b")).status, 404);
}

TEST_F(RouterTest, ParametersArriveUnescaped) {
  add(Method::kGet, "/p/{id}/x", Access::open(), [](Request& request) -> Result<Response> {
    return Response::text(request.parameter("id") + "|" + request.query_or("q", "-"));
  });
  EXPECT_EQ(ask(make(Method::kGet, "/p/a%2Fb%20c/x?q=%E6%95%B0+1&q=2")).body, "a/b c|数 1");
}

TEST_F(RouterTest, AWrongVerbGetsTheRightOnes) {
  add(Method::kGet, "/a", Access::open(), says("a"));
  add(Method::kPut, "/a", Access::open(), says("a"));
  const Response response = ask(make(Method::kPost, "/a"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.get("Allow"), "GET, HEAD, PUT, OPTIONS");
  EXPECT_EQ(ask(make(Method::kOptions, "/a")).status, 204);
}

using RouterDeathTest = RouterTest;
TEST_F(RouterDeathTest, TheSameRouteTwiceIsAMistakeOfTheProgram) {
  add(Method::kGet, "/a/{id}", Access::open(), says("a"));
  EXPECT_DEATH(add(Method::kGet, "/a/{name}", Access::open(), says("b")), "same_shape");
}

// ---- Access: default deny.

TEST_F(RouterTest, ScopesDecideWhoMay) {
  add(Method::kGet, "/read", Access::with_scope("catalog:read"), says("ok"));
  add(Method::kGet, "/write", Access::with_scope("catalog:write"), says("ok"));
  router_->add(
      {.method = Method::kGet, .pattern = "/unstated", .operation = "unstated", .summary = {}, .handler = says("ok")});
  const auto with = [&](const char* target, const char* token) {
    return ask(make(Method::kGet, target, {{"Authorization", std::string("Bearer ") + token}})).status;
  };
  EXPECT_EQ(with("/read", "reader"), 200);
  EXPECT_EQ(with("/read", "writer"), 200);
  EXPECT_EQ(with("/write", "reader"), 403);
  EXPECT_EQ(with("/write", "writer"), 200);
  EXPECT_EQ(with("/read", "nobody"), 401);
  const Response anonymous = ask(make(Method::kGet, "/unstated"));
  EXPECT_EQ(anonymous.status, 401);
  EXPECT_TRUE(anonymous.headers.get("WWW-Authenticate").starts_with("Bearer"));
}

TEST_F(RouterTest, PeersComeWithCertificatesAndTokensDoNotHelp) {
  add(Method::kGet, "/peer", Access::peer(), [](Request& request) -> Result<Response> {
    return Response::text(request.principal.actor());
  });
  add(Method::kGet, "/both", Access::scope_or_peer("catalog:read"), [](Request& request) -> Result<Response> {
    return Response::text(request.principal.actor());
  });
  EXPECT_EQ(ask(make(Method::kGet, "/peer", {{"Authorization", "Bearer writer"}})).status, 401);
  Request request = make(Method::kGet, "/peer");
  request.peer =
      PeerCertificate{.common_name = "n", .unit = "node-9", .organisation = {}, .fingerprint = {}, .pem = {}};
  EXPECT_EQ(router_->handle(request).body, "peer:node-9");
  Request both = make(Method::kGet, "/both");
  both.peer = request.peer;
  EXPECT_EQ(router_->handle(both).body, "peer:node-9");
  EXPECT_EQ(ask(make(Method::kGet, "/both", {{"Authorization", "Bearer reader"}})).body, "op-r");
}

// ---- Problems.

TEST_F(RouterTest, WhatIsSaidInBothLanguagesComesInTheOneAskedFor) {
  add(Method::kGet, "/a", Access::open(), [](Request&) -> Result<Response> {
    return Error(Errc::kForbidden, Text{"only for research", "仅限研究"}).because("job.denied");
  });
  const auto detail = [&](std::string_view language) {
    const Response response = ask(make(Method::kGet, "/a", {{"Accept-Language", std::string(language)}}));
    return std::string((*wire::parse_json(response.body))["detail"].as_string());
  };
  EXPECT_EQ(detail("en"), "only for research");
  EXPECT_EQ(detail("zh"), "使用条款不允许该计算（仅限研究）");
}

TEST_F(RouterTest, AProblemSpeaksTheLanguageAskedFor) {
  add(Method::kGet, "/a", Access::open(), [](Request&) -> Result<Response> {
    return Error(Errc::kConflict, "it is not a draft").because("contract.wrong_state").advise("look again");
  });
  const Response response =
      ask(make(Method::kGet, "/a", {{"Accept-Language", "fr, zh-CN;q=0.9"}, {"X-Request-Id", "r-1"}}));
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
  const Json body = *wire::parse_json(response.body);
  EXPECT_EQ(body["type"].as_string(), "urn:weir:error:contract.wrong_state");
  EXPECT_EQ(body["title"].as_string(), "当前状态不允许此操作");
  EXPECT_EQ(body["status"].as_integer(), 409);
  EXPECT_EQ(body["detail"].as_string(), "协商当前状态不允许此消息（it is not a draft）");
  EXPECT_EQ(body["advice"].as_string(), "look again");
  EXPECT_EQ(body["instance"].as_string(), "urn:weir:request:r-1");
  const Error back = error_of(response.status, response.body);
  EXPECT_EQ(back.code(), Errc::kConflict);
  EXPECT_EQ(back.reason(), "contract.wrong_state");
  EXPECT_EQ(back.message(), "协商当前状态不允许此消息（it is not a draft）");
  EXPECT_EQ(back.hint(), "look again");
}

//= RFC9457#3 type=test
// The worked example of docs/formats/errors.md.
TEST(Problem, TheExampleOfThePage) {
  const Error error = Error(Errc::kForbidden, "this token does not carry the scope catalog:write")
                          .because("http.scope")
                          .advise("ask an administrator for a token with that scope");
  EXPECT_EQ(problem(error, Language::kEnglish, "7f3a").body,
            R"({"type":"urn:weir:error:http.scope","title":"You may not do this","status":403,)"
            R"("detail":"this token does not carry the scope catalog:write",)"
            R"("advice":"ask an administrator for a token with that scope",)"
            R"("code":"forbidden","instance":"urn:weir:request:7f3a"})");
}

TEST(Problem, EveryCodeAndFinerReasonHasItsStatus) {
  const auto status = [](Errc code, const char* reason) { return status_of(Error(code, "x").because(reason)); };
  EXPECT_EQ(status(Errc::kInvalidArgument, ""), 400);
  EXPECT_EQ(status(Errc::kUnauthenticated, ""), 401);
  EXPECT_EQ(status(Errc::kForbidden, ""), 403);
  EXPECT_EQ(status(Errc::kNotFound, ""), 404);
  EXPECT_EQ(status(Errc::kConflict, ""), 409);
  EXPECT_EQ(status(Errc::kCorrupt, "signature.invalid"), 422);
  EXPECT_EQ(status(Errc::kCorrupt, "store.page"), 500);
  EXPECT_EQ(status(Errc::kUnavailable, ""), 503);
  EXPECT_EQ(status(Errc::kExhausted, "usage.count"), 429);
  EXPECT_EQ(status(Errc::kExhausted, "json.too_large"), 413);
  EXPECT_EQ(status(Errc::kExhausted, "store.full"), 507);
  EXPECT_EQ(status(Errc::kConflict, "idempotency.body_differs"), 422);
  EXPECT_TRUE(problem(Error(Errc::kUnavailable, "x"), Language::kEnglish, "").headers.has("Retry-After"));
}

TEST(Problem, AnAnswerOfSomebodyElseBecomesAnErrorToo) {
  EXPECT_EQ(error_of(404, "<html>").code(), Errc::kNotFound);
  EXPECT_EQ(error_of(502, "").code(), Errc::kUnavailable);
  EXPECT_EQ(error_of(302, "").code(), Errc::kCorrupt);
  EXPECT_EQ(error_of(400, R"({"title":"no","type":"about:blank"})").message(), "no");
}

// Once only the status of a refused transfer reached the people on the other side.
TEST(Problem, TheWordsOfAProtocolErrorReachWhoAsked) {
  const Error error =
      error_of(403, R"({"@type":"TransferError","code":"delivery.denied","reason":["only until 2026","not here"]})");
  EXPECT_EQ(error.code(), Errc::kForbidden);
  EXPECT_EQ(error.reason(), "delivery.denied");
  EXPECT_EQ(error.message(), "only until 2026; not here");
}

// ---- Targets.

TEST(Target, WhatIsNoTargetIsRefused) {
  for (const char* text : {"", "a", "http://", "http:///x", "http://a", "http://a?x", "/a b", "/%", "/%0", "/%zz", "/%00",
                           "/%c3%28", "/.", "/a/../b", "/%2E%2e", "/a?x=%", "/a\\b", "/\x80", "//%2e"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(Target, ReadsSegmentsAndQuery) {
  const Result<Target> target = parse_target("HTTPS://host:1/a//b%20c/?x=1&&y&z=%3D+%2B");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"a", "", "b c", ""}));
  ASSERT_EQ(target->query.size(), 3u);
  EXPECT_EQ(target->query[2].second, "= +");
}

TEST(Url, ReadsWhatAClientNeeds) {
  const Result<Url> url = parse_url("https://[::1]:8443/a?b=c");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8443");
  EXPECT_EQ(url->target, "/a?b=c");
  EXPECT_EQ(parse_url("http://Example.org")->authority(), "Example.org");
  EXPECT_EQ(parse_url("https://h?q")->target, "/?q");
  for (const char* text : {"", "h", "ftp://h", "https://", "https://h:0/", "https://h:99999", "https://h:", "https://u@h/",
                           "https://h/#x", "https://h /", "https://[::1", "https://[::1]x", "https://h\r\nX: y"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

// ---- Header fields.

TEST(Headers, AreFoundWithoutRegardToCaseAndCannotSplitAMessage) {
  Headers headers{{"Content-Type", "a"}};
  EXPECT_EQ(headers.get("content-TYPE"), "a");
  headers.set("X", "a\r\nY: b\0c");
  EXPECT_EQ(headers.get("X").find_first_of("\r\n"), std::string_view::npos);
  headers.add("Connection", "keep-alive, Upgrade");
  EXPECT_TRUE(headers.has_token("connection", "upgrade"));
  EXPECT_FALSE(headers.has_token("connection", "up"));
}

// ---- Conditional requests, ranges, compression.

TEST_F(RouterTest, AnUnchangedBodyIsNotSentAgain) {
  add(Method::kGet, "/a", Access::open(), [](Request&) -> Result<Response> {
    Response response = Response::text("body");
    response.headers.set("ETag", etag_of(response.body));
    return response;
  });
  const std::string etag(ask(make(Method::kGet, "/a")).headers.get("ETag"));
  const Response again = ask(make(Method::kGet, "/a", {{"If-None-Match", "\"x\", W/" + etag}}));
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  EXPECT_EQ(ask(make(Method::kGet, "/a", {{"If-None-Match", "\"x\""}})).status, 200);
}

TEST(Range, TableOfFields) {
  using R = std::optional<ByteRange>;
  EXPECT_EQ(*parse_range("bytes=0-0", 10), R(ByteRange{0, 1}));
  EXPECT_EQ(*parse_range("bytes=3-", 10), R(ByteRange{3, 7}));
  EXPECT_EQ(*parse_range("bytes=3-99", 10), R(ByteRange{3, 7}));
  EXPECT_EQ(*parse_range("bytes=-4", 10), R(ByteRange{6, 4}));
  EXPECT_EQ(*parse_range("bytes=-99", 10), R(ByteRange{0, 10}));
  EXPECT_EQ(*parse_range("bytes=0-18446744073709551615", 10), R(ByteRange{0, 10}));
  for (const char* all : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,3-4", "lines=1-2",
                          "bytes=99999999999999999999-"}) {
    EXPECT_EQ(*parse_range(all, 10), R()) << all;
  }
  for (const char* none : {"bytes=10-", "bytes=10-11", "bytes=-0"}) EXPECT_FALSE(parse_range(none, 10)) << none;
  EXPECT_FALSE(parse_range("bytes=0-0", 0));
}

TEST_F(RouterTest, LongJsonIsCompressedForThoseWhoTakeIt) {
  add(Method::kGet, "/a", Access::open(), [](Request&) -> Result<Response> {
    Response response = Response::json(Json(std::string(5000, 'a')));
    response.headers.set("ETag", "\"t\"");
    return response;
  });
  const Response plain = ask(make(Method::kGet, "/a"));
  EXPECT_EQ(plain.body.size(), 5002u);
  EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding");
  EXPECT_EQ(ask(make(Method::kGet, "/a", {{"Accept-Encoding", "gzip;q=0, br"}})).body.size(), 5002u);
  const Response small = ask(make(Method::kGet, "/a", {{"Accept-Encoding", "br, gzip"}}));
  EXPECT_EQ(small.headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(small.headers.get("ETag"), "W/\"t\"");
  std::string out(6000, '\0');
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(small.body.data()));
  stream.avail_in = static_cast<uInt>(small.body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(out, plain.body);
}

// ---- Idempotency.

class IdempotencyTest : public RouterTest {
 protected:
  IdempotencyTest() {
    add(Method::kPost, "/orders", Access::with_scope("catalog:write"), [this](Request& request) -> Result<Response> {
      ++done_;
      if (request.body == "fail") return Error(Errc::kUnavailable, "not now");
      if (request.body == "again") {
        Request same = order("k", "again");
        inner_ = router_->handle(same).status;
      }
      return Response::created("/orders/" + std::to_string(done_), Json(done_));
    });
  }
  static Request order(std::string key, std::string body, std::string token = "writer") {
    return make(Method::kPost, "/orders", {{"Authorization", "Bearer " + token}, {"Idempotency-Key", key}},
                std::move(body));
  }
  int done_ = 0;
  int inner_ = 0;
};

TEST_F(IdempotencyTest, TheSameRequestIsAnsweredAgainNotDoneAgain) {
  const Response first = ask(order("k", "a"));
  const Response second = ask(order("k", "a"));
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.headers.get("Location"), "/orders/1");
  EXPECT_EQ(second.headers.get("Idempotency-Replayed"), "true");
  EXPECT_FALSE(first.headers.has("Idempotency-Replayed"));
  static_cast<void>(ask(order("k2", "a")));
  EXPECT_EQ(done_, 2);
}

TEST_F(IdempotencyTest, AnotherBodyUnderTheSameKeyIsRefused) {
  static_cast<void>(ask(order("k", "a")));
  const Response response = ask(order("k", "b"));
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(testing::reason_in(response.body), "idempotency.body_differs");
  EXPECT_EQ(done_, 1);
}

TEST_F(IdempotencyTest, ARequestThatStillRunsIsNotStartedTwice) {
  static_cast<void>(ask(order("k", "again")));
  EXPECT_EQ(inner_, 409);
  EXPECT_EQ(done_, 1);
}

TEST_F(IdempotencyTest, AFailureThatMayPassIsNotRemembered) {
  EXPECT_EQ(ask(order("k", "fail")).status, 503);
  EXPECT_EQ(ask(order("k", "fail")).status, 503);
  EXPECT_EQ(done_, 2);
}

TEST_F(IdempotencyTest, AKeyIsForgottenAfterItsTime) {
  static_cast<void>(ask(order("k", "a")));
  clock_.advance(Milliseconds(25LL * 3600 * 1000));
  static_cast<void>(ask(order("k", "b")));
  EXPECT_EQ(done_, 2);
  clock_.advance(Milliseconds(25LL * 3600 * 1000));
  EXPECT_EQ(*expire_idempotency(*database_, clock_), 1);
}

TEST_F(IdempotencyTest, ACrashInTheMiddleFreesTheKeyWhenItsLeaseEnds) {
  const IdempotencyKey key{"op-w", "POST /orders", "k", "h"};
  EXPECT_FALSE(store_->begin(key)->has_value());
  EXPECT_EQ(store_->begin(key).error().reason(), "idempotency.in_progress");
  clock_.advance(Milliseconds(61'000));
  EXPECT_FALSE(store_->begin(key)->has_value());
}

TEST_F(IdempotencyTest, AKeyThatIsNoneIsRefused) {
  EXPECT_EQ(ask(order(std::string(300, 'k'), "a")).status, 400);
  EXPECT_EQ(ask(order("a b", "a")).status, 400);
  EXPECT_EQ(done_, 0);
}

// ---- OpenAPI.

TEST_F(RouterTest, TheOpenApiDocumentHasEveryRouteAndNoDanglingReference) {
  add(Method::kGet, "/api/v1/things/{id}", Access::with_scope("catalog:read"), says("x"));
  router_->add({.method = Method::kPost,
                .pattern = "/api/v1/things",
                .access = Access::peer(),
                .operation = "createThing",
                .summary = {"Creates a thing", "创建"},
                .query = {{.name = "dry", .type = "boolean", .description = {"Only check", "仅检查"}}},
                .request_schema = "Thing",
                .response_schema = "Thing",
                .success_status = 201,
                .response_types = {"application/json", "text/csv"},
                .handler = says("x")});
  router_->add({.method = Method::kGet,
                .pattern = "/console/{path...}",
                .access = Access::open(),
                .operation = "console",
                .summary = {},
                .handler = says("x"),
                .hidden = true});
  router_->add_openapi("/api/v1/openapi.json", {"Weir", "Weir 接口"}, "1.0");
  EXPECT_EQ(check_schemas(*router_).error().reason(), "openapi.schema");
  router_->add_schema("Thing", Json::object({{"type", "object"}}));
  EXPECT_TRUE(check_schemas(*router_));

  const Response response = ask(make(Method::kGet, "/api/v1/openapi.json"));
  const Json document = *wire::parse_json(response.body);
  EXPECT_EQ(document["openapi"].as_string(), "3.1.0");
  EXPECT_EQ(document["info"]["title"].as_string(), "Weir");
  std::size_t operations = 0;
  for (const auto& [path, item] : document["paths"].members()) {
    for (const auto& [verb, operation] : item.members()) {
      ++operations;
      EXPECT_TRUE(operation["operationId"].is_string());
      EXPECT_TRUE(operation["responses"].has("default"));
      EXPECT_TRUE(operation["security"].is_array());
    }
  }
  EXPECT_EQ(operations, 3u);
  const Json& create = document["paths"]["/api/v1/things"]["post"];
  EXPECT_EQ(create["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_string(),
            "#/components/schemas/Thing");
  EXPECT_TRUE(create["security"].items()[0].has("nodeCertificate"));
  const Json& answers = create["responses"]["201"]["content"];
  EXPECT_TRUE(answers["application/json"].has("schema"));
  EXPECT_TRUE(answers.has("text/csv"));
  EXPECT_FALSE(answers["text/csv"].has("schema"));
  EXPECT_EQ(create["parameters"].size(), 2u);
  EXPECT_EQ(document["paths"]["/api/v1/things/{id}"]["get"]["parameters"].items()[0]["in"].as_string(), "path");
  // Every reference leads somewhere.
  const std::string& text = response.body;
  constexpr std::string_view kReference = "\"$ref\":\"#/";
  for (std::size_t at = text.find(kReference); at != std::string::npos; at = text.find(kReference, at + 1)) {
    const std::size_t start = at + kReference.size();
    const Json* place = &document;
    for (const std::string& part : split(text.substr(start, text.find('"', start) - start), '/'))
      place = &(*place)[part];
    EXPECT_TRUE(place->is_object()) << text.substr(at, 60);
  }
  EXPECT_EQ((*wire::parse_json(
                ask(make(Method::kGet, "/api/v1/openapi.json", {{"Accept-Language", "zh"}})).body))["info"]["title"]
                .as_string(),
            "Weir 接口");
}

}  // namespace
}  // namespace weir::adapters::http
