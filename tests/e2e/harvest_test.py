#!/usr/bin/env python3
"""Catalogues of others, harvested: CKAN, DCAT and data.json, from a server that can break off, change and lie."""
import json, os, unittest

from case import NOT_FOUND, NOT_RUNNING, TOP, USAGE, SpaceCase, read
from portal import Portal

EXTRACT = os.path.join(TOP, "tests", "vectors", "catalog", "us-federal-extract.jsonl")
EXAMPLE = os.path.join(TOP, "tests", "vectors", "dcat", "example-bee-population.ttl")


class Harvest(SpaceCase):
    environments = {"provider": {"WEIR_CATALOG_OPEN": "true"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        loaded = cls.provider.json("catalog", "load", EXTRACT, "--catalog", "us-federal")
        cls.count = loaded["accepted"] + loaded["repaired"]
        cls.lines = [json.loads(line) for line in read(EXTRACT).splitlines()]

    def portal(self, **options):
        portal = Portal(**options)
        self.addCleanup(portal.close)
        return portal

    def harvest(self, name, *words):
        report = self.consumer.json("catalog", "harvest", name, *words)
        self.assertEqual(report["read"], sum(report[one] for one in ("accepted", "repaired", "updated", "unchanged", "refused")))
        return report

    def new(self, report):
        return report["accepted"] + report["repaired"]

    def known(self, name):
        return self.consumer.json("search", "", "--own", "--filter", f"catalog={name}", "--limit", "1")["total"]

    # ── CKAN ──
    def test_a_ckan_catalogue_is_read_whole_and_then_only_what_changed(self):
        portal = self.portal(node=self.provider)
        first = self.harvest("whole", "--url", portal.url)
        self.assertEqual(self.new(first), self.count)
        self.assertEqual(self.known("whole"), self.count)
        path = os.path.join(self.space.root, "late.csv")
        with open(path, "w") as file:
            file.write("a\n1\n")
        self.provider.json("publish", path, "--title", "Published later", "--terms", "count<=1")
        asked = len(portal.asked)
        second = self.harvest("whole")
        self.assertEqual(self.new(second), 1)
        self.assertIn("metadata_modified", portal.asked[asked])
        self.assertEqual(self.known("whole"), self.count + 1)

    def test_a_harvest_that_broke_off_goes_on_where_it_was(self):
        portal = self.portal(node=self.provider)
        portal.left = 1
        self.refused(NOT_RUNNING, self.consumer, "catalog", "harvest", "broken", "--url", portal.url)
        listed = {one["name"]: one for one in self.consumer.json("catalog", "harvests")["items"]}
        self.assertTrue(listed["broken"]["underWay"])
        self.assertEqual(listed["broken"]["records"], 100)
        portal.left = None
        self.consumer.kill()
        self.consumer.start()
        asked = len(portal.asked)
        self.harvest("broken")
        self.assertIn("start=100", portal.asked[asked])
        self.assertGreaterEqual(self.known("broken"), self.count)
        self.assertFalse({one["name"]: one for one in self.consumer.json("catalog", "harvests")["items"]}["broken"]["underWay"])

    # ── DCAT ──
    def test_a_dcat_catalogue_is_read_page_by_page(self):
        portal = self.portal(node=self.provider)
        report = self.harvest("turtle", "--url", portal.url + "/catalog.ttl", "--kind", "dcat")
        self.assertGreaterEqual(self.new(report), self.count)
        self.assertGreater(len(portal.asked), 1)
        again = self.harvest("turtle")
        self.assertEqual((self.new(again), again["updated"]), (0, 0))
        self.assertEqual(again["unchanged"], self.new(report))
        same = self.harvest("json-ld", "--url", portal.url + "/catalog.jsonld", "--kind", "dcat")
        self.assertEqual(self.new(same), self.new(report))

    def test_an_example_of_the_standard_is_read(self):
        portal = self.portal(documents={"/bee.ttl": ("text/turtle", read(EXAMPLE).encode())})
        report = self.harvest("bees", "--url", portal.url + "/bee.ttl", "--kind", "dcat")
        self.assertEqual(self.new(report), 1)
        found = self.consumer.json("search", "bee", "--own")["items"]
        self.assertEqual(found[0]["title"]["en"], "Bee population")

    # ── data.json ──
    def test_a_data_json_is_read_again_only_if_it_changed(self):
        records = [one.get("dataset", one) for one in self.lines[:50]]
        portal = self.portal(documents={"/data.json": ("application/json", json.dumps({"dataset": records}).encode())})
        words = ("--url", portal.url + "/data.json", "--kind", "data.json")
        first = self.harvest("federal", *words)
        self.assertEqual(first["read"], 50)
        self.assertEqual(self.harvest("federal")["read"], 0)
        records[0]["title"] = "Renamed"
        portal.documents["/data.json"] = ("application/json", json.dumps({"dataset": records}).encode())
        second = self.harvest("federal")
        self.assertEqual(second["read"], 50)
        self.assertGreaterEqual(second["unchanged"], 49 - first["refused"])

    def test_what_is_gone_twice_is_deregistered_here(self):
        records = [one.get("dataset", one) for one in self.lines[:20]]
        portal = self.portal()
        def show(some, title):
            portal.documents["/data.json"] = ("application/json", json.dumps({"title": title, "dataset": some}).encode())
        show(records, "all")
        self.harvest("shrinking", "--url", portal.url + "/data.json", "--kind", "data.json")
        self.assertEqual(self.known("shrinking"), 20)
        show(records[3:], "fewer")
        self.assertEqual(self.harvest("shrinking")["removed"], 0)
        self.assertEqual(self.harvest("shrinking")["removed"], 0)  # the file did not change: nothing was read
        self.assertEqual(self.harvest("shrinking", "--whole")["removed"], 3)
        self.assertEqual(self.known("shrinking"), 17)

    # ── errors ──
    def test_records_that_cannot_be_told_are_in_the_report(self):
        turtle = b"@prefix dcat: <http://www.w3.org/ns/dcat#> . [] a dcat:Dataset . <urn:x:1> a dcat:Dataset ."
        portal = self.portal(documents={"/c.ttl": ("text/turtle", turtle)})
        report = self.harvest("untold", "--url", portal.url + "/c.ttl", "--kind", "dcat")
        self.assertEqual(report["refusals"], {"load.no_identifier": 1, "load.no_title": 1})

    def test_a_portal_that_answers_nonsense_or_sends_elsewhere_is_refused(self):
        elsewhere = b"<urn:x> <http://www.w3.org/ns/hydra/core#next> <https://192.0.2.1/c> ."
        portal = self.portal(documents={"/api/3/action/package_search": ("text/html", b"<html>"),
                                        "/c.ttl": ("text/turtle", elsewhere), "/d.json": ("application/json", b"[[[[")})
        for kind, path in (("ckan", ""), ("dcat", "/c.ttl"), ("data.json", "/d.json"), ("dcat", "/nowhere")):
            self.refused(NOT_RUNNING if path in ("", "/nowhere") else USAGE, self.consumer, "catalog", "harvest", "none",
                         "--url", portal.url + path, "--kind", kind)
        self.assertEqual(self.known("none"), 0)

    def test_an_address_that_may_not_be_asked_is_refused(self):
        self.refused(USAGE, self.consumer, "catalog", "harvest", "far", "--url", "http://192.0.2.1/")
        self.refused(NOT_FOUND, self.consumer, "catalog", "harvest", "unheard-of")
        self.refused(NOT_FOUND, self.consumer, "catalog", "forget", "unheard-of")

    def test_a_harvest_is_forgotten_and_what_was_loaded_stays(self):
        portal = self.portal(documents={"/bee.ttl": ("text/turtle", read(EXAMPLE).encode())})
        self.harvest("gone", "--url", portal.url + "/bee.ttl", "--kind", "dcat")
        self.consumer.weir("catalog", "forget", "gone")
        self.assertNotIn("gone", [one["name"] for one in self.consumer.json("catalog", "harvests")["items"]])
        self.assertEqual(self.known("gone"), 1)


if __name__ == "__main__":
    unittest.main()
