"""The world of the table of bad messages: an honest regional node, provider and consumer with things in every state, and Mallory.

Everything hostile in it is real: certificates, keys, tokens and signatures are those of an admitted node, or made with them.
"""
import json, os, sqlite3, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from mallory import Keys, Mallory, urn
from space import Refused, Space, until

MALLORY_USCC = "12110000MB00000436"
TERMS = "purpose=research, count<=3"


class World:
    def __init__(self, programs):
        self.programs, self.verified = programs, {}
        self.space = Space(os.path.join(programs, "weir"))
        try:
            self._make()
        except BaseException:
            self.space.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if getattr(self, "mallory", None):
            self.mallory.close()
        self.space.close()

    def _make(self):
        space = self.space
        self.region, self.provider, self.consumer = space.region, space.provider, space.consumer
        self.folder = space.add("mallory", uscc=MALLORY_USCC).folder
        space.join("mallory")
        space.add("member", uscc="12110000MB00000511")
        space.join("member")
        self.member = json.load(open(space.member.path("node.json")))["node"]
        for node in (self.provider, self.consumer, space.mallory):
            node.start()
        self.file = os.path.join(space.root, "data.csv")
        with open(self.file, "w") as file:
            file.write("hour,value\n" + "".join(f"{i},{i * 7 % 13}\n" for i in range(2000)))
        self.product = self.provider.json("publish", self.file, "--title", "Open", "--terms", TERMS)["id"]
        self.desk = self.provider.call("POST", "/api/v1/products", {"title": {"en": "Unpublished"}, "draft": True})["id"]
        self.bait = space.mallory.json("publish", self.file, "--title", "Bait", "--terms", TERMS)["id"]
        until(lambda: self.region.call("GET", "/api/v1/products?q=bait")["items"])
        self._agreed()
        self._tokens()
        space.mallory.stop()
        tool = os.path.join(self.programs, "node_keys")
        self.keys = Keys(tool, self.consumer.folder)
        url = "https://" + space.mallory.host
        self.mallory = Mallory(tool, self.folder, url, self.region)
        self.falsely = self.mallory.issued("-", "2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z")
        year = time.gmtime().tm_year
        self.expired = self.mallory.issued(self.region.folder, f"{year - 1}-01-01T00:00:00Z", f"{year - 1}-02-01T00:00:00Z")
        offers = self.provider.call("GET", f"/api/v1/products/{self.product}")["offers"][0]
        self.offer = {"id": offers["id"], "terms": {k: v for k, v in offers["policy"].items()
                                                    if k in ("permission", "prohibition", "obligation")}}

    def _agreed(self):
        """What honest nodes have between them; to Mallory all of it is foreign."""
        done = self.consumer.json("negotiate", self.product)
        self.agreement, self.contract = done["agreementId"], done["contractId"]
        self.negotiation = done["id"]
        self.their_negotiation = self.provider.call("GET", "/api/v1/negotiations")["items"][0]["id"]
        self.consumer.weir("fetch", self.agreement)
        self.transfer = self.consumer.call("GET", "/api/v1/transfers")["items"][0]["id"]
        self.their_transfer = self.provider.call("GET", "/api/v1/transfers")["items"][0]["id"]

    def _tokens(self):
        """A token without rights, one that ran out and one that was revoked, at every honest node."""
        self.weak, self.late, self.revoked = {}, {}, {}
        for node in (self.region, self.provider, self.consumer):
            make = lambda name, scopes: node.call("POST", "/api/v1/operators", {"name": name, "scopes": scopes, "days": 1})["token"]
            self.weak[node] = make("weak", ["identifier:write"])
            self.late[node] = make("late", ["admin"])
            self.revoked[node] = make("revoked", ["admin"])
            node.call("POST", "/api/v1/operators/revoked/revoke", {"reason": "left"})
            node.stop()
            base = sqlite3.connect(node.path("weir.db"))  # time is the one thing that a test cannot bring about
            base.execute("UPDATE credential_token SET expires = 1000 WHERE owner LIKE '%late%'")
            base.commit()
            base.close()
        for node in (self.region, self.provider, self.consumer):
            node.start()

    # ── Mallory's processes ──
    def ask(self, node, method, path, body=None, headers=None, certificate=None, token=False):
        """A request with Mallory's certificate, unless another is given."""
        connection = node.connection(certificate or self.mallory.certificate)
        try:
            return node.request(method, path, body, headers, connection, token)
        finally:
            connection.close()

    def negotiate(self):
        """A negotiation that Mallory asked the provider for: the agreement message that it answered."""
        request = self.mallory.negotiation_request(self.product, self.offer)
        answer = self.ask(self.provider, "POST", "/dsp/2025-1/negotiations/request", request)
        if answer.status != 201:
            raise Refused(answer.status, answer.body.decode())
        return request, until(lambda: self.mallory.last("/agreement", of=request["consumerPid"]))

    def finalized(self):
        _, agreed = self.negotiate()
        pid = agreed["providerPid"]
        path = f"/dsp/2025-1/negotiations/{pid}/agreement/verification"
        self.verified[pid] = self.mallory.verification(agreed)
        self.ask(self.provider, "POST", path, self.verified[pid])
        until(lambda: self.mallory.last("/events", of=pid))
        return agreed

    def started(self, agreed):
        """A transfer that Mallory asked for: the start message of the provider."""
        request = {"@context": agreed["@context"], "@type": "TransferRequestMessage", "consumerPid": urn(),
                   "agreementId": agreed["agreement"]["@id"], "format": "HttpData-PULL",
                   "callbackAddress": self.mallory.address()}
        answer = self.ask(self.provider, "POST", "/dsp/2025-1/transfers/request", request)
        if answer.status != 201:
            raise Refused(answer.status, answer.body.decode())
        return until(lambda: self.mallory.last("/start", of=request["consumerPid"]))

    def lured(self):
        """A negotiation that the consumer asked Mallory for: its request, and the id under which the consumer has it."""
        made = self.consumer.call("POST", "/api/v1/negotiations", {"product": self.bait})
        return until(lambda: self.mallory.last("/negotiations/request", of=made["id"])), made["id"]
