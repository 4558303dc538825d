"""The 25 usage-control policy classes of the IDS, from their published ODRL, each enforced between two real nodes.

The policies are those of tests/vectors/policy/ids. What an example leaves open is filled in: its parties and connectors become
those of this space, its assets the collection that the product is part of, its dates dates that lie around today.
"""
import contextlib, copy, json, os, time

from case import DENIED, NOT_FOUND, TOP, Refused, SpaceCase, main, until

VECTORS = os.path.join(TOP, "tests", "vectors", "policy", "ids")
ASSET = "http://example.com/ids/data/789"


class UsageClasses(SpaceCase):
    # ── an example becomes the terms of a product ──
    def example(self, name, **replaced):
        """The published policy, with values of its constraints replaced."""
        with open(os.path.join(VECTORS, name + ".json"), encoding="utf-8") as file:
            policy = json.load(file)
        consumer = self.consumer_id()
        policy = {name: value for name, value in policy.items() if name not in ("@type", "uid")}
        text = json.dumps(policy)
        for party in ("456456", "4565", "456"):
            text = text.replace(f'"http://example.com/ids/party/{party}"', json.dumps(consumer))
        for party in ("123123", "1234", "123", "dataprovider1"):
            text = text.replace(f'"http://example.com/ids/party/{party}"', json.dumps(self.provider_id()))
        for old, new in replaced.items():
            self.assertIn(json.dumps(old), text, f"{name} has no {old}")
            text = text.replace(json.dumps(old), json.dumps(new))
        policy = json.loads(text)
        for kind in ("permission", "prohibition", "obligation"):
            for rule in policy.get(kind, []):
                if isinstance(rule.get("target"), str):
                    del rule["target"]  # the product itself
        return dict(policy, **{"@type": "Offer"})

    @classmethod
    def ids(cls):
        if not hasattr(cls, "_ids"):
            cls._ids = {name: getattr(cls, name).call("GET", "/api/v1/node")["node"] for name in cls.names}
        return cls._ids

    def consumer_id(self):
        return self.ids()["consumer"]

    def provider_id(self):
        return self.ids()["provider"]

    def agreed(self, policy):
        path = self.file(json.dumps(policy).encode(), "policy.json")
        product = self.provider.json("publish", self.file(), "--title", "By class", "--policy", path)["id"]
        return self.negotiate(product)

    def got(self, name, **replaced):
        """The data in the consumer's vault under the terms of an example; the agreement."""
        return self.fetched(self.example(name, **replaced))

    def fetched(self, policy):
        agreement = self.agreed(policy)["agreementId"]
        self.consumer.weir("fetch", agreement)
        return agreement

    def not_delivered(self, policy):
        """The provider releases nothing; its words."""
        return self.consumer.weir("fetch", self.agreed(policy)["agreementId"], ok=False)[1]

    # ── uses ──
    def uses(self, agreement, action="use", **body):
        if "values" in body:
            body["values"] = {name: value for name, value in body["values"]}
        return self.consumer.request("POST", f"/api/v1/agreements/{agreement}/uses", dict(body, action=action))

    def given(self, agreement, action="use", **body):
        answer = self.uses(agreement, action, **body)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.body

    def denied(self, agreement, action="use", say="", **body):
        answer = self.uses(agreement, action, **body)
        problem = self.problem(403, "usage.", answer)
        self.assertIn(say, problem["detail"])
        return problem["detail"]

    def owed(self, agreement):
        rows = self.consumer.json("usage", agreement)["obligations"]
        return [row for row in rows if row["state"] == "pending"]

    def fulfil(self, agreement, proof="done"):
        owed = self.owed(agreement)
        self.assertTrue(owed)
        for row in owed:
            self.consumer.weir("fulfil", agreement, row["id"], "--proof", proof)

    @contextlib.contextmanager
    def hook(self, name, script):
        os.makedirs(self.consumer.path("hooks"), exist_ok=True)
        path = self.consumer.path("hooks", name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(path, 0o700)
        try:
            yield
        finally:
            os.unlink(path)

    # ── who, where, with what ──
    def test_class_1_the_consumer(self):
        example = self.example("pc1-odrl-restrict-consumer-example")
        self.given(self.fetched(example))
        for rule in example["permission"]:
            rule["assignee"] = "urn:somebody:else"
        self.assertIn("No rule permits", self.not_delivered(example))

    def test_class_2_the_connector(self):
        agreement = self.got("pc2-odrl-restrict-connector-example", **{"?connector2URI": self.consumer_id()})
        self.given(agreement, "display")
        self.denied(agreement, "print")
        self.assertIn("connector", self.not_delivered(self.example("pc2-odrl-restrict-connector-example")))

    def test_class_3_the_application(self):
        agreement = self.got("pc3-odrl-restrict-application-example", **{"?DataAppURI": "urn:app:lab"})
        self.assertTrue(self.use(agreement, "--action", "execute", "--application", "urn:app:lab"))
        self.denied(agreement, "execute", say="urn:app:other", application="urn:app:other")
        self.denied(agreement, "execute", say="not known")

    def test_class_4_the_role_of_the_user(self):
        agreement = self.got("pc4-odrl-restrict-user-role-example2", **{"?userRole": "Team leader"})
        self.assertTrue(self.use(agreement, "--action", "execute", "--role", "Team leader"))
        self.denied(agreement, "execute", role="UI Designer")
        self.denied(agreement, "execute", say="role")
        members = self.got("pc4-odrl-restrict-user-role-example")
        self.given(members, "display", role="Backend Developer")
        self.denied(members, "display", role="UI Designer")

    def test_class_5_the_place_of_use(self):
        agreement = self.got("pc5-odrl-restrict-location-of-usage-example")
        self.given(agreement, region="http://ontologi.es/place/DE")
        self.denied(agreement, region="http://ontologi.es/place/FR")
        self.denied(agreement)  # where the node is, which is not there
        elsewhere = self.got("pc5-odrl-restrict-location-of-usage-example2")
        self.denied(elsewhere, say="referenceToAllowedLocations", region="http://ontologi.es/place/DE")

    def test_class_6_the_purpose(self):
        agreement = self.got("pc6-odrl-restrict-purpose-example")
        self.given(agreement, "read", purpose="Research")
        self.denied(agreement, "read", say="Marketing", purpose="Marketing")

    def test_class_7_the_event(self):
        agreement = self.got("pc7-odrl-restrict-event-example")
        self.assertTrue(self.use(agreement, "--value", "event=Hannover Messe 2022"))
        self.denied(agreement, "read", values=[("event", "another")])
        self.denied(agreement, "read", say="event")

    def test_class_8_the_security_level(self):
        agreement = self.got("pc8-odrl-restrict-security-level-example")
        self.given(agreement, "derive", values=[("idsc:SECURITY_LEVEL", "idsc:TRUST_SECURITY_PROFILE")])
        self.denied(agreement, "derive", values=[("idsc:SECURITY_LEVEL", "idsc:BASE_SECURITY_PROFILE")])
        self.denied(agreement, "derive", say="security level")

    # ── when and how often ──
    def test_class_9_an_interval_of_time(self):
        year = time.gmtime().tm_year
        begin, end = "2022-06-01T08:00:00Z", "2022-10-01T08:00:00Z"
        name = "pc9-odrl-restrict-time-interval-example"
        self.given(self.got(name, **{begin: f"{year - 1}-06-01T08:00:00Z", end: f"{year + 1}-06-01T08:00:00Z"}))
        later = self.example(name, **{begin: f"{year + 1}-06-01T08:00:00Z", end: f"{year + 2}-06-01T08:00:00Z"})
        self.assertIn(str(year + 1), self.not_delivered(later))

    def test_class_10_a_duration(self):
        agreement = self.got("pc10-odrl-restrict-duration-offer-example", P3M="PT0S")
        self.given(agreement)  # the first use starts the time, which is over at once
        self.denied(agreement, say="of the first use")
        lasting = self.got("pc10-odrl-restrict-duration-offer-example")
        self.given(lasting)
        self.given(lasting)

    def test_class_11_a_number_of_uses(self):
        agreement = self.got("pc11-odrl-restrict-number-of-usage-example", **{"10": "2"})
        self.given(agreement)
        self.given(agreement)
        self.denied(agreement, say="at most 2 times")

    # ── what must be done ──
    def test_class_12_deletion_after_use(self):
        agreement = self.got("pc12-odrl-delete-data-example")
        self.given(agreement, "print")
        until(lambda: self.transfer(self.consumer, agreement)["custody"] == "destroyed")
        self.refused(NOT_FOUND, self.consumer, "use", agreement, "--action", "print", "-o", os.devnull)
        over = self.example("pc12-odrl-delete-data-example2")  # had to be deleted in 2023
        self.assertIn("had to be deleted", self.not_delivered(over))

    def test_class_13_changes_in_transit(self):
        agreement = self.got("pc13-odrl-modify-in-transit-example")
        self.denied(agreement, say="values replaced")
        with self.hook("replace", "grep -q 'JSON_PATH.*xxxx\\|xxxx.*JSON_PATH' && echo replaced\n"):
            self.denied(agreement)
            until(lambda: not self.owed(agreement))
        self.given(agreement)
        self.denied(agreement)  # each use anew

    def test_class_14_changes_at_rest(self):
        example = self.example("pc14-odrl-modify-in-rest-example")
        example["permission"] = [{"action": "use"}]  # the example has the obligation alone
        agreement = self.fetched(example)
        self.denied(agreement, say="anonymized")
        self.fulfil(agreement, "k = 5")
        self.given(agreement)

    def test_class_15_a_log(self):
        example = self.example("pc15-odrl-log-usage-information-example")
        agreement = self.fetched(example)
        self.given(agreement)
        self.assertEqual([row["action"] for row in self.owed(agreement)], ["idsc:log"])  # at the clearing house it names
        del example["permission"][0]["duty"][0]["action"][0]["refinement"][0]
        own = self.agreed(example)
        self.consumer.weir("fetch", own["agreementId"])
        self.given(own["agreementId"])
        self.assertEqual(self.owed(own["agreementId"]), [])
        entry = self.consumer.json("evidence", "list", "--contract", own["contractId"], "--kind", "usage.allowed")["items"][0]
        self.assertTrue(entry["body"]["duties"])

    def test_class_16_a_notice(self):
        done = self.agreed(self.example("pc16-odrl-notify-party-example"))
        self.consumer.weir("fetch", done["agreementId"])
        self.given(done["agreementId"])
        until(lambda: "usage.noticed" in self.kinds(self.provider, contract=done["contractId"]))
        third = self.got("pc16-odrl-notify-party-example", **{self.provider_id(): "urn:supervisor"})
        self.given(third)
        self.assertEqual([row["action"] for row in self.owed(third)], ["inform"])

    def test_class_17_the_next_policy(self):
        agreement = self.got("pc17-odrl-distribute-next-policy-example")
        self.denied(agreement, "distribute", say="passed on with the given policy")
        with self.hook("nextPolicy", "grep -q modify-in-transit/42 && echo attached\n"):
            self.denied(agreement, "distribute")
            until(lambda: not self.owed(agreement))
        self.given(agreement, "distribute", recipient="urn:third")
        self.denied(agreement, "read")

    def test_class_18_the_state_of_the_data(self):
        agreement = self.got("pc18-odrl-restrict-artifact-state-example")
        part, state = ("partOf", ASSET), "ids:artifact_state"
        self.given(agreement, "distribute", values=[part, (state, ["idsc:encrypted", "idsc:anonymized"])])
        self.denied(agreement, "distribute", values=[part, (state, "idsc:encrypted")])
        self.denied(agreement, "distribute", say="cannot be evaluated", values=[part])
        self.denied(agreement, "distribute", say="collection", values=[(state, ["idsc:encrypted", "idsc:anonymized"])])

    # ── money ──
    def pay(self, agreement, unit="http://dbpedia.org/resource/Euro"):
        self.provider.weir("paid", agreement, "--amount", "500.00", "--unit", unit, "--reference", "invoice " + unit)

    def paid_for(self, *names):
        agreements = [self.got(name) for name in names]
        for agreement in agreements:
            self.denied(agreement, "read")
            self.pay(agreement, "CNY")
            self.pay(agreement)
        for agreement in agreements:
            until(lambda: self.uses(agreement, "read").status == 200)
            self.given(agreement, "read")

    def test_class_19_a_price(self):
        self.paid_for("pc19-odrl-restrict-payment-sale-example", "pc19-odrl-restrict-payment-sale-example2")

    def test_class_20_a_rent(self):
        # That it is due again in the next year: weir/flow/usage/obligation_test.cc.
        self.paid_for("pc20-odrl-restrict-payment-rent-example", "pc20-odrl-restrict-payment-rent-example2")
        never = self.got("pc20-odrl-restrict-payment-rent-example2", **{"freq:annual": "freq:whenever"})
        self.pay(never)
        self.denied(never, "read", say="cannot read the constraint")

    # ── states, parties, classes of data ──
    def test_class_21_the_state_of_the_environment(self):
        agreement = self.got("pc21-odrl-restrict-state-example")
        self.given(agreement, values=[("idsc:state", "emergency")])
        self.denied(agreement, values=[("idsc:state", "calm")])
        self.denied(agreement)

    def test_class_22_the_place_of_the_participant(self):
        germany, name = "http://ontologi.es/place/DE", "pc22-odrl-restrict-location-of-participant-example"
        abroad = self.got(name)
        self.denied(abroad)
        # Where the participant is, its node knows; nobody may say otherwise.
        answer = self.uses(abroad, values=[("vcard:hasGeo", germany)])
        self.problem(400, "usage.bad_values", answer)
        self.given(self.got(name, **{germany: self.consumer.call("GET", "/api/v1/node")["area"]}))

    def test_class_23_consent(self):
        agreement = self.got("pc23-odrl-obtain-consent-example")
        self.denied(agreement, say="consent")
        self.fulfil(agreement, "signed by Sara and John")
        self.given(agreement)
        self.given(agreement)  # once given, it stands

    def test_class_24_the_class_of_the_data(self):
        agreement = self.got("pc24-odrl-restrict-data-classification-example")
        secret = [("partOf", ASSET), ("skos:concept", ["health", "confidential"])]
        plain = [("partOf", ASSET), ("skos:concept", "weather")]
        self.given(agreement, values=secret)
        self.denied(agreement, "distribute", values=secret)
        self.given(agreement, "distribute", values=plain)
        self.denied(agreement, values=plain)

    def test_class_25_multi_party_computation(self):
        agreement = self.got("pc25-odrl-anonymize-with-mpc-1")
        self.denied(agreement, "read", say="multi-party computation")
        with self.hook("mpc", "grep -q SUM && echo 'sum over three parties'\n"):
            self.denied(agreement, "read")
            until(lambda: not self.owed(agreement))
        self.given(agreement, "read")
        self.denied(agreement, "read")


if __name__ == "__main__":
    main()
