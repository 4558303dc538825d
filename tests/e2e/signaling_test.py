"""Data Plane Signaling between real nodes: one is the control plane, the other its data plane, and a connector outside the space
consumes; and what a control plane or data plane that this file plays says to a node, and hears.

What is said either way is judged by the schemas of the specification (tests/vectors/signaling), read by python3-jsonschema.
"""
import http.server, json, pathlib, os, threading, unittest, urllib.parse, uuid

from case import TOP, SpaceCase, read, until
import partner_test
from partner_test import ALL, IN, ME, OUT, WORDS, Foreign, message
from validate import make_validator

FOLDER = pathlib.Path(TOP, "tests", "vectors", "signaling")
SCHEMAS = {path.name.split(".")[0]: json.loads(path.read_text()) for path in FOLDER.glob("*.schema.json")}
EVERY = {**ALL, **{f"https://w3id.org/dspace-sig/v1.0/{name}.schema.json": schema for name, schema in SCHEMAS.items()}}
PULL, PUSH = ("https://w3id.org/dspace-sig/profile/http-" + way for way in ("pull", "push"))
BASE = "/signaling/v1"
CONTROL, DATA = "Bearer the-control-plane-speaks", "Bearer the-data-plane-speaks"


def faults(kind, body):
    return [f"{e.json_path}: {e.message}" for e in make_validator(SCHEMAS[kind], EVERY).iter_errors(body)]


# What hears a message by its path, and which schema judges it.
KINDS = {"prepare": "DataFlowPrepareMessage", "start": "DataFlowStartMessage", "started": "DataFlowStartedNotificationMessage",
         "suspend": "DataFlowSuspendMessage", "resume": "DataFlowResumeMessage", "terminate": "DataFlowTerminateMessage"}


class Plane(http.server.ThreadingHTTPServer):
    """A control plane or data plane that keeps what it hears, and answers as the specification wants."""

    daemon_threads = True

    def __init__(self, shows):
        super().__init__(("127.0.0.1", 0), Handler)
        self.shows, self.said, self.faults, self.answers = shows, [], [], {}
        self.endpoint = f"http://127.0.0.1:{self.server_port}/sig"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, path, body):
        end = path.split("/")[-1]
        if "/dataflows/" in path and end != "completed":
            self.faults += [f"{path}: {fault}" for fault in faults(KINDS[end], body)]
        if "/dataflow/" in path:
            self.faults += [f"{path}: {fault}" for fault in faults("DataFlowStatusMessage", body)]
        self.said.append((path, body))
        if end in self.answers:
            return self.answers[end]
        state = {"prepare": "PREPARED", "start": "STARTED", "resume": "STARTED"}.get(end)
        return 200, {"messageId": "m", "dataFlowId": "the-flow", "state": state} if state else {}

    def hears(self, path):
        """Waits for a message at a path that ends so; its body."""
        return until(lambda: next((body for at, body in list(self.said) if at.endswith(path)), None))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.serve(body)

    def do_GET(self):
        if self.path == "/data":
            right = self.headers["Authorization"] == "Bearer T"
            return self.reply(200 if right else 403, WORDS if right else b"")
        self.serve({})

    def serve(self, body):
        if self.headers["Authorization"] != self.server.shows:
            self.server.faults.append(f"{self.path}: Authorization is {self.headers['Authorization']}")
        status, answer = self.server.answer(self.path.removeprefix("/sig"), body)
        self.reply(status, json.dumps(answer).encode())

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Signaling(SpaceCase):
    environment = {"WEIR_CONTRACT_UNSIGNED_PEERS": "true"}

    def setUp(self):
        self.outside = Foreign()
        self.addCleanup(self.outside.server_close)
        self.addCleanup(self.outside.shutdown)
        self.node = json.loads(read(self.provider.path("node.json")))["node"]
        self.provider.call("PUT", "/api/v1/partners/" + ME, {"address": self.outside.address, "authorizationIn": IN,
                                                             "authorizationOut": OUT})

    @staticmethod
    def url(node):
        return "https://" + node.host

    def register(self, node, plane, name, endpoint, taken, given, **more):
        node.call("PUT", f"{BASE}/{plane}s", {plane + "Id": name, "endpoint": endpoint, **more, "authorization": {
            "type": "agreed", "authorizationIn": taken, "authorizationOut": given}})
        self.addCleanup(node.request, "DELETE", f"{BASE}/{plane}s/{name}")

    # ── who speaks ──
    def as_control(self, node, path, body=None, authorization=CONTROL):
        return node.request("GET" if body is None else "POST", BASE + "/dataflows" + path, body, token=False,
                            headers={"Authorization": authorization} if authorization else {})

    def orders(self, node, end, product, kind="DataFlowStatusMessage", status=200, **members):
        order = {"messageId": "m", "participantId": "did:web:a.example", "counterPartyId": "did:web:b.example",
                 "dataspaceContext": "test", "processId": str(uuid.uuid4()), "agreementId": "urn:uuid:" + str(uuid.uuid4()),
                 "datasetId": product, "profile": PULL, "claims": {}, **members}
        answer = self.as_control(node, "/" + end, order)
        self.assertEqual(answer.status, status, answer.body)
        if status < 300:
            self.assertEqual(faults(kind, answer.json), [], answer.json)
        return order, answer.json

    def state(self, node, flow):
        answer = self.as_control(node, f"/{flow}/status").json
        self.assertEqual(faults("DataFlowStatusResponseMessage", answer), [])
        return answer["state"]

    def transfer(self, node, pid):
        return node.call("GET", "/api/v1/transfers/" + pid)

    # ── what the foreign consumer does with the control plane ──
    agreed = partner_test.Partner.agreed
    request_of = partner_test.Partner.request_of
    tell = partner_test.Partner.tell
    ask = partner_test.Partner.ask

    @property
    def foreign(self):
        return self.outside

    def without_content(self):
        """A product whose data lie at a data plane."""
        made = self.provider.call("POST", "/api/v1/products", {
            "title": {"en": "Fox", "zh": "狐狸"}, "description": {"en": "Elsewhere", "zh": "在别处"},
            "terms": {"permission": [{"action": "use"}]}})
        return made["id"]

    def asks(self, agreement, pid, form="HttpData-PULL", **members):
        return self.tell("/transfers/request", message("TransferRequestMessage", consumerPid=pid, agreementId=agreement, format=form,
                                                       callbackAddress=self.outside.address, **members), 201)["providerPid"]

    def moves(self, pid, own, kind, end):
        self.tell(f"/transfers/{pid}/{end}", message(kind, providerPid=pid, consumerPid=own))

    # ── one node drives the other ──
    #= DPS-1.0#data-plane type=test
    def test_a_node_moves_the_data_of_a_transfer_that_another_agreed(self):
        product, there = self.without_content(), self.publish(WORDS, "count<=1000", "Fox", node=self.consumer)
        self.register(self.provider, "dataplane", "weir", self.url(self.consumer) + BASE, DATA, CONTROL, profiles=[PULL],
                      products=[product])
        self.register(self.consumer, "controlplane", "weir", self.url(self.provider) + BASE, CONTROL, DATA, agreements=True,
                      products=[f"{product}={there}"])
        agreement = self.agreed(product, "urn:test:s1")["@id"]
        pid = self.asks(agreement, "urn:test:s1-t")
        address = self.outside.hears("TransferStartMessage", consumerPid="urn:test:s1-t")["dataAddress"]
        self.assertEqual(address["endpointType"], PULL)
        known = [p for p in address["endpointProperties"] if p["name"] in ("authorization", "authType")]
        self.assertEqual(faults("http-data-address", {**address, "endpointProperties": known}), [])
        token = {p["name"]: p["value"] for p in address["endpointProperties"]}["authorization"]
        place = urllib.parse.urlsplit(address["endpoint"])
        self.assertEqual(place.netloc, urllib.parse.urlsplit(self.url(self.consumer)).netloc)

        def draw():
            return self.consumer.request("GET", place.path, headers={"Authorization": "Bearer " + token}, token=False)
        self.assertEqual(draw().body, WORDS)
        flow = place.path.split("/")[-1]
        self.moves(pid, "urn:test:s1-t", "TransferSuspensionMessage", "suspension")
        until(lambda: self.transfer(self.consumer, flow)["state"] == "SUSPENDED")
        self.assertEqual(draw().status, 409)
        self.moves(pid, "urn:test:s1-t", "TransferStartMessage", "start")
        until(lambda: self.transfer(self.consumer, flow)["state"] == "STARTED")
        self.assertEqual(draw().status, 401)  # the address was given anew
        self.moves(pid, "urn:test:s1-t", "TransferCompletionMessage", "completion")
        moved = until(lambda: (t := self.transfer(self.consumer, flow))["state"] == "COMPLETED" and t)
        self.assertEqual((moved["agreement"], moved["bytesMoved"], moved["product"]), (agreement, len(WORDS), there))
        self.assertEqual(draw().status, 409)
        kinds = [e["kind"] for e in self.consumer.call("GET", "/api/v1/evidence?limit=200")["items"] if e.get("process") == flow]
        self.assertLessEqual({"delivery.requested", "delivery.started", "delivery.suspended", "delivery.completed"}, set(kinds))
        self.assertNotIn(token, self.consumer.log() + self.provider.log())
        self.assertFalse(self.outside.faults)

    # ── a control plane that this file plays ──
    def control(self, node, **more):
        plane = Plane(DATA)
        self.addCleanup(plane.server_close)
        self.addCleanup(plane.shutdown)
        self.register(node, "controlplane", "test", plane.endpoint, CONTROL, DATA, **more)
        return plane

    def notice(self, node, flow, end, **members):
        answer = self.as_control(node, f"/{flow}/{end}", {"messageId": "m", **members} if end != "completed" else {})
        return answer

    #= DPS-1.0#asynchronous type=test
    def test_receives_a_push_for_another_control_plane_and_uses_it_within_its_agreement(self):
        plane = self.control(self.consumer, agreements=True)
        agreement = "urn:uuid:" + str(uuid.uuid4())
        plane.answers["agreement"] = 200, {
            "@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@id": agreement, "@type": "Agreement", "target": "fox",
            "assigner": "did:web:b.example", "assignee": "did:web:a.example",
            "permission": [{"action": "use", "constraint": [{"leftOperand": "count", "operator": "lteq", "rightOperand": "1"}]}]}
        order, told = self.orders(self.consumer, "prepare", "fox", status=202, profile=PUSH, agreementId=agreement)
        flow = told["dataFlowId"]
        self.assertEqual(told["state"], "PREPARING")
        prepared = plane.hears(f"/transfers/{order['processId']}/dataflow/prepared")
        self.assertEqual((prepared["state"], prepared["dataFlowId"]), ("PREPARED", flow))
        address = prepared["dataAddress"]
        self.assertEqual(address["endpointType"], PUSH)
        token = {p["name"]: p["value"] for p in address["endpointProperties"]}["authorization"]
        path = urllib.parse.urlsplit(address["endpoint"]).path

        def push(shown):
            return self.consumer.request("POST", path, WORDS, token=False, headers={
                "Authorization": "Bearer " + shown, "Content-Type": "application/octet-stream"})
        self.problem(401, "delivery.token", push("another"))
        self.assertEqual(push(token).status, 204)  # before it is told that it has started
        self.assertEqual(self.notice(self.consumer, flow, "started").status, 200)
        self.assertEqual(self.state(self.consumer, flow), "STARTED")
        self.assertEqual(self.notice(self.consumer, flow, "completed").status, 200)
        self.assertEqual(self.state(self.consumer, flow), "COMPLETED")
        path = self.consumer.path("used")
        self.consumer.weir("use", agreement, "-o", path)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), WORDS)
        self.refused(3, self.consumer, "use", agreement, "-o", path)  # once is what its terms permit
        self.assertEqual(plane.faults, [])

    #= DPS-1.0#http-pull type=test
    def test_pulls_for_another_control_plane_and_says_that_it_is_done(self):
        plane = self.control(self.consumer)
        order, told = self.orders(self.consumer, "prepare", "fox", profile="http-pull")
        self.assertEqual((told["state"], "dataAddress" in told), ("PREPARED", False))
        address = {"@type": "DataAddress", "endpointType": "http-pull", "endpoint": plane.endpoint.replace("/sig", "/data"),
                   "endpointProperties": [{"@type": "EndpointProperty", "name": "authorization", "value": "T"}]}
        self.assertEqual(self.notice(self.consumer, told["dataFlowId"], "started", dataAddress=address).status, 200)
        done = plane.hears(f"/transfers/{order['processId']}/dataflow/completed")
        self.assertEqual(done["state"], "COMPLETED")
        self.assertEqual(self.transfer(self.consumer, told["dataFlowId"])["custody"], "held")
        self.assertEqual(plane.faults, [])

    #= DPS-1.0#http-push type=test
    def test_pushes_for_another_control_plane_what_is_published_here(self):
        product = self.publish(WORDS, "count<=1000", "Pushed")
        plane = self.control(self.provider)
        address = {"@type": "DataAddress", "endpointType": "http-push", "endpoint": self.outside.address.replace("/dsp", "/inbox"),
                   "endpointProperties": [{"@type": "EndpointProperty", "name": "authorization", "value": "T"},
                                          {"@type": "EndpointProperty", "name": "authType", "value": "bearer"}]}
        order, told = self.orders(self.provider, "start", product, profile="http-push", dataAddress=address)
        self.assertEqual((told["state"], "dataAddress" in told), ("STARTED", False))
        plane.hears(f"/transfers/{order['processId']}/dataflow/completed")
        self.assertEqual(self.outside.pushed, [("Bearer T", WORDS)])
        self.assertEqual(plane.faults, [])

    # ── a data plane that this file plays ──
    def data(self, form):
        plane = Plane(CONTROL)
        self.addCleanup(plane.server_close)
        self.addCleanup(plane.shutdown)
        self.register(self.provider, "dataplane", "test", plane.endpoint, DATA, CONTROL, profiles=[form])
        return plane

    def as_data(self, pid, end, **members):
        body = {"messageId": "m", "dataFlowId": "the-flow", **members}
        self.assertEqual(faults("DataFlowStatusMessage", body), [])
        return self.provider.request("POST", f"{BASE}/transfers/{pid}/dataflow/{end}", body, token=False,
                                     headers={"Authorization": DATA})

    #= DPS-1.0#control-plane type=test
    def test_has_another_data_plane_move_what_it_cannot_move_itself(self):
        plane = self.data("AmazonS3-PUSH")
        plane.answers["start"] = 202, {"messageId": "m", "dataFlowId": "the-flow", "state": "STARTING"}
        product = self.without_content()
        agreement = self.agreed(product, "urn:test:s3")["@id"]
        bucket = {"@type": "DataAddress", "endpointType": "AmazonS3", "endpointProperties": [
            {"@type": "EndpointProperty", "name": "bucketName", "value": "theirs"}]}
        pid = self.asks(agreement, "urn:test:s3-t", "AmazonS3-PUSH", dataAddress=bucket)
        order = plane.hears("/dataflows/start")
        self.assertEqual((order["processId"], order["agreementId"], order["datasetId"], order["profile"], order["counterPartyId"]),
                         (pid, agreement, product, "AmazonS3-PUSH", ME))
        self.assertEqual(order["dataAddress"], bucket)
        answer = self.provider.request("GET", f"{BASE}/transfers/{pid}/agreement", token=False, headers={"Authorization": DATA})
        self.assertEqual(faults("AgreementResponse", answer.json), [], answer.json)
        self.assertEqual((answer.json["@id"], answer.json["assignee"]), (agreement, ME))
        waits = self.transfer(self.provider, pid)
        self.assertEqual(waits["state"], "REQUESTED", waits)
        self.assertEqual(self.as_data(pid, "started", state="STARTED").status, 200)
        self.outside.hears("TransferStartMessage", consumerPid="urn:test:s3-t")
        self.assertEqual(self.as_data(pid, "errored", state="STARTED", error="the bucket is full").status, 200)
        noted = self.transfer(self.provider, pid)
        self.assertEqual((noted["state"], "the bucket is full" in noted["error"]), ("STARTED", True))
        self.moves(pid, "urn:test:s3-t", "TransferSuspensionMessage", "suspension")
        plane.hears("/dataflows/the-flow/suspend")
        self.moves(pid, "urn:test:s3-t", "TransferStartMessage", "start")
        plane.hears("/dataflows/the-flow/resume")
        until(lambda: self.as_data(pid, "completed", state="COMPLETED").status == 200)
        self.outside.hears("TransferCompletionMessage", consumerPid="urn:test:s3-t")
        self.assertEqual((plane.faults, self.outside.faults), ([], []))

    def test_an_agreement_that_ends_ends_what_a_data_plane_carries_under_it(self):
        plane = self.data("AmazonS3-PUSH")
        agreement = self.agreed(self.without_content(), "urn:test:end")["@id"]
        pid = self.asks(agreement, "urn:test:end-t", "AmazonS3-PUSH")
        self.outside.hears("TransferStartMessage", consumerPid="urn:test:end-t")
        self.provider.call("POST", f"/api/v1/agreements/{urllib.parse.quote(agreement, safe='')}/terminate", {"reason": "over"})
        plane.hears("/dataflows/the-flow/terminate")
        self.outside.hears("TransferTerminationMessage", consumerPid="urn:test:end-t")
        self.assertEqual(self.transfer(self.provider, pid)["state"], "TERMINATED")

    # ── what is refused ──
    def test_a_data_plane_that_refuses_ends_the_transfer(self):
        plane = self.data("AmazonS3-PUSH")
        plane.answers["start"] = 400, {"messageId": "m", "dataFlowId": "f", "state": "TERMINATED", "error": "secret words"}
        agreement = self.agreed(self.without_content(), "urn:test:no")["@id"]
        self.asks(agreement, "urn:test:no-t", "AmazonS3-PUSH")
        ended = self.outside.hears("TransferTerminationMessage", consumerPid="urn:test:no-t")
        self.assertNotIn("secret words", json.dumps(ended))

    #= DPS-1.0#authorization type=test
    def test_who_is_not_registered_learns_nothing(self):
        product = self.publish(WORDS, "count<=1000", "Hidden")
        self.control(self.provider)
        _, told = self.orders(self.provider, "start", product)
        for authorization in ("", DATA, "Bearer of-nobody-at-all-here", CONTROL + "x"):
            for path in (f"/{told['dataFlowId']}/status", "/nothing/status"):
                self.problem(401, "signaling.unknown", self.as_control(self.provider, path, authorization=authorization))
        other = Plane(DATA)
        self.addCleanup(other.server_close)
        self.register(self.provider, "controlplane", "other", other.endpoint, CONTROL + "-two", DATA)
        mine = self.as_control(self.provider, f"/{told['dataFlowId']}/status", authorization=CONTROL + "-two")
        none = self.as_control(self.provider, "/nothing/status", authorization=CONTROL + "-two")
        self.problem(404, "signaling.no_flow", mine)
        self.assertEqual(mine.json["detail"], none.json["detail"])

    def test_steps_out_of_order_are_refused_and_repeated_ones_change_nothing(self):
        product = self.publish(WORDS, "count<=1000", "Ordered")
        self.control(self.provider)
        order, told = self.orders(self.provider, "start", product)
        flow = told["dataFlowId"]
        self.orders(self.provider, "start", product, status=409, processId=order["processId"])
        self.orders(self.provider, "prepare", product, status=409, processId=order["processId"])
        self.problem(409, "signaling.wrong_state", self.notice(self.provider, flow, "started"))  # a provider is not told
        self.assertEqual(self.notice(self.provider, flow, "resume").status, 200)  # it goes on already
        for _ in range(2):
            self.assertEqual(self.notice(self.provider, flow, "suspend", reason="a test").status, 200)
        self.problem(409, "signaling.wrong_state", self.as_control(self.provider, f"/{flow}/completed", {}))
        for _ in range(2):
            self.assertEqual(self.notice(self.provider, flow, "terminate", reason="a test").status, 200)
        for end in ("suspend", "resume", "completed"):
            self.problem(409, "signaling.wrong_state", self.notice(self.provider, flow, end))
        self.assertEqual(self.state(self.provider, flow), "TERMINATED")

    def test_a_control_plane_moves_what_it_may_and_nothing_else(self):
        allowed, other = (self.publish(WORDS, "count<=1000", title) for title in ("Allowed", "Other"))
        self.control(self.provider, products=[allowed])
        self.orders(self.provider, "start", allowed)
        _, hidden = self.orders(self.provider, "start", other, status=404)
        _, none = self.orders(self.provider, "start", "urn:no:such", status=404)
        self.assertEqual(hidden["detail"], none["detail"])

    #= DPS-1.0#registration type=test
    def test_a_flow_stops_when_its_control_plane_is_removed(self):
        product = self.publish(WORDS, "count<=1000", "Stopped")
        self.control(self.provider)
        _, told = self.orders(self.provider, "start", product)
        address = told["dataAddress"]
        token = {p["name"]: p["value"] for p in address["endpointProperties"]}["authorization"]

        def draw():
            path = urllib.parse.urlsplit(address["endpoint"]).path
            return self.provider.request("GET", path, headers={"Authorization": "Bearer " + token}, token=False)
        self.assertEqual(draw().body, WORDS)
        self.provider.call("DELETE", BASE + "/controlplanes/test")
        self.problem(403, "agreement.not_live", draw())

    def test_terms_that_forbid_stop_a_flow_before_it_starts(self):
        product = self.publish(WORDS, "count<=1000", "Forbidden")
        plane = self.control(self.provider, agreements=True)
        agreement = "urn:uuid:" + str(uuid.uuid4())
        plane.answers["agreement"] = 200, {
            "@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@id": agreement, "@type": "Agreement", "target": product,
            "assigner": "did:web:a.example", "assignee": "did:web:b.example", "permission": [{"action": "use", "constraint": [
                {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2020-01-01T00:00:00Z"}]}]}
        order, told = self.orders(self.provider, "start", product, status=202, agreementId=agreement)
        failed = plane.hears(f"/transfers/{order['processId']}/dataflow/errored")
        self.assertEqual((failed["state"], bool(failed["error"])), ("TERMINATED", True))
        self.assertEqual(self.state(self.provider, told["dataFlowId"]), "TERMINATED")

    #= DPS-1.0#token-renewal type=test
    def test_a_refresh_token_is_for_the_counterparty_only(self):
        product = self.publish(WORDS, "count<=1000", "Renewed")
        self.control(self.provider)
        _, told = self.orders(self.provider, "start", product)
        given = {p["name"]: p["value"] for p in told["dataAddress"]["endpointProperties"]}
        self.assertTrue(given["expiresIn"].isdigit())
        body = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": given["refreshToken"]})
        for shown in ("", "Bearer " + given["authorization"], "Bearer a.b.c"):
            answer = self.provider.request("POST", "/data/v1/token", body, token=False, headers={
                "Content-Type": "application/x-www-form-urlencoded", **({"Authorization": shown} if shown else {})})
            self.assertEqual((answer.status, answer.json["error"]), (400, "invalid_client"))
        _, plain = self.orders(self.provider, "start", product, counterPartyId="somebody")
        self.assertNotIn("refreshToken", json.dumps(plain))


if __name__ == "__main__":
    unittest.main()
