"""Contracts between two real nodes: offered, countered, held, agreed, suspended, ended; both sides with the same bytes."""
import json, time

from case import DENIED, FAILED, NOT_FOUND, USAGE, SpaceCase, main, until


class Contract(SpaceCase):
    def state(self, node, negotiation):
        return node.call("GET", f"/api/v1/negotiations/{negotiation}")["state"]


    def agreements(self, agreement):
        return [node.call("GET", f"/api/v1/agreements/{agreement}") for node in (self.consumer, self.provider)]

    def both(self, agreement, *states):
        for node in (self.consumer, self.provider):
            until(lambda n=node: n.call("GET", f"/api/v1/agreements/{agreement}")["state"] in states)

    def ask_for(self, product, terms):
        """Asks for other terms than those published; the consumer's negotiation."""
        return self.consumer.json("negotiate", product, "--terms", terms, "--wait", "0")["id"]

    # ── agreed ──
    def test_what_is_published_is_agreed_without_anybody(self):
        done = self.agree()
        self.both(done["agreementId"], "active")
        mine, theirs = self.agreements(done["agreementId"])
        self.assertEqual(json.dumps(mine["agreement"]), json.dumps(theirs["agreement"]))
        self.assertEqual(mine["agreementHash"], theirs["agreementHash"])
        self.assertEqual(mine["signatures"], theirs["signatures"])
        self.assertEqual(len(mine["signatures"]), 2)
        for node in (self.consumer, self.provider):
            node.weir("contract", "check", done["agreementId"])
            self.assertEqual(node.json("contract", "list", "--agreements")["items"][0]["id"], done["agreementId"])

    def test_the_story_is_in_both_logs_in_order(self):
        done = self.agree()
        story = ["contract.requested", "contract.agreed", "contract.verified", "contract.finalized"]
        for node in (self.consumer, self.provider):
            until(lambda n=node: "contract.finalized" in self.kinds(n, contract=done["contractId"]))
            kinds = [kind for kind in self.kinds(node, contract=done["contractId"]) if kind in story]
            self.assertEqual(kinds[-3:], story[-3:])

    # ── a person decides ──
    def test_other_terms_wait_for_a_person_who_approves_them(self):
        product = self.publish(terms="count<=3")
        mine = self.ask_for(product, "count<=9")
        held = until(lambda: self.provider.call("GET", "/api/v1/negotiations?held=true")["items"])
        row = next(item for item in held if item["product"] == product)
        self.assertIn("not those published", row["holdReason"])
        self.provider.weir("contract", "approve", row["id"])
        until(lambda: self.state(self.consumer, mine) == "FINALIZED")
        self.assertEqual(self.state(self.provider, row["id"]), "FINALIZED")

    def test_a_rejection_says_why_on_the_other_side(self):
        product = self.publish(terms="count<=3")
        mine = self.ask_for(product, "count<=99")
        row = until(lambda: [i for i in self.provider.call("GET", "/api/v1/negotiations?held=true")["items"]
                             if i["product"] == product])[0]
        self.assertIn("reason", self.refused(USAGE, self.provider, "contract", "reject", row["id"]))
        self.provider.weir("contract", "reject", row["id"], "--reason", "too often")
        until(lambda: self.state(self.consumer, mine) == "TERMINATED")
        self.assertIn("too often", json.dumps(self.consumer.json("contract", "show", mine)))

    def test_a_counter_offer_is_accepted_or_not_by_who_asked(self):
        product = self.publish(terms="count<=3")
        mine = self.ask_for(product, "count<=100")
        row = until(lambda: [i for i in self.provider.call("GET", "/api/v1/negotiations?held=true")["items"]
                             if i["product"] == product])[0]
        self.provider.weir("contract", "counter", row["id"], "--terms", "count<=5")
        until(lambda: self.consumer.call("GET", f"/api/v1/negotiations/{mine}")["held"])
        self.assertIn('"5"', json.dumps(self.consumer.json("contract", "show", mine)["offer"]))
        self.consumer.weir("contract", "approve", mine)
        done = until(lambda: self.state(self.consumer, mine) == "FINALIZED" and self.consumer.json("contract", "show", mine))
        agreement = json.dumps(self.agreements(done["agreementId"])[0]["agreement"])
        self.assertIn('"5"', agreement)
        self.assertNotIn('"100"', agreement)

    def test_a_negotiation_can_be_broken_off(self):
        product = self.publish(terms="count<=3")
        mine = self.ask_for(product, "count<=77")
        row = until(lambda: [i for i in self.provider.call("GET", "/api/v1/negotiations?held=true")["items"]
                             if i["product"] == product])[0]
        self.consumer.weir("contract", "break", mine, "--reason", "no longer needed")
        until(lambda: self.state(self.provider, row["id"]) == "TERMINATED")
        self.refused(FAILED, self.provider, "contract", "approve", row["id"])

    def test_a_provider_offers_to_one_participant(self):
        product = self.publish(terms="count<=3")
        consumer = self.consumer.call("GET", "/api/v1/node")["node"]
        offered = self.provider.json("offer", product, "--to", consumer, "--terms", "count<=4")
        mine = until(lambda: [i for i in self.consumer.call("GET", "/api/v1/negotiations")["items"]
                              if i["providerPid"] == offered["id"]])[0]
        until(lambda: self.consumer.call("GET", f"/api/v1/negotiations/{mine['id']}")["held"])
        self.consumer.weir("contract", "approve", mine["id"])
        until(lambda: self.state(self.provider, offered["id"]) == "FINALIZED")

    def test_important_data_wait_for_a_person_though_the_terms_are_those_published(self):
        product = self.provider.json("publish", self.file(), "--title", "Grid load", "--grade", "important",
                                     "--terms", "count<=3")["id"]
        mine = self.consumer.json("negotiate", product, "--wait", "0")["id"]
        row = until(lambda: [i for i in self.provider.call("GET", "/api/v1/negotiations?held=true")["items"]
                             if i["product"] == product])[0]
        self.assertIn("grade", row["holdReason"])
        self.provider.weir("contract", "approve", row["id"])
        until(lambda: self.state(self.consumer, mine) == "FINALIZED")

    # ── templates ──
    def test_a_template_becomes_terms_that_are_published_and_agreed(self):
        template = {"name": "A few uses", "summary": "Counted",
                    "terms": {"permission": [{"action": "use", "constraint": [
                        {"leftOperand": "count", "operator": "lteq", "rightOperand": {"parameter": "times"}}]}]},
                    "parameters": [{"name": "times", "type": "number", "label": {"en": "Times", "zh": "次数"}}]}
        kept = self.provider.json("contract", "template", "add", self.file(json.dumps(template).encode(), "t.json"))
        self.assertEqual(kept["version"], 1)
        self.assertIn(kept["id"], [row["id"] for row in self.provider.json("contract", "template", "list")["items"]])
        self.assertIn("times", self.refused(USAGE, self.provider, "contract", "template", "fill", kept["id"]))
        filled = self.provider.json("contract", "template", "fill", kept["id"], "--value", "times=2")
        policy = self.file(json.dumps(dict(filled, **{"@type": "Offer", "@id": "urn:uuid:1"})).encode(), "p.json")
        product = self.provider.json("publish", self.file(), "--title", "From a template", "--policy", policy)["id"]
        agreement = self.negotiate(product)["agreementId"]
        self.assertIn("2", json.dumps(self.agreements(agreement)[0]["agreement"]))
        again = self.provider.call("POST", "/api/v1/contract-templates", dict(template, id=kept["id"]))
        self.assertEqual(again["version"], 2)

    # ── suspended, ended ──
    def test_suspended_it_lets_nothing_be_used_until_it_is_resumed(self):
        done = self.held()
        self.provider.weir("contract", "suspend", done["agreementId"], "--reason", "an audit")
        self.both(done["agreementId"], "suspended")
        self.assertIn("suspended", self.refused(DENIED, self.consumer, "use", done["agreementId"], "-o", "/dev/null"))
        self.provider.weir("contract", "resume", done["agreementId"])
        self.both(done["agreementId"], "active")
        self.use(done["agreementId"])

    def ended_by(self, node):
        done = self.held()
        node.weir("contract", "terminate", done["agreementId"], "--reason", "breach")
        self.both(done["agreementId"], "terminated", "destroyed")
        until(lambda: self.transfer(self.consumer, done["agreementId"])["custody"] == "destroyed")
        self.refused(DENIED, self.consumer, "use", done["agreementId"], "-o", "/dev/null")
        for each in (self.consumer, self.provider):
            kinds = self.kinds(each, contract=done["contractId"])
            self.assertIn("contract.terminated", kinds)
            until(lambda n=each: "delivery.destroyed" in self.kinds(n, contract=done["contractId"]))
            until(lambda n=each: "contract.destroyed" in self.kinds(n, contract=done["contractId"]))
            self.assertEqual(each.json("contract", "show", done["agreementId"])["state"], "destroyed")

    def test_ended_by_the_provider_the_copy_is_destroyed_and_proven(self):
        self.ended_by(self.provider)

    def test_ended_by_the_consumer_the_copy_is_destroyed_and_proven(self):
        self.ended_by(self.consumer)

    # ── what is refused ──
    def test_no_contract_for_what_is_not_offered(self):
        asked = 'weir_http_requests_total{method="GET",route="/peer/v1/products/{id}",status="404"} '
        count = lambda: sum(int(line.removeprefix(asked)) for line in self.region.request("GET", "/metrics").body.decode().splitlines()
                            if line.startswith(asked))
        before = count()
        self.refused(NOT_FOUND, self.consumer, "negotiate", "612110000MB0000019M1100PXO6K8IPW")
        self.assertEqual(count() - before, 4)  # the regional node might have heard of it a moment later

    def test_no_contract_with_oneself(self):
        self.assertIn("itself", self.refused(USAGE, self.provider, "negotiate", self.publish()))

    def test_terms_that_nobody_could_enforce_are_refused(self):
        product = self.publish()
        said = self.refused(USAGE, self.consumer, "negotiate", product, "--terms", "count<=three")
        self.assertIn("count", said)

    def test_core_data_are_never_offered(self):
        said = self.refused(DENIED, self.provider, "publish", self.file(), "--title", "Secret", "--grade", "core",
                            "--terms", "count<=1")
        self.assertIn("core data", said)
        kept = self.provider.json("publish", self.file(), "--title", "Secret", "--grade", "core")
        self.assertEqual(kept["offers"], [])


if __name__ == "__main__":
    main()
