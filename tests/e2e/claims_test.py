"""Two spaces that know nothing of each other: a consumer of one trades with a provider of the other, each known by its DID.

Each holds a membership credential of its own regional node, and believes the other's because it names that region.
"""
import json, unittest

from case import FAILED, SpaceCase, main, read, until, uscc

WORDS = b"The quick brown fox jumps over the lazy dog.\n" * 1000


def did_of(node):
    return "did:web:" + node.host.replace(":", "%3A")


class Claims(SpaceCase):
    names = ("provider",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        space = cls.space
        cls.far_region = space.add("far_region", "--role", "regional", uscc=uscc(52))
        cls.far_region.start()
        cls.consumer = space.add("consumer", uscc=uscc(53))
        words = ("join", "https://" + cls.far_region.host, "--authority", cls.far_region.path("certificates/authority.pem"),
                 "--representative", "Li Hua")
        cls.consumer.weir(*words)
        cls.far_region.weir("participant", "approve", json.loads(read(cls.consumer.path("node.json")))["application"])
        cls.consumer.weir(*words)
        believed = space.root + "/authorities.pem"
        with open(believed, "w") as file:
            for region in (cls.region, cls.far_region):
                file.write(read(region.path("certificates/authority.pem")))
        issuers = f"{did_of(cls.region)}, {did_of(cls.far_region)}"
        for node in (cls.region, cls.far_region, cls.provider, cls.consumer):
            node.stop()
            node.environment.update(WEIR_PARTNERS_AUTHORITIES=believed, WEIR_DID_ISSUERS=issuers, WEIR_DID_CACHE="PT0S",
                                    WEIR_CONTRACT_UNSIGNED_PEERS="true")
            node.start()
        for node, other in ((cls.provider, cls.consumer), (cls.consumer, cls.provider)):
            node.weir("partner", "add", did_of(other), "--address", f"https://{other.host}/dsp/2025-1")

    def product(self):
        path = self.space.root + "/policy.json"
        with open(path, "w") as file:
            json.dump({"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Offer", "@id": "urn:offer:fox",
                       "permission": [{"action": "use"}]}, file)
        return self.provider.json("publish", self.file(WORDS), "--title", "Fox", "--policy", path)["id"]

    def holds(self):
        """Both have a credential of their region that counts."""
        for node, region in ((self.provider, self.region), (self.consumer, self.far_region)):
            self.assertEqual(node.json("credential", "request", did_of(region))["state"], "ISSUED")

    def catalog(self):
        return self.consumer.weir("partner", "catalog", did_of(self.provider), "--json", ok=False)

    def test_a_node_is_known_by_its_did(self):
        shown = self.provider.json("did", "show")
        self.assertEqual(shown["id"], did_of(self.provider))
        self.assertEqual(self.consumer.json("did", "resolve", did_of(self.provider)), shown)
        document = self.provider.request("GET", "/.well-known/did.json", token=False).json
        self.assertEqual(document["id"], shown["id"])
        self.assertEqual({s["type"] for s in self.region.json("did", "show")["services"]},
                         {"CredentialService", "IssuerService"})

    def test_a_contract_and_its_data_cross_the_border(self):
        self.holds()
        product = self.product()
        code, said = self.catalog()
        self.assertEqual(code, 0, said + self.provider.log()[-3000:])
        self.assertIn(product, [d["@id"] for d in json.loads(said)["dataset"]])
        agreed = self.consumer.json("partner", "negotiate", did_of(self.provider), product)
        self.assertEqual(agreed["state"], "FINALIZED", agreed)
        self.consumer.weir("fetch", agreed["agreementId"])
        self.assertEqual(self.use(agreed["agreementId"]), WORDS)

    def test_credentials_are_listed_and_told_of_in_the_evidence(self):
        self.holds()
        held = self.consumer.json("credential", "list")["items"]
        self.assertEqual([(one["type"], one["issuer"]) for one in held], [("MembershipCredential", did_of(self.far_region))])
        self.assertIn(held[0]["id"], [one["id"] for one in self.far_region.json("credential", "issued")["items"]])
        self.assertIn("claims.received", self.kinds(self.consumer))
        # The participant is the same that its certificate names.
        entry = self.far_region.json("evidence", "list", "--kind", "claims.issued")["items"][0]
        self.assertEqual(entry["participants"], [json.loads(read(self.consumer.path("node.json")))["node"]])

    # ── refused ──
    def test_what_is_revoked_lets_nobody_in(self):
        self.holds()
        self.assertEqual(self.catalog()[0], 0)
        held = self.consumer.json("credential", "list")["items"][0]["id"]
        self.far_region.weir("credential", "revoke", held, "--reason", "a test")
        code, said = self.catalog()
        self.assertNotEqual(code, 0)
        self.assertIn("claims.revoked", said)
        self.refused(FAILED, self.far_region, "credential", "revoke", held, "--reason", "again")
        self.holds()  # a new one counts again
        self.assertEqual(self.catalog()[0], 0)

    def test_a_member_that_is_suspended_is_out_at_once_and_its_credential_for_good(self):
        self.holds()
        node = json.loads(read(self.consumer.path("node.json")))["node"]
        self.far_region.weir("participant", "suspend", node, "--reason", "an audit")
        code, said = self.catalog()
        self.assertNotEqual(code, 0)
        self.assertIn("claims.revoked", said)
        self.assertNotEqual(self.consumer.weir("credential", "request", did_of(self.far_region), ok=False)[0], 0)
        self.far_region.weir("participant", "resume", node)
        self.assertIn("claims.revoked", self.catalog()[1])
        self.holds()
        self.assertEqual(self.catalog()[0], 0)

    def test_nobody_is_let_in_without_a_credential(self):
        self.holds()
        held = self.consumer.json("credential", "list")["items"][0]["id"]
        self.consumer.weir("credential", "forget", held)
        self.assertIn("claims.missing", self.catalog()[1])
        self.holds()

    def test_strangers_and_tokens_of_nobody_are_refused(self):
        self.holds()
        self.provider.weir("partner", "remove", did_of(self.consumer))
        try:
            self.assertIn("claims.stranger", self.catalog()[1])
        finally:
            self.provider.weir("partner", "add", did_of(self.consumer), "--address",
                               f"https://{self.consumer.host}/dsp/2025-1")
        for shown in ("Bearer a.b.c", "Bearer x", "a.b.c"):
            answer = self.provider.request("POST", "/dsp/2025-1/catalog/request", {}, {"Authorization": shown}, token=False)
            self.assertEqual(answer.status, 401, answer.body)
        for path in ("/dcp/v1/holder/presentations/query", "/dcp/v1/holder/credentials", "/dcp/v1/holder/offers"):
            answer = self.provider.request("POST", path, {}, token=False)
            self.assertIn(answer.status, (400, 401), answer.body)

    def test_an_issuer_issues_to_its_own_members_only(self):
        code, said = self.consumer.weir("credential", "request", did_of(self.region), ok=False)
        self.assertNotEqual(code, 0)
        self.assertIn("nobody here knows", said)


if __name__ == "__main__":
    main()
