#!/usr/bin/env python3
"""Every route of the OpenAPI document with a real answer of it, held against the schema that the document gives.

The validator is python3-jsonschema, so neither the schemas nor the answers are judged by our own code. With WEIR_TEST_DUMP=FILE
the answers are written there.
"""
import base64, json, os, subprocess, sys, tempfile, unittest
from urllib.parse import quote, urlencode

import jsonschema

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "support")]
from member import Member  # noqa: E402
from portal import Portal  # noqa: E402
from space import Space, until  # noqa: E402

PROGRAM = os.environ.get("WEIR_TEST_PROGRAM", "build/dev/weir")

# What a test cannot bring about from outside, and why. Their refusals are walked all the same.
ONLY_REFUSED = {
    "usageNotice": "needs a contract of the member",
    "paymentNotice": "needs a contract of the member",
    "breachNotice": "needs a contract of the member",
    "recordBreach": "the terms of the walk have no remedy",
    "fulfilObligation": "nothing is owed under the terms of the walk",
    "peerNodeChanged": "needs the certificate of the regional node",
    "dspNegotiationOffer": "a provider that begins has no product of ours to offer",
    "dspCounterRequest": "needs an offer that waits for the consumer",
    "dspCounterOffer": "the same from the other side",
    "dspNegotiationEvent": "needs a negotiation in the state before",
    "dspAgreement": "needs the provider's signature",
    "dspAgreementVerification": "needs the consumer's signature",
    "agreementNotice": "needs an agreement of the member",
    "dspTransferRequest": "needs an agreement of the member",
    "dspTransfer": "needs a transfer of the member",
    "dspTransferStart": "needs a transfer of the member",
    "dspTransferSuspension": "needs a transfer of the member",
    "dspTransferCompletion": "needs a signed receipt",
    "dspTransferTermination": "needs a transfer of the member",
    "pushTransfer": "needs the token of a push to this node",
    **{name: "needs a transfer that a data plane carries" for name in (
        "dataPlanePrepared", "dataPlaneStarted", "dataPlaneCompleted", "dataPlaneErrored", "getTransferAgreement")},
    "pullTransfer": "needs the token of a transfer to a connector outside the space",
    "getPartnerCatalog": "needs a connector outside the space that answers",
    "dcpQuery": "needs a token signed by a DID",
    "dcpStore": "needs a token signed by a DID",
    "dcpOffer": "needs a token signed by a DID",
    "dcpRequest": "needs a token signed by a DID",
    "dcpRequestStatus": "needs a token signed by a DID",
    "askPartner": "needs a connector outside the space that answers",
    "transferDestruction": "needs a signed proof",
    "getTransferManifest": "needs the token of a transfer of the member",
    "getTransferContent": "needs the token of a transfer of the member",
    "putInboundManifest": "needs a push to the member",
    "putInboundChunk": "needs a push to the member",
    "peerEvidence": "needs a contract of the member",
    "jobRequest": "needs an agreement of the member",
    "jobEvent": "needs a job of the member",
    "jobChannel": "needs a job of the member",
    "jobProbe": "becomes a channel, which the end-to-end tests speak",
}


class Walk:
    def __init__(self, test, nodes):
        self.test, self.nodes, self.walked, self.refused, self.kinds, self.dump = test, nodes, set(), set(), set(), {}
        self.document = nodes[0].request("GET", "/api/v1/openapi.json").json
        self.routes = {}
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                self.routes[operation["operationId"]] = (method.upper(), path, operation)

    def check(self, schema, value, what):
        whole = dict(schema, components=self.document["components"])
        errors = list(jsonschema.Draft202012Validator(whole).iter_errors(value))
        shown = "; ".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in errors[:5])
        self.test.assertFalse(errors, f"{what}: {shown}\n{json.dumps(value)[:2000]}")

    def ask(self, operation, node, body=None, query="", certificate=None, raw=None, status=None, plane=None, **parameters):
        """Asks the route; an answer of 2xx must be what the document says. Returns the answer."""
        method, path, described = self.routes[operation]
        for name, value in parameters.items():
            path = path.replace("{" + name + "}", quote(value, safe="/" if name == "path" else ""))
        self.test.assertNotIn("{", path, operation)
        if body is not None and raw is None and "requestBody" in described:
            self.check(described["requestBody"]["content"]["application/json"]["schema"], body, operation + " request")
        headers = {"Content-Type": "application/octet-stream"} if raw is not None else {}
        headers.update({"Authorization": plane} if plane else {})
        connection = node.connection(certificate) if certificate else None
        answer = node.request(method, path + ("?" + query if query else ""), raw if raw is not None else body, headers,
                              connection, token=not certificate and not plane)
        self.judge(operation, described, answer, status)
        kind = (answer.headers.get("Content-Type") or "").split(";")[0]
        return answer.json if kind in ("application/json", "application/problem+json") else answer.body

    def kinds_of(self, operation):
        """What the document says an operation answers with, each as (operation, media type)."""
        answers = self.routes[operation][2]["responses"].values()
        return {(operation, kind) for answer in answers for kind in answer.get("content", {})}

    def judge(self, operation, described, answer, status):
        good = answer.status < 300
        told = f"{operation}: {answer.status} {answer.body[:500]}"
        self.test.assertEqual(good, status is None, told)
        if status is not None:
            self.test.assertEqual(answer.status, status, told)
            self.refused.add(operation)
            kind = answer.headers["Content-Type"]
            if kind.startswith("application/problem+json"):
                self.check({"$ref": "#/components/schemas/Problem"}, answer.json, operation + " refusal")
            return
        self.walked.add(operation)
        self.test.assertIn(str(answer.status), described["responses"], told)
        content = described["responses"][str(answer.status)].get("content")
        if answer.status in (202, 204) or content is None:
            self.test.assertFalse(answer.body, told)
            return
        kind = answer.headers["Content-Type"].split(";")[0]
        self.test.assertIn(kind, content, told)
        self.kinds.add((operation, kind))
        if kind == "application/json":
            self.dump.setdefault(operation, []).append(answer.json)
            self.test.assertIn("schema", content[kind], f"{operation} has no schema for what it answers")
            self.check(content[kind]["schema"], answer.json, operation)


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Slow enough that a delivery can be stopped on its way.
        cls.space = Space(PROGRAM, environment={"WEIR_DELIVERY_BYTES_PER_SECOND": "400000"})
        cls.space.start()
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.space.close()
        cls.folder.cleanup()

    def test_every_route_answers_what_the_document_says(self):
        walk = self.walk = Walk(self, [self.space.region])
        try:
            self.walk_node(walk)
            member = self.walk_participants(walk)
            product = self.walk_catalogue(walk)
            self.walk_contracts(walk, product)
            self.walk_jobs(walk)
            self.walk_delivery(walk)
            self.walk_evidence(walk)
            self.walk_assessment(walk)
            self.walk_standards(walk)
            self.walk_peer(walk, member, product)
            self.walk_ends(walk, member)
        finally:
            if os.environ.get("WEIR_TEST_DUMP"):
                with open(os.environ["WEIR_TEST_DUMP"], "w") as file:
                    json.dump(walk.dump, file, indent=1)
        missing = set(walk.routes) - walk.walked - set(ONLY_REFUSED)
        self.assertFalse(missing, "routes that nobody walked")
        unseen = {operation: kinds for operation in walk.walked if (kinds := walk.kinds_of(operation) - walk.kinds)}
        self.assertFalse(unseen, "kinds of answers that nobody saw")
        self.assertFalse(set(ONLY_REFUSED) - walk.refused, "routes whose refusal nobody saw")

    def test_every_schema_is_one_and_is_used(self):
        document = self.space.region.request("GET", "/api/v1/openapi.json").json
        text = json.dumps(document)
        for name, schema in document["components"]["schemas"].items():
            jsonschema.Draft202012Validator.check_schema(schema)
            self.assertIn(f'"#/components/schemas/{name}"', text, f"{name} is used nowhere")

    # ── the walk ──
    def walk_node(self, walk):
        node = self.space.region
        for operation in ("health", "ready", "dspVersion", "getNode", "getAuthority"):
            walk.ask(operation, node)
        opened = [o for o in walk.routes if walk.routes[o][1].endswith("openapi.json")]
        walk.ask(opened[0], node)
        walk.ask("login", node, {"name": "nobody", "password": "wrong"}, status=401)
        made = walk.ask("createOperator", node, {"name": "Li Hua", "id": "lihua", "scopes": ["catalog:read"], "days": 3})
        walk.ask("listOperators", node)
        self.walk_operators(walk, node)
        walk.ask("revokeOperator", node, {"reason": "left"}, id=made["id"])
        # What a node without the right is told, in both languages, is a problem too.
        walk.ask("getProduct", node, id="691350100M000100Y4344031BH95JZY*", status=404)

    def walk_assessment(self, walk):
        node = self.space.region
        walk.ask("listChecklists", node)
        walk.ask("getChecklist", node, id="tc609-6-2025-16")
        filed = walk.ask("createAttestation", node, {"clause": "TC609-6-2025-13#drill", "statement": "Drilled in May",
                                                     "fileName": "drill.txt", "file": "ZHJpbGw="})
        walk.ask("listAttestations", node, query="clause=TC609-6-2025-13")
        walk.ask("getAttestationFile", node, id=filed["id"])
        made = walk.ask("createAssessment", node, {"documents": ["TC609-6-2025-13"]})["assessment"]["assessment"]
        walk.ask("listAssessments", node)
        walk.ask("getAssessment", node, id=made)
        walk.ask("getAssessmentReport", node, id=made)
        walk.ask("getAssessmentOscal", node, id=made, model="catalog")

    def walk_operators(self, walk, node):
        given = walk.ask("createOperator", node, {"name": "Wang Fang", "id": "wangfang", "scopes": ["catalog:read"],
                                                  "password": True})["password"]
        walk.ask("changePassword", node, {"name": "wangfang", "password": given, "next": "Weir-2026-pass"})
        session = walk.ask("login", node, {"name": "wangfang", "password": "Weir-2026-pass"})
        self.assertFalse(session["mustChangePassword"])
        gone = node.request("POST", "/api/v1/logout", {}, token=session["token"])
        walk.judge("logout", walk.routes["logout"][2], gone, None)
        issued = walk.ask("issueToken", node, {"scopes": ["catalog:read"], "label": "night job"}, id="wangfang")
        walk.ask("listTokens", node, id="wangfang")
        walk.ask("revokeToken", node, {"reason": "leaked"}, id=issued["id"])
        walk.ask("disableOperator", node, {"reason": "on leave"}, id="wangfang")
        walk.ask("enableOperator", node, {}, id="wangfang")
        walk.ask("unlockOperator", node, {}, id="wangfang")
        walk.ask("resetPassword", node, {}, id="wangfang")

    def walk_terms(self, walk, node):
        line = "count<=3, purpose=research"
        walk.ask("checkPolicy", node, {"terms": line})
        walk.ask("checkPolicy", node, {"terms": "from=2030-01-02, until=2030-01-01"})
        walk.ask("explainPolicy", node, {"terms": line})
        for form in ("odrl", "tc609", "terms"):
            walk.ask("convertPolicy", node, {"terms": line, "to": form})
        made = walk.ask("createTemplate", node, {"name": "A few uses", "terms": {"permission": [
            {"action": "use", "constraint": [{"leftOperand": "count", "operator": "lteq",
                                              "rightOperand": {"parameter": "times"}}]}]},
            "parameters": [{"name": "times", "type": "number", "label": {"en": "Times"}}]})
        walk.ask("listTemplates", node)
        walk.ask("fillTemplate", node, {"values": {"times": 3}}, id=made["id"])

    def walk_identifiers(self, walk, node, own):
        made = walk.ask("generateIdentifier", node, {"kind": "product"})
        walk.ask("identifierParts", node, id=made["id"])
        walk.ask("identifierParts", node, id="91350100M000100Y43")
        address = walk.ask("giveAddress", node, {}, id=own)["address"]
        walk.ask("identifierAtAddress", node, address=address)
    def walk_standards(self, walk):
        node = self.space.region
        table = base64.b64encode("number,title_zh,status\nGB/T 99001-2026,甲,in-force\nbad,x,\n".encode()).decode()
        report = walk.ask("importStandards", node, {"table": table, "source": "a list", "asOf": "2026-11-01"})
        self.assertEqual((report["new"], report["refused"]), (1, 1))
        self.assertEqual(walk.ask("showStandards", node, query="number=GB/T%2099001")["number"], "GB/T 99001-2026")
        self.assertEqual(walk.ask("findStandards", node, query="words=99001")["total"], 1)
        for name in ("tree", "coverage", "gap", "timeline", "due"):
            walk.ask(name + "Standards", node)
        walk.ask("diffStandards", node, query="from=TC609-6-2025-14&to=TC609-6-2025-15")
        for query in ("format=csv", "format=json", "format=svg", "format=ics", "format=atom"):
            walk.ask("exportStandards", node, query=query)
        columns = "document,clause,level,tier,check,applies,status,requirement_en,requirement_zh,note\n"
        rows = "OS 1,,,,,,,A system,系统,\nOS 1,6.1,must,,probe none,,assessed,Holds,保持,\n"
        added = walk.ask("addChecklist", node, {"checklist": base64.b64encode((columns + rows).encode()).decode()})
        self.assertEqual((added["clauses"], len(added["problems"])), (1, 1))
        made = walk.ask("subscribeStandards", node, {"name": "cloud", "filter": {"direction": "02"}})
        key = made["calendar"].split("/")[-2]
        self.assertIn(b"BEGIN:VEVENT", walk.ask("getStandardsCalendar", node, key=key))
        self.assertIn(b"<entry>", walk.ask("getStandardsEvents", node, key=key))
        walk.ask("listSubscriptions", node)
        walk.ask("endSubscription", node, id=str(made["id"]))
        comment = {"standard": "PRJ-TC260-WG5-04", "clause": "6.2.1", "text": "too much", "who": "a maker", "infeasibleFor": ["collector"]}
        made = walk.ask("commentDraft", node, comment)
        walk.ask("decideComment", node, {"comment": made["id"], "verdict": "partly", "reason": "for collectors"})
        self.assertEqual(walk.ask("listComments", node, query="standard=PRJ-TC260-WG5-04")["feasibility"][0]["device"], "collector")
        self.assertIn(b"too much", walk.ask("listComments", node, query="standard=PRJ-TC260-WG5-04&format=csv"))

    def walk_participants(self, walk):
        region = self.space.region
        member = Member(region, self.folder.name)
        applied = walk.ask("apply", region, member.application())
        walk.ask("pickup", region, {"pickupToken": applied["pickupToken"]}, id=applied["application"], status=503)
        walk.ask("listParticipants", region)
        walk.ask("getParticipant", region, id=applied["application"])
        walk.ask("approveParticipant", region, {"reason": "known"}, id=applied["application"])
        member.enrolled(walk.ask("pickup", region, {"pickupToken": applied["pickupToken"]}, id=applied["application"]))
        walk.ask("getParticipant", region, id=member.uscc)
        refused = tempfile.mkdtemp(dir=self.folder.name)
        other = Member(region, refused, "https://127.0.0.1:10", uscc="12110000MB00000511")
        again = walk.ask("apply", region, other.application())
        walk.ask("rejectParticipant", region, {"reason": "unknown"}, id=again["application"])
        walk.ask("listNodes", region)
        walk.ask("listNodes", self.space.provider)
        walk.ask("getNodeRecord", region, id=member.id)
        walk.ask("suspendParticipant", region, {"reason": "a test"}, id=member.id)
        walk.ask("resumeParticipant", region, {"reason": "over"}, id=member.id)
        walk.ask("getRevocations", region)
        self.walk_identifiers(walk, region, member.id)
        return member

    def walk_catalogue(self, walk):
        node = self.space.provider
        content = walk.ask("putContent", node, raw=os.urandom(200_000))
        terms = {"permission": [{"action": "use", "constraint": [
            {"leftOperand": "count", "operator": "lteq", "rightOperand": 3}]}]}
        text = {"title": {"en": "Air", "zh": "空气"}, "description": {"en": "Air quality", "zh": "空气质量"}}
        made = walk.ask("createProduct", node, dict(text, content=content, terms=terms, keywords=["air"],
                                                    grade={"level": "general", "subGrade": 2}))
        self.content, self.terms, self.text = content, terms, text
        walk.ask("getProduct", node, id=made["id"])
        walk.ask("resolveIdentifier", node, id=made["id"])
        draft = walk.ask("createProduct", node, dict(text, draft=True, content=content, terms=terms))
        walk.ask("editProduct", node, dict(text, keywords=["other"], content=content, terms=terms, reason="a word"), id=draft["id"])
        walk.ask("submitProduct", node, {"reason": "ready"}, id=draft["id"])
        walk.ask("returnProduct", node, {"reason": "not yet"}, id=draft["id"])
        walk.ask("submitProduct", node, {"reason": "ready"}, id=draft["id"])
        walk.ask("approveProduct", node, {"reason": "good"}, id=draft["id"])
        walk.ask("productHistory", node, id=draft["id"])
        walk.ask("deregisterProduct", node, {"reason": "superseded"}, id=draft["id"])
        walk.ask("searchProducts", node, query="q=Air&facet=grade&facet=publisher")
        lines = "id,title,description\n1,One,About one\n2,,\n"
        mapping = json.dumps({"identifier": "id", "title": "title", "description": "description"})
        walk.ask("loadCatalog", node, raw=lines.encode(),
                 query=urlencode({"format": "csv", "catalog": "walk", "mapping": mapping}))
        until(lambda: self.space.consumer.request("GET", "/api/v1/products/" + quote(made["id"])).status == 200)
        walk.ask("searchProducts", self.space.consumer, query="q=Air&scope=space")
        walk.ask("getProduct", self.space.consumer, id=made["id"])
        return made["id"]

    def walk_contracts(self, walk, product):
        consumer, provider = self.space.consumer, self.space.provider
        asked = walk.ask("createNegotiation", consumer, {"product": product})
        walk.ask("getNegotiation", consumer, query="wait=60000", id=asked["id"])
        done = until(lambda: (n := walk.ask("getNegotiation", consumer, id=asked["id"]))["state"] == "FINALIZED" and n)
        walk.ask("listNegotiations", consumer)
        self.agreement = done["agreementId"]
        walk.ask("listAgreements", consumer)
        shown = walk.ask("getAgreement", consumer, id=self.agreement)
        self.contract = done["contractId"]
        walk.ask("checkAgreement", consumer, {}, id=self.agreement)
        self.assertIn("id", shown)
        # Other terms wait for a person at the provider.
        other = {"permission": [{"action": "use", "constraint": [
            {"leftOperand": "count", "operator": "lteq", "rightOperand": 5}]}]}
        waits = lambda: [n["id"] for n in provider.call("GET", "/api/v1/negotiations")["items"] if n.get("held")]
        walk.ask("createNegotiation", consumer, {"product": product, "terms": other})
        walk.ask("approveNegotiation", provider, {}, id=until(waits)[0])
        walk.ask("createNegotiation", consumer, {"product": product, "terms": other})
        walk.ask("rejectNegotiation", provider, {"reason": "too often"}, id=until(waits)[0])
        third = walk.ask("createNegotiation", consumer, {"product": product, "terms": other})
        walk.ask("counterNegotiation", provider, {"terms": self.terms}, id=until(waits)[0])
        until(lambda: consumer.call("GET", "/api/v1/negotiations/" + third["id"])["state"] == "OFFERED")
        walk.ask("terminateNegotiation", consumer, {"reason": "no"}, id=third["id"])
        extra = walk.ask("createNegotiation", consumer, {"product": product})
        self.second = until(lambda: consumer.call("GET", "/api/v1/negotiations/" + extra["id"]).get("agreementId"))
        until(lambda: consumer.call("GET", "/api/v1/negotiations/" + extra["id"])["state"] == "FINALIZED")
        self.walk_terms(walk, provider)
        walk.ask("createOffer", provider, {"product": product, "consumer": consumer.call("GET", "/api/v1/node")["node"]})
        walk.ask("suspendAgreement", consumer, {"reason": "a pause"}, id=self.second)
        walk.ask("resumeAgreement", consumer, {}, id=self.second)

    def walk_jobs(self, walk):
        """Two computations that a person decides on: one runs, one is refused."""
        consumer, provider = self.space.consumer, self.space.provider
        walk.ask("listAlgorithms", provider)
        table = lambda start: b"id,x\n" + b"".join(b"%d,y\n" % (start + i) for i in range(150))
        content = walk.ask("putContent", provider, raw=table(0))
        terms = {"permission": [{"action": "urn:weir:tc609:compute"}]}
        product = walk.ask("createProduct", provider, dict(self.text, content=content, terms=terms))["id"]
        until(lambda: consumer.request("GET", "/api/v1/products/" + quote(product)).status == 200)
        asked = walk.ask("createNegotiation", consumer, {"product": product})
        done = until(lambda: (n := consumer.call("GET", "/api/v1/negotiations/" + asked["id"]))["state"] == "FINALIZED" and n)
        query = urlencode({"agreement": done["agreementId"], "key": "id"})
        for run in (True, False):
            job = walk.ask("createJob", consumer, raw=table(100), query=query)["id"]
            until(lambda: provider.request("GET", "/api/v1/jobs/" + job).status == 200)
            if run:
                walk.ask("approveJob", provider, {}, id=job)
            else:
                walk.ask("rejectJob", provider, {"reason": "not again"}, id=job)
            end = until(lambda: (j := walk.ask("getJob", consumer, query="wait=5000", id=job))["state"] in
                        ("DONE", "REJECTED", "FAILED") and j)
            self.assertEqual(end["state"], "DONE" if run else "REJECTED", end)
            if run:
                self.assertEqual(len(walk.ask("getJobResult", consumer, id=job).splitlines()), 51)
                self.assertEqual(walk.ask("getJobResult", consumer, query="format=parquet", id=job)[:4], b"PAR1")
        walk.ask("planJob", consumer, {"agreement": done["agreementId"], "mine": 150, "key": "id"})
        query = urlencode({"agreement": done["agreementId"], "query": "SELECT x, COUNT(*) FROM a JOIN b USING (id) GROUP BY x"})
        job = walk.ask("createJob", consumer, raw=table(100), query=query)["id"]
        until(lambda: provider.request("GET", "/api/v1/jobs/" + job).status == 200)
        walk.ask("approveJob", provider, {}, id=job)
        end = until(lambda: (j := walk.ask("getJob", consumer, query="wait=5000", id=job))["state"] == "DONE" and j)
        self.assertIn("consumer.x", end["statement"])
        walk.ask("listJobs", consumer)

    def walk_delivery(self, walk):
        consumer = self.space.consumer
        asked = walk.ask("createTransfer", consumer, {"agreement": self.agreement})
        until(lambda: walk.ask("getTransfer", consumer, query="wait=20000", id=asked["id"])["state"] == "COMPLETED")
        walk.ask("listTransfers", consumer)
        other = walk.ask("createTransfer", consumer, {"agreement": self.second, "format": "HttpData-PUSH"})
        until(lambda: consumer.call("GET", "/api/v1/transfers/" + other["id"])["state"] in ("STARTED", "COMPLETED"))
        walk.ask("changeTransfer", consumer, {"rateBytesPerSecond": 1_000_000}, id=other["id"])
        self.walk_running(walk)
        walk.ask("previewUse", consumer, {"action": "read"}, id=self.agreement)
        walk.ask("useData", consumer, {"action": "read", "purpose": "research"}, id=self.agreement)
        walk.ask("getUsage", consumer, id=self.agreement)
        walk.ask("listReadings", consumer)
        walk.ask("meteringTotals", consumer, query="by=participant")
        walk.ask("meteringCsv", consumer)
        walk.ask("recordPayment", self.space.provider, {"amount": "1.00", "unit": "CNY", "reference": "invoice"},
                 id=self.agreement)
        walk.ask("destroyData", consumer, {"reason": "done"}, id=self.agreement)

    def walk_running(self, walk):
        """A delivery that is stopped on its way."""
        consumer, provider = self.space.consumer, self.space.provider
        big = walk.ask("putContent", provider, raw=os.urandom(6_000_000))
        product = walk.ask("createProduct", provider, dict(self.text, content=big, terms=self.terms))["id"]
        until(lambda: consumer.request("GET", "/api/v1/products/" + quote(product)).status == 200)
        asked = walk.ask("createNegotiation", consumer, {"product": product})
        done = until(lambda: (n := consumer.call("GET", "/api/v1/negotiations/" + asked["id"]))["state"] == "FINALIZED" and n)
        transfer = walk.ask("createTransfer", consumer, {"agreement": done["agreementId"]})["id"]
        state = lambda: consumer.call("GET", "/api/v1/transfers/" + transfer)["state"]
        theirs = until(lambda: [t["id"] for t in provider.call("GET", "/api/v1/transfers")["items"]
                                if t["peerProcess"] == transfer])[0]
        walk.ask("changeTransfer", provider, {"rateBytesPerSecond": 50_000}, id=theirs)
        until(lambda: state() == "STARTED")
        walk.ask("suspendTransfer", consumer, {"reason": "a pause"}, id=transfer)
        walk.ask("resumeTransfer", consumer, {}, id=transfer)
        walk.ask("terminateTransfer", consumer, {"reason": "enough"}, id=transfer)

    def walk_evidence(self, walk):
        consumer = self.space.consumer
        walk.ask("listEvidence", consumer, query="limit=50")
        walk.ask("replayContract", consumer, contract=self.contract)
        walk.ask("getBundle", consumer, contract=self.contract)
        walk.ask("getProof", consumer, query="index=1")
        walk.ask("exportLog", consumer)
        size = walk.ask("checkLog", consumer, {})["size"]
        walk.ask("getCheckpoint", consumer)
        walk.ask("getTile", consumer, path=f"tile/0/000.p/{size}")

    def walk_peer(self, walk, member, product):
        provider, region, own = self.space.provider, self.space.region, member.certificate
        walk.ask("heartbeat", region, {}, certificate=own)
        walk.ask("peerNode", region, certificate=own, id=member.id)
        walk.ask("peerIdentifier", region, certificate=own, id=member.id)
        record = walk.ask("resolveIdentifier", provider, id=product)
        record.pop("local")
        answer = walk.ask("reportIdentifiers", region, {"identifiers": [record]}, certificate=own)
        self.assertEqual(answer["refused"], [{"id": product, "reason": "identifier.not_yours"}])
        mine = dict(record, id=product_of(member.uscc), owner=member.uscc, registrar=member.id)
        answer = walk.ask("reportIdentifiers", region, {"identifiers": [mine, mine]}, certificate=own)
        self.assertEqual(answer, {"accepted": 2, "refused": []})
        answer = walk.ask("reportIdentifiers", region, {"identifiers": [dict(mine, id=mine["id"] + "•legacy")]}, certificate=own)
        self.assertEqual(answer["refused"][0]["reason"], "identifier.taken")
        walk.ask("peerSearch", region, certificate=own, query="q=Air")
        walk.ask("peerProduct", region, certificate=own, id=product)
        walk.ask("peerChanges", provider, certificate=own, query="after=0")
        walk.ask("peerChanged", region, {}, certificate=own)
        walk.ask("peerEvidence", provider, certificate=own, contract=self.contract, status=404)
        self.walk_harvests(walk, provider)
        self.walk_partners(walk, provider)
        self.walk_signaling(walk, provider, product)
        self.walk_claims(walk, provider, region)
        self.walk_protocol(walk, provider, member, product)

    def walk_protocol(self, walk, provider, member, product):
        own, pid = member.certificate, "urn:uuid:9c0d1b0e-0000-4000-8000-000000000001"
        context = {"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"]}
        walk.ask("dspCatalog", provider, dict(context, **{"@type": "CatalogRequestMessage"}), certificate=own)
        walk.ask("dspDataset", provider, certificate=own, id=product)
        offer = provider.call("GET", "/api/v1/products/" + quote(product))["offers"][0]
        policy = dict(offer["policy"], **{"@id": offer["id"], "@type": "Offer", "target": product})
        request = dict(context, **{"@type": "ContractRequestMessage", "consumerPid": pid, "offer": policy,
                                   "callbackAddress": member.base_url + "/dsp/2025-1"})
        begun = walk.ask("dspNegotiationRequest", provider, request, certificate=own)
        walk.ask("dspNegotiation", provider, certificate=own, pid=begun["providerPid"])
        ends = dict(context, **{"@type": "ContractNegotiationTerminationMessage", "consumerPid": pid,
                                "providerPid": begun["providerPid"], "code": "test", "reason": ["over"]})
        walk.ask("dspNegotiationTermination", provider, ends, certificate=own, pid=begun["providerPid"])
        nothing = dict(context, **{"@type": "Nothing"})
        for operation in sorted(ONLY_REFUSED):
            if operation in walk.refused:
                continue
            method, path, _ = walk.routes[operation]
            names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
            walk_raw(walk, operation, provider, nothing, own, {name: "00000000-0000-4000-8000-00000000000f" for name in names})

    def walk_harvests(self, walk, node):
        portal = Portal(documents={"/data.json": ("application/json", b'{"dataset":[{"identifier":"1","title":"One"}]}')})
        self.addCleanup(portal.close)
        walk.ask("putHarvest", node, {"kind": "data.json", "url": portal.url + "/data.json"}, name="theirs")
        self.assertEqual([one["name"] for one in walk.ask("listHarvests", node)["items"]], ["theirs"])
        walk.ask("stepHarvest", node, name="theirs")
        walk.ask("removeHarvest", node, name="theirs")

    def walk_partners(self, walk, node):
        known = {"name": "Elsewhere", "address": "https://elsewhere.example/dsp/2025-1",
                 "authorizationIn": "in" * 20, "authorizationOut": "out" * 20}
        walk.ask("putPartner", node, known, id="urn:connector:elsewhere")
        partners = walk.ask("listPartners", node)["items"]
        self.assertEqual([one["id"] for one in partners], ["urn:connector:elsewhere"])
        self.assertNotIn("authorizationIn", partners[0])
        walk.ask("removePartner", node, id="urn:connector:elsewhere")
        walk.ask("getPartnerCatalog", node, id="urn:connector:elsewhere", status=404)
        walk.ask("askPartner", node, {"dataset": "any"}, id="urn:connector:elsewhere", status=404)

    def walk_signaling(self, walk, node, product):
        secret = "a secret of the control plane"
        agreed = {"endpoint": "https://control.example/signaling", "authorization": {"type": "agreed", "authorizationIn": secret}}
        walk.ask("putControlPlane", node, dict(agreed, controlplaneId="urn:control"))
        self.assertNotIn(secret, json.dumps(walk.ask("listControlPlanes", node)))
        walk.ask("putDataPlane", node, dict(agreed, dataplaneId="urn:data", profiles=["urn:profile:none"]))
        self.assertNotIn(secret, json.dumps(walk.ask("listDataPlanes", node)))
        walk.ask("removeDataPlane", node, id="urn:data")
        order = {"messageId": "m", "participantId": "did:web:a.example", "counterPartyId": "did:web:b.example",
                 "dataspaceContext": "walk", "processId": "p-1", "agreementId": "urn:a-1", "datasetId": product,
                 "profile": "https://w3id.org/dspace-sig/profile/http-pull", "claims": {}}
        notice = {"messageId": "m"}
        flow = walk.ask("startDataFlow", node, order, plane=secret)["dataFlowId"]
        walk.ask("suspendDataFlow", node, notice, plane=secret, id=flow)
        walk.ask("resumeDataFlow", node, notice, plane=secret, id=flow)
        self.assertEqual(walk.ask("getDataFlowStatus", node, plane=secret, id=flow), {"dataFlowId": flow, "state": "STARTED"})
        walk.ask("completeDataFlow", node, {}, plane=secret, id=flow)
        flow = walk.ask("prepareDataFlow", node, dict(order, processId="p-2"), plane=secret)["dataFlowId"]
        walk.ask("dataFlowStarted", node, notice, plane=secret, id=flow)
        walk.ask("terminateDataFlow", node, dict(notice, reason="over"), plane=secret, id=flow)
        walk.ask("removeControlPlane", node, id="urn:control")

    def walk_claims(self, walk, node, region):
        walk.ask("didDocument", node)
        walk.ask("resolveDid", node, id="self")
        walk.ask("dcpMetadata", region)
        walk.ask("dcpStatusList", region, profile="vc20")
        issuer = walk.ask("didDocument", region)["id"]
        walk.ask("requestCredentials", node, {"issuer": issuer, "types": ["MembershipCredential"]})
        held = until(lambda: walk.ask("listCredentials", node)["items"])
        issued = walk.ask("listIssuedCredentials", region)["items"]
        self.assertEqual([one["id"] for one in issued], [one["id"] for one in held])
        walk.ask("revokeCredential", region, {"reason": "over"}, id=issued[0]["id"])
        walk.ask("forgetCredential", node, id=held[0]["id"])

    def walk_ends(self, walk, member):
        walk.ask("terminateAgreement", self.space.consumer, {"reason": "over"}, id=self.second)
        walk.ask("deregisterParticipant", self.space.region, {"reason": "over"}, id=member.id)


def product_of(subject):
    """A product identifier of this subject (ISO 7064 MOD 37-2 at its end)."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
    text, p = "6" + subject + "1100" + "WALKED01", 0
    for c in text:
        p = (p + alphabet.index(c)) * 2 % 37
    return text + alphabet[(1 - p) % 37]


def walk_raw(walk, operation, node, body, certificate, parameters):
    """A request that must be refused, whatever the schema says of it."""
    method, path, described = walk.routes[operation]
    for name, value in parameters.items():
        path = path.replace("{" + name + "}", value)
    connection = node.connection(certificate)
    answer = node.request(method, path, None if method == "GET" else body, None, connection, token=False)
    walk.test.assertIn(answer.status // 100, (4,), f"{operation}: {answer.status} {answer.body[:300]}")
    walk.refused.add(operation)


if __name__ == "__main__":
    unittest.main()
