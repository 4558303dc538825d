"""Connectors outside the space, in the Dataspace Protocol: one that this file plays trades with a node, both ways.

What is said either way is judged by the protocol's own schemas (tests/vectors/dsp), read by python3-jsonschema.
"""
import copy, http.client, http.server, json, os, pathlib, re, sys, threading, unittest, urllib.parse

from case import TOP, SpaceCase, read, until

sys.path.insert(0, os.path.join(TOP, "tests", "vectors", "dsp"))
from validate import make_validator, text_of  # noqa: E402

VECTORS = pathlib.Path(TOP, "tests", "vectors", "dsp")
CONTEXT = {"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"]}
ME = "urn:test:foreign"
IN, OUT = "Bearer what-the-foreign-one-sends", "Bearer what-the-node-sends"
WORDS = b"The quick brown fox jumps over the lazy dog.\n" * 1000
TOKEN = "the-token-of-the-data"


def load_schemas():
    by_name, by_type = {}, {}
    for path in sorted(VECTORS.glob("*/*-schema.json")):
        schema = json.loads(text_of(path))
        by_name[schema["$id"]] = schema
        # transfer-start-message-schema.json judges a TransferStartMessage.
        by_type["".join(word.capitalize() for word in path.name[:-len("-schema.json")].split("-"))] = schema
    return by_type, by_name


SCHEMAS, ALL = load_schemas()


def faults(message):
    """What the schema of its type says against a message."""
    return [f"{e.json_path}: {e.message}" for e in make_validator(SCHEMAS[message["@type"]], ALL).iter_errors(message)]


def message(kind, **members):
    return {**CONTEXT, "@type": kind, **members}


class Foreign(http.server.ThreadingHTTPServer):
    """A connector that knows nothing of Weir: it keeps what it hears and answers as the protocol wants."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}/dsp"
        self.heard, self.faults, self.busy = [], [], 0
        self.data_headers, self.pushed, self.full = [], [], 0
        self.token, self.renewals, self.content, self.breaks = TOKEN, [], WORDS, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def dataset(self):
        service = {"@id": "s", "@type": "DataService", "endpointURL": self.address}
        return {"@id": "fox", "@type": "Dataset",
                "hasPolicy": [{"@id": "offer-1", "@type": "Offer", "permission": [{"action": "use"}]}],
                "distribution": [{"@type": "Distribution", "format": "HttpData-PULL", "accessService": service}]}

    def hears(self, kind, **members):
        """Waits for a message of this type that has these members."""
        def found():
            return next((m for m in list(self.heard) if m["@type"] == kind and members.items() <= m.items()), None)
        return until(found)

    def answer(self, path, body):
        if path == "/catalog/request":
            return 200, message("Catalog", **{"@id": "c", "participantId": ME, "dataset": [self.dataset()]})
        if path == "/negotiations/request":
            return 201, message("ContractNegotiation", providerPid="n-" + body["consumerPid"],
                                consumerPid=body["consumerPid"], state="REQUESTED")
        if path == "/transfers/request":
            return 201, message("TransferProcess", providerPid="t-" + body["consumerPid"],
                                consumerPid=body["consumerPid"], state="REQUESTED")
        if path.endswith("/agreement/verification") and self.busy > 0:
            self.busy -= 1  # as a connector that is still writing down its last step
            pids = {name: body[name] for name in ("providerPid", "consumerPid")}
            return 409, message("ContractNegotiationError", code="409", reason=["cannot be verified"], **pids)
        return 200, {}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        if self.path == "/inbox":
            return self.take()
        if self.path == "/renew":
            return self.renew()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.removeprefix("/dsp")
        if self.headers["Authorization"] != OUT:
            self.server.faults.append(f"{path}: Authorization is {self.headers['Authorization']}")
        self.server.faults += [f"{body['@type']}: {fault}" for fault in faults(body)]
        status, answer = self.server.answer(path, body)
        if status < 300:
            self.server.heard.append(body)
        self.reply(status, json.dumps(answer).encode())

    def take(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.full > 0:
            self.server.full -= 1
            return self.reply(503, b"")
        self.server.pushed.append((self.headers["Authorization"], body))
        self.reply(200, b"")

    def renew(self):
        asked = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.renewals.append(asked)
        self.server.token = "a-new-token"
        self.reply(200, json.dumps({"access_token": "a-new-token", "token_type": "bearer", "refresh_token": "r2"}).encode())

    def do_GET(self):
        if self.path.startswith("/dsp/catalog/datasets/"):
            return self.reply(200, json.dumps({**CONTEXT, **self.server.dataset()}).encode())
        self.server.data_headers.append(self.headers["Authorization"])
        right = self.path == "/data" and self.headers["Authorization"] == "Bearer " + self.server.token
        if right and self.server.breaks > 0:
            self.server.breaks -= 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.server.content)))
            self.end_headers()
            self.wfile.write(self.server.content[:-1])
            self.close_connection = True
            return self.connection.close()
        return self.reply(200 if right else 403, self.server.content if right else b"")

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Partner(SpaceCase):
    names = ("provider",)
    environment = {"WEIR_CONTRACT_UNSIGNED_PEERS": "true", "WEIR_DELIVERY_TOKEN_LIFETIME": "PT10S"}

    def setUp(self):
        self.foreign = Foreign()
        self.addCleanup(self.foreign.server_close)
        self.addCleanup(self.foreign.shutdown)
        self.node = json.loads(read(self.provider.path("node.json")))["node"]
        for name, text in (("in", IN), ("out", OUT)):
            with open(self.provider.path("partner." + name), "w") as file:
                file.write(text)
        self.provider.weir("partner", "add", ME, "--name", "Foreign", "--address", self.foreign.address,
                           "--authorization-in", "file:" + self.provider.path("partner.in"),
                           "--authorization-out", "file:" + self.provider.path("partner.out"))

    # ── the foreign connector's words ──
    def ask(self, method, path, body=None, authorization=IN):
        headers = {"Authorization": authorization} if authorization else {}
        return self.provider.request(method, "/dsp/2025-1" + path, body, headers=headers, token=False)

    def tell(self, path, body, status=200):
        """Says something valid, and checks that the answer is valid too."""
        self.assertEqual(faults(body), [], body)
        answer = self.ask("POST", path, body)
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(faults(answer.json), [], answer.json)
        return answer.json

    def says_no(self, status, code, path, body, kind):
        answer = self.ask("POST", path, body)
        self.assertEqual(answer.status, status, (body, answer.body))
        self.assertEqual((answer.json["@type"], answer.json["code"]), (kind, code), answer.json)
        self.assertEqual(faults(answer.json), [])

    def product(self):
        path = self.provider.path("policy.json")
        with open(path, "w") as file:
            json.dump({"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Offer", "@id": "urn:offer:fox",
                       "permission": [{"action": "use"}]}, file)
        return self.provider.json("publish", self.file(WORDS), "--title", "Fox", "--policy", path)["id"]

    def request_of(self, product, pid, **members):
        dataset = self.ask("GET", "/catalog/datasets/" + product).json
        self.assertEqual(faults(dataset), [])
        offer = dict(dataset["hasPolicy"][0], target=product)
        return message("ContractRequestMessage", consumerPid=pid, callbackAddress=self.foreign.address,
                       offer=offer, **members)

    def agreed(self, product, pid):
        """A negotiation in which the foreign connector consumes; the agreement."""
        begun = self.tell("/negotiations/request", self.request_of(product, pid), 201)
        said = self.foreign.hears("ContractAgreementMessage", consumerPid=pid)
        pids = {"providerPid": begun["providerPid"], "consumerPid": pid}
        self.tell(f"/negotiations/{begun['providerPid']}/agreement/verification",
                  message("ContractAgreementVerificationMessage", **pids))
        self.foreign.hears("ContractNegotiationEventMessage", consumerPid=pid, eventType="FINALIZED")
        return said["agreement"]

    def provide(self):
        """A negotiation in which the foreign connector provides, up to the node's request for data; its pids."""
        dataset = self.provider.json("partner", "catalog", ME)["dataset"][0]
        asked = {}

        def negotiate():
            asked.update(self.provider.json("partner", "negotiate", ME, dataset["@id"]))
        thread = threading.Thread(target=negotiate)
        thread.start()
        request = self.foreign.hears("ContractRequestMessage")
        pid = request["consumerPid"]
        pids = {"providerPid": "n-" + pid, "consumerPid": pid}
        agreement = dict(request["offer"], **{"@id": "urn:agreement:" + pid, "@type": "Agreement", "assigner": ME,
                                              "assignee": self.node, "timestamp": "2026-01-01T00:00:00Z"})
        path = urllib.parse.urlsplit(request["callbackAddress"]).path.removeprefix("/dsp/2025-1")
        self.assertEqual(path, "")
        self.tell(f"/negotiations/{pid}/agreement", message("ContractAgreementMessage", agreement=agreement, **pids))
        self.foreign.hears("ContractAgreementVerificationMessage", consumerPid=pid)
        self.tell(f"/negotiations/{pid}/events",
                  message("ContractNegotiationEventMessage", eventType="FINALIZED", **pids))
        thread.join()
        self.assertEqual(asked["state"], "FINALIZED", asked)
        self.assertFalse(self.foreign.faults)
        return asked["agreementId"]

    @staticmethod
    def address_of(endpoint, **more):
        properties = [{"@type": "EndpointProperty", "name": name, "value": value}
                      for name, value in (("authorization", TOKEN), ("authType", "bearer"), *more.items())]
        return {"@type": "DataAddress", "endpointType": "https://w3id.org/idsa/v4.1/HTTP", "endpoint": endpoint,
                "endpointProperties": properties}

    # ── both directions ──
    #= DSP-2025-1#transfer-messages type=test
    def test_takes_data_from_a_foreign_provider(self):
        self.foreign.busy = 1
        self.assertEqual(self.taken(), WORDS)
        self.assertEqual(self.foreign.data_headers, ["Bearer " + TOKEN])

    def test_data_of_many_chunks_that_broke_off_are_drawn_again(self):
        self.foreign.content, self.foreign.breaks = bytes(range(251)) * 13_000, 1  # a little over three chunks
        self.assertEqual(self.taken(), self.foreign.content)
        self.assertEqual(len(self.foreign.data_headers), 2)
        self.assertEqual(os.listdir(self.provider.path("spill")), [])

    def taken(self):
        """What the node drew under an agreement, used."""
        agreement = self.provide()
        thread = threading.Thread(target=self.provider.weir, args=("fetch", agreement))
        thread.start()
        request = self.foreign.hears("TransferRequestMessage", agreementId=agreement)
        pid = request["consumerPid"]
        pids = {"providerPid": "t-" + pid, "consumerPid": pid}
        data = self.foreign.address.replace("/dsp", "/data")
        self.tell(f"/transfers/{pid}/start", message("TransferStartMessage", dataAddress=self.address_of(data), **pids))
        self.foreign.hears("TransferCompletionMessage", consumerPid=pid)
        thread.join()
        path = self.provider.path("used")
        self.provider.weir("use", agreement, "-o", path)
        self.assertFalse(self.foreign.faults)
        with open(path, "rb") as file:
            return file.read()

    #= DSP-2025-1#C1 type=test
    #= DSP-2025-1#transfer-messages type=test
    def test_gives_data_to_a_foreign_consumer_until_it_is_done(self):
        product = self.product()
        catalog = self.tell("/catalog/request", message("CatalogRequestMessage"))
        self.assertIn(product, [d["@id"] for d in catalog["dataset"]])
        agreement = self.agreed(product, "urn:test:c1")
        self.assertEqual((agreement["assigner"], agreement["assignee"]), (self.node, ME))
        begun = self.tell("/transfers/request", message(
            "TransferRequestMessage", consumerPid="urn:test:t1", agreementId=agreement["@id"], format="HttpData-PULL",
            callbackAddress=self.foreign.address), 201)
        start = self.foreign.hears("TransferStartMessage", consumerPid="urn:test:t1")
        token = next(p["value"] for p in start["dataAddress"]["endpointProperties"] if p["name"] == "authorization")
        path = urllib.parse.urlsplit(start["dataAddress"]["endpoint"]).path

        def draw(shown, **headers):
            return self.provider.request("GET", path, headers={"Authorization": shown, **headers}, token=False)
        self.assertEqual(draw("Bearer " + token).body, WORDS)
        part = draw(token, Range="bytes=4-8")
        self.assertEqual((part.status, part.body), (206, WORDS[4:9]))
        self.assertEqual(draw("Bearer another").status, 401)
        moved = until(lambda: next((t for t in self.provider.call("GET", "/api/v1/transfers?limit=200")["items"]
                                    if t["agreement"] == agreement["@id"] and t["bytesMoved"] > len(WORDS)), None))
        self.assertEqual(moved["bytesMoved"], len(WORDS) + 5)
        pids = {"providerPid": begun["providerPid"], "consumerPid": "urn:test:t1"}
        self.tell(f"/transfers/{begun['providerPid']}/completion", message("TransferCompletionMessage", **pids))
        self.assertGreaterEqual(draw("Bearer " + token).status, 400)
        self.assertFalse(self.foreign.faults)

    # ── tokens that expire ──
    def renew(self, refresh, kind="refresh_token"):
        body = urllib.parse.urlencode({"grant_type": kind, "refresh_token": refresh})
        return self.provider.request("POST", "/data/v1/token", body, token=False,
                                     headers={"Content-Type": "application/x-www-form-urlencoded"})

    def test_a_foreign_consumer_renews_its_token_and_an_old_one_opens_nothing(self):
        agreement = self.agreed(self.product(), "urn:test:r1")
        self.tell("/transfers/request", message(
            "TransferRequestMessage", consumerPid="urn:test:renew", agreementId=agreement["@id"], format="HttpData-PULL",
            callbackAddress=self.foreign.address), 201)
        start = self.foreign.hears("TransferStartMessage", consumerPid="urn:test:renew")
        given = {p["name"]: p["value"] for p in start["dataAddress"]["endpointProperties"]}
        path = urllib.parse.urlsplit(start["dataAddress"]["endpoint"]).path
        self.assertEqual(given["expiresIn"], "10")
        self.assertEqual(urllib.parse.urlsplit(given["refreshEndpoint"]).path, "/data/v1/token")

        def draw(token):
            return self.provider.request("GET", path, headers={"Authorization": token}, token=False)
        self.assertEqual(draw(given["authorization"]).body, WORDS)
        until(lambda: draw(given["authorization"]).status == 401, timeout=60)
        self.problem(401, "delivery.token_expired", draw(given["authorization"]))
        renewed = self.renew(given["refreshToken"])
        self.assertEqual(renewed.status, 200, renewed.body)
        self.assertEqual(renewed.headers["Cache-Control"], "no-store")
        self.assertEqual(draw(renewed.json["access_token"]).body, WORDS)
        # What was renewed is spent, and so is what renewed it.
        self.problem(401, "delivery.token", draw(given["authorization"]))
        for refresh, kind, error in ((given["refreshToken"], "refresh_token", "invalid_grant"), ("", "refresh_token", "invalid_grant"),
                                     (renewed.json["refresh_token"], "password", "unsupported_grant_type")):
            answer = self.renew(refresh, kind)
            self.assertEqual((answer.status, answer.json["error"]), (400, error))

    def test_renews_a_token_that_a_foreign_provider_let_expire(self):
        agreement = self.provide()
        thread = threading.Thread(target=self.provider.weir, args=("fetch", agreement))
        thread.start()
        pid = self.foreign.hears("TransferRequestMessage", agreementId=agreement)["consumerPid"]
        here = self.foreign.address.replace("/dsp", "")
        self.foreign.token = "another"  # the one that is given has expired
        address = self.address_of(here + "/data", refreshEndpoint=here + "/renew", refreshToken="r1", expiresIn="60")
        self.tell(f"/transfers/{pid}/start", message("TransferStartMessage", providerPid="t-" + pid, consumerPid=pid,
                                                     dataAddress=address))
        self.foreign.hears("TransferCompletionMessage", consumerPid=pid)
        thread.join()
        self.assertEqual(self.foreign.renewals, [{"grant_type": ["refresh_token"], "refresh_token": ["r1"]}])
        self.assertEqual(self.foreign.data_headers, ["Bearer " + TOKEN, "Bearer a-new-token"])

    def test_renews_no_token_at_a_place_that_is_not_the_partners(self):
        agreement = self.provide()
        self.provider.call("POST", "/api/v1/transfers", {"agreement": agreement, "format": "HttpData-PULL"})
        pid = self.foreign.hears("TransferRequestMessage", agreementId=agreement)["consumerPid"]
        address = self.address_of(self.foreign.address.replace("/dsp", "/data"), refreshEndpoint="http://127.0.0.1:1/renew",
                                  refreshToken="r1")
        start = message("TransferStartMessage", providerPid="t-" + pid, consumerPid=pid, dataAddress=address)
        self.says_no(403, "delivery.callback", f"/transfers/{pid}/start", start, "TransferError")

    #= DSP-2025-1#T8 type=test
    def test_pushes_data_to_a_foreign_consumer_and_says_that_it_is_done(self):
        agreement = self.agreed(self.product(), "urn:test:p1")
        self.foreign.full = 1  # as a place that has no room just now
        inbox = self.foreign.address.replace("/dsp", "/inbox")
        self.tell("/transfers/request", message(
            "TransferRequestMessage", consumerPid="urn:test:push", agreementId=agreement["@id"], format="HttpData-PUSH",
            dataAddress=self.address_of(inbox), callbackAddress=self.foreign.address), 201)
        self.foreign.hears("TransferStartMessage", consumerPid="urn:test:push")
        self.foreign.hears("TransferCompletionMessage", consumerPid="urn:test:push")
        self.assertEqual(self.foreign.pushed, [("Bearer " + TOKEN, WORDS)])
        moved = next(t for t in self.provider.call("GET", "/api/v1/transfers?limit=200")["items"]
                     if t["agreement"] == agreement["@id"])
        self.assertEqual((moved["state"], moved["bytesMoved"]), ("COMPLETED", 2 * len(WORDS)))
        self.assertFalse(self.foreign.faults)

    def test_pushes_no_data_to_where_the_partner_has_none(self):
        agreement = self.agreed(self.product(), "urn:test:p2")
        asked = message("TransferRequestMessage", consumerPid="urn:test:push2", agreementId=agreement["@id"],
                        format="HttpData-PUSH", dataAddress=self.address_of("http://127.0.0.1:1/inbox"),
                        callbackAddress=self.foreign.address)
        self.says_no(403, "delivery.callback", "/transfers/request", asked, "TransferError")

    #= DSP-2025-1#C1 type=test
    def test_the_catalogue_is_read_from_any_place(self):
        for _ in range(3):
            self.product()
        everything = [d["@id"] for d in self.tell("/catalog/request", message("CatalogRequestMessage"))["dataset"]]
        for offset in range(len(everything) + 1):
            asked = message("CatalogRequestMessage", filter=[{"@type": "QuerySpec", "offset": offset, "limit": 2,
                                                              "sortOrder": "ASC", "filterExpression": []}])
            page = self.tell("/catalog/request", asked)
            self.assertEqual([d["@id"] for d in page.get("dataset", [])], everything[offset:offset + 2])

    #= DSP-2025-1#C2 type=test
    def test_one_dataset_is_shown_by_its_name(self):
        product = self.product()
        def show(name):
            return self.provider.request("GET", "/dsp/2025-1/catalog/datasets/" + urllib.parse.quote(name, safe=""),
                                         headers={"Authorization": IN}, token=False)
        shown = show(product).json
        self.assertEqual((shown["@type"], shown["@id"], shown["hasPolicy"][0]["@type"]), ("Dataset", product, "Offer"))
        self.assertFalse(faults(shown))
        self.assertEqual(show(product + "x").status, 404)

    # ── refused ──
    def test_refuses_whoever_shows_nothing_or_something_else(self):
        for shown in (None, "Bearer what-somebody-else-sends", OUT):
            answer = self.ask("POST", "/catalog/request", message("CatalogRequestMessage"), authorization=shown)
            self.problem(401, "http.certificate_missing", answer)
        self.provider.weir("partner", "remove", ME)
        self.assertEqual(self.ask("POST", "/catalog/request", message("CatalogRequestMessage")).status, 401)

    def test_refuses_addresses_that_are_not_the_partners(self):
        product = self.product()
        elsewhere = "http://127.0.0.1:1/dsp"
        request = dict(self.request_of(product, "urn:test:c2"), callbackAddress=elsewhere)
        self.says_no(403, "contract.callback", "/negotiations/request", request, "ContractNegotiationError")
        agreement = self.agreed(product, "urn:test:c3")
        asked = message("TransferRequestMessage", consumerPid="urn:test:t3", agreementId=agreement["@id"],
                        format="HttpData-PULL", callbackAddress=elsewhere)
        self.says_no(403, "delivery.callback", "/transfers/request", asked, "TransferError")

    def test_draws_no_data_from_where_the_partner_has_none(self):
        agreement = self.provide()
        self.provider.call("POST", "/api/v1/transfers", {"agreement": agreement, "format": "HttpData-PULL"})
        pid = self.foreign.hears("TransferRequestMessage", agreementId=agreement)["consumerPid"]
        start = message("TransferStartMessage", providerPid="t-" + pid, consumerPid=pid,
                        dataAddress=self.address_of("http://127.0.0.1:1/data"))
        self.says_no(403, "delivery.callback", f"/transfers/{pid}/start", start, "TransferError")
        # As soon as its operator says that they lie there, it may.
        self.provider.weir("partner", "add", ME, "--address", self.foreign.address, "--data-address", "http://127.0.0.1:1",
                           "--authorization-in", "file:" + self.provider.path("partner.in"),
                           "--authorization-out", "file:" + self.provider.path("partner.out"))
        self.tell(f"/transfers/{pid}/start", start)

    def test_refuses_conditions_that_it_would_have_to_ignore(self):
        condition = {"operandLeft": "name", "operator": "=", "operandRight": "fox"}
        asked = message("CatalogRequestMessage", filter=[{"filterExpression": [condition]}])
        self.says_no(400, "dsp.filter", "/catalog/request", asked, "CatalogError")

    def test_refuses_what_the_schemas_refuse(self):
        product = self.product()
        agreement = self.agreed(product, "urn:test:c4")["@id"]
        request = self.request_of(product, "urn:test:c5")
        transfer = message("TransferRequestMessage", consumerPid="urn:test:t5", agreementId=agreement,
                           format="HttpData-PULL", callbackAddress=self.foreign.address)
        begun = self.tell("/negotiations/request", request, 201)
        pids = {"providerPid": begun["providerPid"], "consumerPid": "urn:test:c5"}
        here = f"/negotiations/{begun['providerPid']}"
        moved = self.tell("/transfers/request", transfer, 201)
        theirs = {"providerPid": moved["providerPid"], "consumerPid": "urn:test:t5"}
        there = f"/transfers/{moved['providerPid']}"
        cases = [("/catalog/request", message("CatalogRequestMessage"), "CatalogError"),
                 ("/negotiations/request", dict(request, consumerPid="urn:test:c6"), "ContractNegotiationError"),
                 (here + "/agreement/verification", message("ContractAgreementVerificationMessage", **pids),
                  "ContractNegotiationError"),
                 (here + "/events", message("ContractNegotiationEventMessage", eventType="ACCEPTED", **pids),
                  "ContractNegotiationError"),
                 (here + "/termination", message("ContractNegotiationTerminationMessage", **pids), "ContractNegotiationError"),
                 ("/transfers/request", dict(transfer, consumerPid="urn:test:t6"), "TransferError"),
                 (there + "/suspension", message("TransferSuspensionMessage", **theirs), "TransferError"),
                 (there + "/completion", message("TransferCompletionMessage", **theirs), "TransferError"),
                 (there + "/termination", message("TransferTerminationMessage", **theirs), "TransferError")]
        tried = 0
        for path, good, kind in cases:
            self.assertEqual(faults(good), [])
            for bad in spoiled(good):
                if not [e for e in make_validator(SCHEMAS[good["@type"]], ALL).iter_errors(bad)]:
                    continue  # the schema does not mind
                answer = self.ask("POST", path, bad)
                if answer.status < 300 and understood(bad, good):
                    continue
                self.assertIn(answer.status, (400, 404), (path, bad, answer.body))
                self.assertEqual(answer.json["@type"], kind, answer.json)
                self.assertEqual(faults(answer.json), [], answer.json)
                tried += 1
        self.assertGreater(tried, 60)


def understood(bad, good):
    """Whether it is JSON-LD in another shape, whose meaning is clear: a member without a value is not there, a list of
    nothing is no list, and one name may be an alias or stand alone in a list."""
    name = next(n for n in good if bad.get(n) != good[n])
    return name in ("@context", "filter") and bad.get(name) is not None and bad[name] == good[name][0]


def spoiled(good):
    """A message with each member left out, of another type, or empty."""
    for name, value in good.items():
        for other in (None, 7, {}, [], "", [7]) if name != "@context" else (None, 7, {"@vocab": "x"}, "https://x.example/"):
            bad = copy.deepcopy(good)
            if other is None:
                del bad[name]
            elif type(other) is not type(value) or other != value:
                bad[name] = other
            yield bad


if __name__ == "__main__":
    unittest.main()
