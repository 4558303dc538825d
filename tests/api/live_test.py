#!/usr/bin/env python3
"""What a running node does by itself and says of itself, with real processes."""
import hashlib, json, os, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from space import Refused, Space, until  # noqa: E402

PROGRAM = os.environ.get("WEIR_TEST_PROGRAM", "build/dev/weir")
TERMS = "count<=3, until=2040-01-01"


class Live(unittest.TestCase):
    """One space for all; each test publishes its own product."""

    @classmethod
    def setUpClass(cls):
        cls.space = Space(PROGRAM, environment={"WEIR_HEARTBEAT_INTERVAL": "PT1S"})
        cls.space.start()
        cls.region, cls.provider, cls.consumer = cls.space.region, cls.space.provider, cls.space.consumer

    @classmethod
    def tearDownClass(cls):
        cls.space.close()

    # ── helpers ──
    def publish(self, title, terms=TERMS, data=b"a,b\n1,2\n"):
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            file.write(data)
            file.flush()
            return self.provider.json("publish", file.name, "--title", title, "--terms", terms)["id"]

    def agree(self, product):
        until(lambda: self.consumer.weir("show", product, ok=False)[0] == 0)
        return self.consumer.json("negotiate", product)["agreementId"]

    def fetched(self, title, **kind):
        agreement = self.agree(self.publish(title, **kind))
        return agreement, self.consumer.json("fetch", agreement)

    def metrics(self, node):
        text = node.request("GET", "/metrics").body.decode()
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}

    def refusal(self, node, method, path, body=None, language="en"):
        answer = node.request(method, path, body, {"Accept-Language": language})
        self.assertGreaterEqual(answer.status, 400, answer.body)
        return answer.json

    def node_id(self, node):
        return node.call("GET", "/api/v1/node")["node"]

    def running(self, node, running="running"):
        rows = self.region.json("node", "list")["items"]
        return {row["id"]: row["running"] for row in rows}[self.node_id(node)] == running

    # ── heartbeats ──
    def test_heartbeat_shows_who_runs_and_who_stopped(self):
        until(lambda: self.running(self.provider) and self.running(self.consumer))
        until(lambda: self.metrics(self.provider)["weir_above_answered"] == 1)
        row = next(r for r in self.region.json("participant", "list")["items"] if r.get("node") == self.node_id(self.consumer))
        self.assertEqual(row["running"], "running")
        stopped = self.node_id(self.consumer)
        self.consumer.stop()
        try:
            late = lambda: [r["id"] for r in self.region.json("node", "list", "--running", "stopped")["items"]]
            until(lambda: late() == [stopped])
            self.assertEqual(self.metrics(self.region)['weir_nodes{running="stopped"}'], 1)
            self.assertEqual(self.metrics(self.region)['weir_nodes{running="running"}'], 1)
            self.assertIn("node.stopped_beating", self.region.log())
        finally:
            self.consumer.start()
        until(lambda: late() == [])

    def test_a_regional_node_that_is_away_holds_up_nothing(self):
        self.region.stop()
        try:
            until(lambda: self.metrics(self.provider)["weir_above_answered"] == 0)
            self.assertEqual(self.provider.request("GET", "/ready").status, 200)
        finally:
            self.region.start()
        until(lambda: self.metrics(self.provider)["weir_above_answered"] == 1)

    # ── identifiers ──
    def test_a_published_product_is_resolved_everywhere_until_it_is_ended(self):
        product = self.publish("To be resolved")
        here = self.provider.json("id", "resolve", product)
        self.assertEqual((here["status"], here["local"]), ("active", True))
        self.assertTrue(here["location"].startswith("https://" + self.provider.host + "/"))
        above = until(lambda: self.region.request("GET", "/api/v1/identifiers/" + product).status == 200 and
                      self.region.json("id", "resolve", product))
        self.assertEqual(above["location"], here["location"])
        far = self.consumer.json("id", "resolve", product)
        self.assertEqual((far["location"], far["registrar"], far["local"]), (here["location"], self.node_id(self.provider), False))
        self.provider.call("POST", f"/api/v1/products/{product}/deregister", {"reason": "superseded"})
        self.assertEqual(self.provider.json("id", "resolve", product)["status"], "withdrawn")
        until(lambda: self.consumer.json("id", "resolve", product)["status"] == "withdrawn")

    def test_a_draft_is_not_resolved(self):
        body = {"title": {"en": "Draft"}, "description": {"en": "Draft"}, "draft": True}
        draft = self.provider.call("POST", "/api/v1/products", body)["id"]
        self.assertEqual(self.refusal(self.provider, "GET", "/api/v1/identifiers/" + draft)["type"],
                         "urn:weir:error:identifier.unknown")

    def test_a_node_is_resolved_by_its_identifier(self):
        found = self.consumer.json("id", "resolve", self.node_id(self.provider))
        self.assertEqual(found["location"], "https://" + self.provider.host)

    def test_a_bulk_load_registers_what_it_publishes(self):
        rows = "id,title,description\n" + "".join(f"{i},Load {i},About {i}\n" for i in range(30))
        mapping = json.dumps({"identifier": "id", "title": "title", "description": "description"})
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("l.csv", rows), ("m.json", mapping)):
                with open(os.path.join(folder, name), "w") as file:
                    file.write(text)
            report = self.provider.json("catalog", "load", os.path.join(folder, "l.csv"), "--format", "csv",
                                        "--catalog", "loaded", "--mapping", os.path.join(folder, "m.json"))
        self.assertEqual(report["accepted"] + report["repaired"], 30, report)
        hits = self.provider.json("search", "Load", "--own", "--limit", "50")["items"]
        loaded = [hit["id"] for hit in hits if hit["title"].get("en", "").startswith("Load")]
        self.assertEqual(len(loaded), 30)
        for product in loaded:
            until(lambda: self.region.request("GET", "/api/v1/identifiers/" + quoted(product)).status == 200)

    # ── meters ──
    def test_both_sides_meter_and_close_when_the_transfer_is_complete(self):
        data = os.urandom(300_000)
        agreement, transfer = self.fetched("To be metered", data=data)
        for node, direction in ((self.consumer, "in"), (self.provider, "out")):
            closed = until(lambda: node.json("evidence", "list", "--kind", "metering.closed", "--contract",
                                             transfer["contract"])["items"])
            self.assertEqual(len(closed), 1)
            total, = closed[0]["body"]["totals"]
            self.assertEqual(total["direction"], direction)
            self.assertGreaterEqual(total["quantity"], len(data))
            summed, = node.json("metering", "totals", "--agreement", agreement)["items"]
            self.assertEqual((summed["key"], summed["quantity"]), (agreement, total["quantity"]))
            readings = node.json("metering", "list", "--agreement", agreement)["items"]
            self.assertEqual(sum(r["quantity"] for r in readings), total["quantity"])
            csv = node.weir("metering", "csv", "--agreement", agreement)
            self.assertTrue(csv.startswith("ChargePeriodStart,"), csv)
            self.assertEqual(len(csv.splitlines()), 1 + len(readings))

    def test_readings_come_in_pages(self):
        self.fetched("One")
        self.fetched("Two")
        first = self.consumer.call("GET", "/api/v1/metering?limit=1")
        second = self.consumer.call("GET", "/api/v1/metering?limit=1&cursor=" + first["next"])
        self.assertNotEqual(first["items"], second["items"])
        self.assertEqual(self.refusal(self.consumer, "GET", "/api/v1/metering?cursor=no")["type"], "urn:weir:error:page.cursor")

    def test_usage_says_what_is_left(self):
        agreement, _ = self.fetched("To be used")
        left = lambda: [(l["used"], l["left"]) for l in self.consumer.json("usage", agreement)["limits"] if l["counter"] == "uses"]
        self.assertEqual(left(), [(0, 3)])
        with tempfile.TemporaryDirectory() as folder:
            self.consumer.weir("use", agreement, "--action", "read", "-o", os.path.join(folder, "out"))
        self.assertEqual(left(), [(1, 2)])
        self.assertIn("剩余", self.consumer.weir("usage", agreement, "--lang", "zh"))

    # ── metrics ──
    def test_metrics_follow_what_happens(self):
        before = {node: self.metrics(node) for node in (self.provider, self.consumer)}
        agreement, transfer = self.fetched("To be counted")
        with tempfile.TemporaryDirectory() as folder:
            for expected in (0, 0, 0, 3):
                code, _ = self.consumer.weir("use", agreement, "--action", "read", "-o", folder + "/out", ok=False)
                self.assertEqual(code, expected)
        after = self.metrics(self.consumer)
        grew = lambda name: after[name] - before[self.consumer].get(name, 0)
        self.assertEqual(grew('weir_decisions_total{effect="allow"}'), 3)
        self.assertEqual(grew('weir_decisions_total{effect="deny"}'), 1)
        self.assertEqual(grew('weir_evidence_entries_total{kind="contract.finalized"}'), 1)
        self.assertGreaterEqual(grew('weir_delivered_bytes_total{direction="in"}'), transfer["size"])
        self.assertGreater(grew("weir_evidence_log_entries"), 5)
        self.assertEqual(after["weir_store_healthy"], 1)
        self.assertEqual(after['weir_negotiations{state="REQUESTED"}'], 0)
        self.assertEqual(after['weir_transfers{state="STARTED"}'], 0)
        provider = self.metrics(self.provider)
        name = 'weir_catalog_products{shelf="published"}'
        self.assertEqual(provider[name] - before[self.provider][name], 1)
        until(lambda: self.metrics(self.consumer)["weir_outbox_messages"] == 0)

    def test_every_metric_is_on_the_page(self):
        page = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/operate/metrics.md")).read()
        for node in (self.region, self.provider):
            for name in self.metrics(node):
                base = name.split("{")[0]
                for end in ("_bucket", "_sum", "_count"):
                    base = base.removesuffix(end)
                self.assertIn("`" + base + "`", page)

    # ── languages ──
    def test_problems_are_told_in_the_language_asked_for(self):
        path = "/api/v1/products/691350100M000100Y4344031BH95JZY*"
        self.assertEqual(self.refusal(self.provider, "GET", path, language="en")["detail"], "no such product")
        self.assertEqual(self.refusal(self.provider, "GET", path, language="zh-CN,zh;q=0.9")["detail"], "没有这个产品")
        told = self.refusal(self.provider, "GET", "/api/v1/products?limit=0", language="zh")
        self.assertIn("查询参数不正确（", told["detail"])
        self.assertEqual(told["advice"], "请修正参数后重新请求")

    def test_the_command_line_speaks_chinese(self):
        code, words = self.provider.weir("show", "691350100M000100Y4344031BH95JZY*", "--lang", "zh", ok=False)
        self.assertEqual((code, "没有这个产品" in words), (4, True), words)
        done = subprocess.run([PROGRAM, "node", "list", "--data", "/nowhere", "--lang", "zh"], capture_output=True, text=True)
        self.assertIn("该目录中没有节点", done.stderr)

    # ── the exported log ──
    def test_an_export_is_whole_and_leaves_no_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log.jsonl")
            self.provider.weir("evidence", "export", "-o", path)
            verifier = os.path.join(os.path.dirname(os.path.abspath(PROGRAM)), "weir-verify")
            anchor = self.provider.path("certificates", "authority.pem")
            if os.path.exists(verifier):
                subprocess.run([verifier, "log", path, "--anchor", anchor], check=True, capture_output=True)
            self.assertGreater(sum(1 for _ in open(path)), 3)
        self.assertFalse([n for n in os.listdir(self.provider.path("contents")) if n.startswith("incoming-export")])


def quoted(identifier):
    from urllib.parse import quote
    return quote(identifier, safe="")


if __name__ == "__main__":
    unittest.main()
