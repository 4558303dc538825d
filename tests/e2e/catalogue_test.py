"""The catalogue: published, versioned, reviewed, loaded in bulk, collected by the regional node, found in two languages.

WEIR_TEST_CATALOG names a whole US federal extract (14,000 records) to load instead of the 200 that lie here;
WEIR_TEST_DATA a folder with it and with catalog/shanghai-2014.csv.
"""
import json, os, unittest

from case import DENIED, FAILED, NOT_FOUND, TOP, USAGE, SpaceCase, main, until

DATA = os.environ.get("WEIR_TEST_DATA", "")
WHOLE = os.environ.get("WEIR_TEST_CATALOG", "") or \
    (os.path.join(DATA, "catalog", "us-federal-dcat-us-1.1.jsonl.gz") if DATA else "")
MAPPING = {"identifier": "编号", "title": "数据项名称", "description": "数据项描述", "more_description": ["数据项内容"],
           "keywords": "数据项内容", "publisher": "提供部门", "theme": "领域", "frequency": "更新频率"}
EXTRACT = os.path.join(TOP, "tests", "vectors", "catalog", "us-federal-extract.jsonl")


class Life(SpaceCase):
    def draft(self, title="A draft"):
        return self.provider.json("publish", self.file(), "--title", title, "--terms", "count<=1", "--draft")["id"]

    def history(self, product):
        return [row["what"] for row in self.provider.json("product", "history", product)["items"]]

    def found(self, node, words, *options):
        return [row["id"] for row in node.json("search", words, *options)["items"]]

    def test_a_draft_is_seen_by_nobody_until_it_was_reviewed(self):
        product = self.draft("Gauge readings")
        self.assertNotIn(product, self.found(self.provider, "gauge", "--own"))
        self.refused(NOT_FOUND, self.consumer, "negotiate", product)
        self.provider.weir("product", "submit", product, "--reason", "ready")
        self.assertIn("--reason", self.refused(USAGE, self.provider, "product", "return", product))
        self.provider.weir("product", "return", product, "--reason", "no units")
        self.provider.weir("product", "submit", product)
        self.provider.weir("product", "approve", product)
        until(lambda: product in self.found(self.consumer, "gauge"))
        self.assertEqual(self.history(product), ["created", "submitted", "returned", "submitted", "published"])
        self.assertEqual(self.provider.json("product", "history", product)["items"][2]["reason"], "no units")

    def test_a_published_version_stays_as_it_is_and_the_next_one_replaces_it(self):
        product = self.publish(title="River levels, hourly")
        first = self.provider.json("show", product)
        description = dict(first["description"], title={"en": "River levels, every minute"})
        edited = self.provider.json("product", "edit", product, self.file(json.dumps(description).encode(), "d.json"))
        self.assertEqual(edited["version"], 2)
        self.assertEqual(self.provider.json("show", product)["version"], 1)
        self.provider.weir("product", "submit", product)
        self.provider.weir("product", "approve", product)
        now = self.provider.json("show", product)
        self.assertEqual((now["version"], now["description"]["title"]["en"]), (2, "River levels, every minute"))
        until(lambda: self.consumer.json("show", product)["version"] == 2)

    def test_deregistered_it_is_found_no_more_and_its_history_stays(self):
        product = self.publish(title="Withdrawn measurements")
        until(lambda: product in self.found(self.consumer, "withdrawn"))
        self.provider.weir("product", "deregister", product, "--reason", "wrong sensor")
        until(lambda: product not in self.found(self.consumer, "withdrawn"))
        self.refused(NOT_FOUND, self.consumer, "negotiate", product)
        self.assertEqual(self.history(product)[-1], "deregistered")
        self.refused(FAILED, self.provider, "product", "submit", product)

    def test_what_happened_is_in_the_log(self):
        product = self.publish(title="Logged")
        self.assertIn("catalog.published", self.kinds(self.provider, product=product))

    def test_a_product_without_a_title_is_refused(self):
        self.assertIn("title", self.refused(USAGE, self.provider, "publish", self.file(), "--terms", "count<=1"))

    def test_terms_that_are_none_are_refused_before_anything_is_stored(self):
        self.refused(USAGE, self.provider, "publish", self.file(), "--title", "x", "--terms", "cuont<=3")

    # ── grades ──
    def test_a_grade_brings_its_terms_unless_others_are_given(self):
        important = self.provider.json("publish", self.file(), "--title", "Grid", "--grade", "important")
        words = important["offers"][0]["words"]
        self.assertTrue(words["en"] and words["zh"])
        policy = json.dumps(important["offers"][0]["policy"])
        self.assertIn("distribute", policy)
        self.assertIn("delete", policy)
        open_data = self.provider.json("publish", self.file(), "--title", "Holidays", "--sub-grade", "1")
        self.assertNotIn("prohibition", open_data["offers"][0]["policy"])

    def test_a_grade_follows_from_what_a_leak_would_hurt(self):
        content = self.provider.call("POST", "/api/v1/contents", b"x")
        body = {"title": {"en": "Power plants"}, "description": {"en": "Where they are"}, "content": content,
                "grade": {"impacts": [{"object": "economy", "severity": "serious"},
                                      {"object": "personal_rights", "severity": "general"}]}}
        product = self.provider.call("POST", "/api/v1/products", body)
        grade = product["description"]["grade"]
        self.assertEqual(grade["level"], "important")
        self.assertIn("economy", json.dumps(grade["reasons"]))
        worse = dict(body, grade={"impacts": [{"object": "national_security", "severity": "especially_serious"}]})
        self.assertEqual(self.provider.call("POST", "/api/v1/products", worse)["offers"], [])
        lie = dict(body, grade={"level": "general", "impacts": [{"object": "national_security", "severity": "serious"}]})
        self.problem(400, "grade.mismatch", self.provider.request("POST", "/api/v1/products", lie))


class Bulk(SpaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.whole = WHOLE
        cls.report = cls.provider.json("catalog", "load", cls.whole or EXTRACT, "--catalog", "us-federal")
        cls.count = cls.report["accepted"] + cls.report["repaired"]

    def total(self, node, words="", *options):
        return node.json("search", words, "--limit", "1", *options)["total"]

    def test_every_record_is_accounted_for(self):
        report = self.report
        counted = sum(report[name] for name in ("accepted", "repaired", "updated", "unchanged", "refused"))
        self.assertEqual(counted, report["read"])
        self.assertEqual(sum(report["refusals"].values()), report["refused"])
        if self.whole:
            self.assertEqual(report["read"], 14_000)
        # The list of what was wrong names each record and says why.
        for line in report["lines"]:
            self.assertTrue(line["line"] and line["outcome"], line)

    def test_loaded_again_nothing_changes(self):
        again = self.provider.json("catalog", "load", self.whole or EXTRACT, "--catalog", "us-federal")
        self.assertEqual((again["accepted"], again["repaired"], again["updated"]), (0, 0, 0))
        self.assertEqual(again["unchanged"], self.count)

    def test_the_regional_node_collects_all_of_it_and_answers_for_it(self):
        until(lambda: self.region.call("GET", "/api/v1/products?limit=1")["total"] >= min(self.count, 200), timeout=300)
        mine = self.provider.json("search", "data", "--own", "--limit", "5")
        self.assertEqual(len(mine["items"]), 5)
        until(lambda: self.consumer.json("search", "data", "--limit", "5")["total"] == mine["total"], timeout=300)

    def test_paging_shows_each_once(self):
        seen, cursor = [], ()
        while True:
            page = self.provider.json("search", "data", "--own", "--limit", "40", *cursor)
            seen += [row["id"] for row in page["items"]]
            if "next" not in page or len(seen) >= 400:
                break
            cursor = ("--cursor", page["next"])
        self.assertEqual(len(seen), len(set(seen)))
        self.assertGreater(len(seen), 40)

    def test_filters_and_facets_agree(self):
        page = self.provider.json("search", "data", "--own", "--facet", "format", "--facet", "grade")
        self.assertTrue(page["facets"]["format"])
        value = page["facets"]["format"][0]
        filtered = self.provider.json("search", "data", "--own", "--filter", f"format={value['value']}")
        if page["facetsPartial"]:  # counted among the first of very many
            self.assertGreaterEqual(filtered["total"], value["count"])
        else:
            self.assertEqual(filtered["total"], value["count"])

    def test_phrases_and_words_left_out(self):
        everything = self.total(self.provider, "data", "--own")
        without = self.total(self.provider, "data -water", "--own")
        self.assertLessEqual(without, everything)

    def test_a_broken_file_is_reported_and_nothing_is_dropped_in_silence(self):
        path = self.file(b'{"title":"No identifier"}\nnot json at all\n[]\n', "broken.jsonl")
        report = self.provider.json("catalog", "load", path, "--catalog", "broken")
        self.assertEqual(report["read"], 3)
        self.assertEqual(report["refused"] + report["accepted"] + report["repaired"], 3)
        self.assertGreaterEqual(report["refused"], 2)

    def test_an_unknown_file_and_an_unknown_order_are_refused(self):
        self.refused(USAGE, self.provider, "catalog", "load", "/nonexistent")
        self.refused(USAGE, self.provider, "search", "data", "--order", "sideways")
        self.refused(USAGE, self.provider, "search", "data", "--filter", "nonsense")
        self.refused(USAGE, self.provider, "search", "data", "--cursor", "forged")


class Chinese(SpaceCase):
    def load(self, path, name, mapping=MAPPING):
        mapping = self.file(json.dumps(mapping).encode(), "mapping.json")
        return self.provider.json("catalog", "load", path, "--format", "csv", "--mapping", mapping, "--catalog", name,
                                  "--region", "310000")

    def test_a_csv_in_chinese_is_loaded_by_a_mapping_and_found_in_chinese(self):
        report = self.load(os.path.join(TOP, "tests", "vectors", "catalog", "chinese.csv"), "chinese")
        self.assertEqual((report["read"], report["refused"]), (6, 2))
        self.assertEqual(set(report["refusals"]), {"load.no_title", "load.too_many_cells"})
        page = self.provider.json("search", "公交线路", "--own", "--filter", "region=31")
        self.assertEqual(page["total"], 1)
        self.assertIn("公交线路", self.provider.weir("search", "公交", "--own"))

    @unittest.skipUnless(DATA, "WEIR_TEST_DATA does not say where the whole catalogues are")
    def test_the_whole_shanghai_catalogue_is_loaded(self):
        columns = dict(MAPPING, more_description=["数据项内容（包括但不仅限于）"], keywords="数据项内容（包括但不仅限于）")
        del columns["frequency"]
        report = self.load(os.path.join(DATA, "catalog", "shanghai-2014.csv"), "shanghai", columns)
        self.assertEqual(report["read"], 190)

    def test_both_languages_find_the_same_product(self):
        product = self.provider.json("publish", self.file(), "--title", "Hourly air quality", "--title-zh",
                                     "逐小时空气质量", "--keyword", "PM2.5", "--terms", "count<=1")["id"]
        for words in ("空气质量", "空气", "air quality", '"air quality"', "pm2.5"):
            with self.subTest(words=words):
                until(lambda: product in [r["id"] for r in self.consumer.json("search", words)["items"]])
        self.assertIn("逐小时空气质量", self.consumer.weir("search", "空气质量", "--lang", "zh"))
        self.assertIn("Hourly air quality", self.consumer.weir("search", "空气质量", "--lang", "en"))
        self.assertEqual(self.consumer.json("search", "水文")["items"], [])


if __name__ == "__main__":
    main()
