"""A global node, two regions and a connector in each: what one region gave an identifier is found from the other."""
import json

from case import FAILED, NOT_FOUND, SpaceCase, main, read, until, uscc


class Levels(SpaceCase):
    names = ("provider",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        space = cls.space
        cls.country = space.add("country", "--role", "global", uscc=uscc(41))
        cls.country.start()
        cls.far_region = space.add("far_region", "--role", "regional", uscc=uscc(42))
        cls.before = cls().publish(b"before", title="Published before there was a global node")
        for region in (cls.region, cls.far_region):
            cls.join_above(region)
        cls.consumer = space.add("consumer")
        cls.enter(cls.consumer, cls.far_region)

    @classmethod
    def enter(cls, node, above):
        words = ("join", read(above.path("running.url")), "--authority", above.path("certificates/authority.pem"),
                 "--representative", "Li Hua")
        node.weir(*words)
        above.weir("participant", "approve", json.loads(read(node.path("node.json")))["application"])
        node.weir(*words)
        node.start()

    @classmethod
    def join_above(cls, region):
        if region.process:
            region.stop()
        cls.enter(region, cls.country)

    def found(self, node, identifier, **members):
        def look():
            code, said = node.weir("id", "resolve", identifier, "--json", ok=False)
            record = json.loads(said) if code == 0 else {}
            return all(record.get(name) == value for name, value in members.items()) and record
        return until(look)

    def test_a_product_of_one_region_is_resolved_from_the_other(self):
        product = self.publish(b"now", title="Published now")
        for identifier in (self.before, product):
            record = self.found(self.consumer, identifier, status="active")
            self.assertFalse(record["local"])
            self.assertIn(self.provider.host, record["location"])
            self.assertTrue(self.found(self.country, identifier, status="active")["local"])

    def test_nodes_and_regions_are_resolved_from_everywhere(self):
        for node in (self.provider, self.consumer, self.region, self.far_region):
            identifier = json.loads(read(node.path("node.json")))["node"]
            for asked in (self.country, self.provider, self.consumer):
                self.assertIn(node.host, self.found(asked, identifier, status="active")["location"])

    def test_what_is_withdrawn_in_one_region_is_withdrawn_in_the_other(self):
        product = self.publish(b"gone", title="Soon gone")
        self.found(self.consumer, product, status="active")
        self.provider.weir("product", "deregister", product, "--reason", "it is over")
        self.found(self.consumer, product, status="withdrawn")

    # ── saying no ──
    def test_what_nobody_entered_is_not_found_anywhere(self):
        made = self.provider.json("id", "generate", "product", "--subject", uscc(43), "--area", "1100")["id"]
        self.refused(NOT_FOUND, self.consumer, "id", "resolve", made)

    def test_a_region_joins_once_and_a_global_node_never(self):
        for node in (self.far_region, self.country):
            self.refused(FAILED, node, "join", "https://" + self.country.host, "--authority",
                         self.country.path("certificates/authority.pem"), "--representative", "Li Hua")

    def test_a_connector_cannot_join_the_global_node(self):
        node = self.space.add("stray", uscc=uscc(44))
        code, said = node.weir("join", "https://" + self.country.host, "--authority",
                               self.country.path("certificates/authority.pem"), "--representative", "Li Hua", ok=False)
        self.assertNotEqual(code, 0)
        self.assertIn("regional and sector nodes", said)
        del self.space.nodes["stray"]

    def test_while_the_global_node_is_away_a_region_says_so_and_reports_later(self):
        self.country.stop()
        try:
            made = self.provider.json("id", "generate", "product", "--subject", uscc(43), "--area", "1100")["id"]
            answer = self.far_region.request("GET", "/api/v1/identifiers/" + made.replace("*", "%2A"))
            self.problem(503, "identifier.upstream", answer)
            product = self.publish(b"meanwhile", title="Published meanwhile")
            self.found(self.region, product, status="active")
        finally:
            self.country.start()
        self.found(self.consumer, product, status="active")


if __name__ == "__main__":
    main()
