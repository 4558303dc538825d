// SPDX-License-Identifier: Apache-2.0
#include "weir/wire/rdf.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::wire::rdf {
namespace {

constexpr Prefix kPrefixes[] = {{"ex", "http://example.org/"}, {"xsd", kXsd}};

Graph turtle(std::string_view text) {
  auto graph = read_turtle(text);
  EXPECT_TRUE(graph) << graph.error().message();
  return graph ? *std::move(graph) : Graph();
}

Graph json_ld(std::string_view text) {
  auto graph = read_json_ld(*parse_json(text));
  EXPECT_TRUE(graph) << graph.error().message();
  return graph ? *std::move(graph) : Graph();
}

std::vector<Statement> sorted(const Graph& graph) {
  auto out = graph.statements();
  std::ranges::sort(out);
  return out;
}

const Term kThing = iri("http://example.org/a");

TEST(Turtle, SaysWhatIsWritten) {
  const Graph graph = turtle(R"(@prefix ex: <http://example.org/> . @base <http://base.example/> .
    ex:a a ex:Kind ; ex:name "Ann"@en, "安"@zh ; ex:size 3, 2.5, true ; ex:of [ ex:in <x> ] ; ex:row ( 1 "two" ) .)");
  EXPECT_EQ(graph.of_type("http://example.org/Kind"), std::vector{kThing});
  EXPECT_EQ(graph.objects(kThing, "http://example.org/name"),
            (std::vector{literal("Ann", {}, "en"), literal("安", {}, "zh")}));
  EXPECT_EQ(graph.objects(kThing, "http://example.org/size")[0], literal("3", std::string(kXsd) + "integer"));
  EXPECT_EQ(graph.object(graph.object(kThing, "http://example.org/of"), "http://example.org/in"),
            iri("http://base.example/x"));
  const auto row = graph.list(graph.object(kThing, "http://example.org/row"));
  ASSERT_EQ(row.size(), 2u);
  EXPECT_EQ(row[1], literal("two"));
}

TEST(Turtle, ComesBackAsItWas) {
  Graph graph;
  const Term inner = graph.fresh();
  graph.add(kThing, "http://example.org/says", literal("a \"quoted\"\nline\\ and 中文\t\x01"));
  graph.add(kThing, "http://example.org/at", literal("2026-01-01T00:00:00Z", std::string(kXsd) + "dateTime"));
  graph.add(kThing, "http://example.org/in", inner);
  graph.add(inner, std::string(kType), iri("http://example.org/a(b)/c#d?e=f&g"));
  const Graph again = turtle(write_turtle(graph, kPrefixes));
  ASSERT_EQ(again.statements().size(), 4u);
  EXPECT_EQ(again.object(kThing, "http://example.org/says"), graph.object(kThing, "http://example.org/says"));
  EXPECT_EQ(again.object(again.object(kThing, "http://example.org/in"), kType).text,
            "http://example.org/a(b)/c#d?e=f&g");
}

TEST(JsonLd, ReadsEveryFormOfTheSame) {
  const auto plain =
      sorted(turtle(R"(@prefix ex: <http://example.org/> . ex:a a ex:Kind ; ex:name "Ann"@en ; ex:knows ex:b .)"));
  for (
      const char* form : {
          R"({"@context":{"ex":"http://example.org/"},"@id":"ex:a","@type":"ex:Kind",
               "ex:name":{"@language":"en","@value":"Ann"},"ex:knows":{"@id":"ex:b"}})",
          R"([{"@id":"http://example.org/a","@type":["http://example.org/Kind"],
               "http://example.org/name":[{"@language":"en","@value":"Ann"}],"http://example.org/knows":[{"@id":"http://example.org/b"}]}])",
          R"({"@context":{"@vocab":"http://example.org/","@language":"en","id":"@id","type":"@type","knows":{"@type":"@id"}},
               "id":"http://example.org/a","type":"Kind","name":"Ann","knows":"http://example.org/b"})",
          R"({"@context":[{"ex":"http://example.org/"},{"name":{"@id":"ex:name","@container":"@language"}}],
               "@graph":[{"@id":"ex:a","@type":"ex:Kind","name":{"en":"Ann"},"ex:knows":{"@id":"ex:b"},"unknown":1}]})",
      }) {
    EXPECT_EQ(sorted(json_ld(form)), plain) << form;
  }
}

TEST(JsonLd, ListsNumbersAndJson) {
  const Graph graph =
      json_ld(R"({"@context":{"@vocab":"http://example.org/","row":{"@container":"@list"},"raw":{"@type":"@json"}},
      "@id":"http://example.org/a","row":[1,true,1.5],"raw":{"b":1,"a":[]},"none":null,"set":{"@set":["x","y"]}})");
  EXPECT_EQ(graph.list(graph.object(kThing, "http://example.org/row")).size(), 3u);
  EXPECT_EQ(graph.object(kThing, "http://example.org/raw").text, R"({"a":[],"b":1})");
  EXPECT_EQ(graph.objects(kThing, "http://example.org/set").size(), 2u);
}

TEST(JsonLd, WritesATreeThatReadsBack) {
  const Graph graph = turtle(R"(@prefix ex: <http://example.org/> .
    ex:a ex:of [ ex:row ( 1 [ ex:deep "x" ] () ) ] ; ex:n 7, "7", true ; ex:of ex:b .
    _:ring ex:of _:ring . [] ex:free 1 .)");
  const Json json = write_json_ld(graph, kPrefixes);
  EXPECT_EQ(json["@graph"].items()[0]["ex:of"].items()[0]["ex:row"]["@list"].items()[1]["ex:deep"].as_string(), "x");
  EXPECT_EQ(json["@graph"].items()[0]["ex:n"].items()[0].as_integer(), 7);
  const auto again = read_json_ld(json);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->statements().size(), graph.statements().size());
}

TEST(JsonLd, KnowsTheContextOfOdrlWithoutFetchingIt) {
  const Graph graph =
      json_ld(R"({"@context":"http://www.w3.org/ns/odrl.jsonld","@type":"Offer","uid":"http://example.org/a",
      "permission":[{"action":"use","target":"http://example.org/data"}]})");
  const Term rule = graph.object(kThing, "http://www.w3.org/ns/odrl/2/permission");
  EXPECT_EQ(graph.object(rule, "http://www.w3.org/ns/odrl/2/action"), iri("http://www.w3.org/ns/odrl/2/use"));
}

// ── errors ──

TEST(TurtleErrors, NameTheLineAndNothingElse) {
  for (const char* text : {"<a> <b> .", "@prefix ex: <http://e/> .\nex:a ex:b \"secret", "ex:a ex:b ex:c .",
                           "<r> <http://e/p> <http://e/o> ."}) {
    const auto graph = read_turtle(text);
    ASSERT_FALSE(graph) << text;
    EXPECT_EQ(graph.error().reason(), "rdf.malformed");
    EXPECT_EQ(graph.error().message().find("secret"), std::string::npos);
  }
  EXPECT_NE(read_turtle("@prefix ex: <http://e/> .\nex:a ex:b ;;; !\n").error().message().find("line 2"),
            std::string::npos);
  EXPECT_EQ(read_turtle(std::string_view("<http://e/a>\0", 13)).error().reason(), "rdf.malformed");
}

TEST(TurtleErrors, BracketsWithinBracketsWithoutEnd) {
  std::string deep = "@prefix ex: <http://e/> . ex:a ex:b ";
  for (int i = 0; i < 100'000; ++i) deep += "[ ex:b ";
  EXPECT_EQ(read_turtle(deep).error().reason(), "rdf.too_deep");
  std::string hidden = "@prefix ex: <http://e/> . ex:a ex:b ";
  for (int i = 0; i < 100'000; ++i) hidden += "[ ex:b \")\" , '''']''' , <http://e/]> , # )\n ";
  EXPECT_EQ(read_turtle(hidden).error().reason(), "rdf.too_deep");
}

TEST(JsonLdErrors, WhatIsNotUnderstoodIsRefusedAndNotLeftOut) {
  const auto reason = [](std::string_view text) {
    return std::string(read_json_ld(*parse_json(text)).error().reason());
  };
  EXPECT_EQ(reason(R"({"@context":"https://elsewhere.example/c.jsonld","name":"x"})"), "rdf.unknown_context");
  EXPECT_EQ(reason(R"({"@context":{"p":{"@reverse":"http://e/p"}},"p":"x"})"), "rdf.unsupported");
  EXPECT_EQ(reason(R"({"@context":{"p":{"@id":"http://e/p","@container":"@index"}},"p":{"a":"x"}})"),
            "rdf.unsupported");
  EXPECT_EQ(reason(R"({"@id":"http://e/a","@reverse":{"http://e/p":{}}})"), "rdf.unsupported");
  EXPECT_EQ(reason(R"({"@id":7})"), "rdf.malformed");
  EXPECT_EQ(reason(R"({"@id":"relative"})"), "rdf.malformed");
  EXPECT_EQ(reason(R"("text")"), "rdf.malformed");
  std::string deep;
  for (int i = 0; i < 80; ++i) deep += R"({"http://e/p":)";
  deep += "1" + std::string(80, '}');
  EXPECT_EQ(read_json_ld(*parse_json(deep, {.bytes_max = 1u << 20, .depth_max = 200})).error().reason(),
            "rdf.too_deep");
}

}  // namespace
}  // namespace weir::wire::rdf
