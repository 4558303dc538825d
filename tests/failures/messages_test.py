#!/usr/bin/env python3
"""Bad messages on every endpoint, of real nodes over TLS: the status and the words that each gets.

usage: messages_test.py PROGRAMS [--write | OPERATION]     PROGRAMS is the folder of weir and node_keys
What is sent is in messages.py; what is answered is held against docs/formats/refusals.csv, which --write makes anew. An operation of the OpenAPI document without a row fails, and so does, whatever the page says: an answer of 500
or above, a refusal without words, and a difference between what does not exist and what is somebody else's.
"""
import csv, json, os, re, ssl, sys, uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import messages
from messages import KINDS, ROUTES, flipped, started, token_of
from world import World, urn, until

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/formats/refusals.csv")
COLUMNS = ["operation", "kind", "what is sent", "status", "type", "words"]
CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9A-Z]{25,50}\b\*?|127\.0\.0\.1:\d+|/tmp/\S+|[0-9a-f]{40,}")


class Operation:
    def __init__(self, name, method, path, access, uploads):
        self.name, self.method, self.path, self.access, self.uploads = name, method, path, access, uploads
        self.writes = method != "GET"

    @staticmethod
    def all_of(node):
        document = node.request("GET", "/api/v1/openapi.json", token=False).json
        for path, item in document["paths"].items():
            for method, spec in item.items():
                security = spec["security"]
                access = "open" if not security else "peer" if "nodeCertificate" in security[0] else "operator"
                uploads = "application/octet-stream" in spec.get("requestBody", {}).get("content", {})
                yield Operation(spec["operationId"], method.upper(), path, access, uploads)


class Try:
    """Sends the cases of one operation."""

    def __init__(self, world, operations, operation):
        self.w, self.operations, self.op, self.route = world, operations, operation, ROUTES[operation.name]

    def send(self, params=None, body=None, raw=None, query="", who=None, headers=None, at=None, times=1, method=None, route=None,
             length=None):
        op = self.operations[route] if route else self.op
        node = getattr(self.w, at or self.route.at)
        own = self.route.params(self.w)
        own.update(params or {})
        path = re.sub(r"\{(\w+)\}", lambda m: str(own[m.group(1)]).replace(" ", "%20"), op.path) + ("?" + query if query else "")
        data = raw if raw is not None else body if body is not None else self.route.body if op.writes else None
        if self.route.data is not None and raw is None and body is None:
            data = self.route.data
        fields = {"Content-Type": "application/octet-stream"} if isinstance(data, bytes) and self.route.data is not None else {}
        fields.update(headers or {})
        if length is not None:
            fields["Content-Length"] = str(length)
        for _ in range(times):
            answer = self._once(node, method or op.method, path, data, who or op.access, fields)
        return answer

    def _once(self, node, method, path, data, who, headers):
        w = self.w
        certificates = {"peer": w.mallory.certificate, "falsely": w.falsely, "expired": w.expired, "consumer": w.keys.certificate}
        tokens = {"operator": True, "weak": w.weak[node], "late": w.late[node], "revoked": w.revoked[node],
                  "forged": flipped(node.token()), "token": True}
        connection = node.connection(certificates.get(who))
        try:
            return node.request(method, path, data, headers, connection, tokens.get(who, False))
        except (ssl.SSLError, ConnectionError) as refused:
            if node.process.poll() is not None:
                raise AssertionError(f"the node died: {node.log()[-6000:]}") from None
            return refused
        finally:
            connection.close()


def common(op, route, w):
    """What every operation of its kind must stand."""
    if op.access == "operator":
        yield "wrongly signed", "without a token", {"who": "nobody"}
        yield "wrongly signed", "a token changed by one character", {"who": "forged"}
        yield "wrongly signed", "a token without the scope", {"who": "weak"}
        yield "wrongly signed", "a revoked token", {"who": "revoked"}
        yield "expired", "a token past its time", {"who": "late"}
    if op.access == "peer":
        yield "wrongly signed", "without a certificate", {"who": "nobody"}
        yield "wrongly signed", "an operator's token instead", {"who": "token"}
        yield "wrongly signed", "a certificate of a false authority", {"who": "falsely"}
        yield "expired", "an expired certificate", {"who": "expired"}
    yield "wrongly addressed", "a verb that is not done there", {"method": "PATCH" if op.method != "PATCH" else "DELETE"}
    yield "malformed", "a broken escape in the query", {"query": "a=%zz"}
    yield "oversized", "40 KiB of headers", {"headers": {"X-Much": "x" * 40_000}}
    if "{" in op.path:
        yield "malformed", "a NUL in the address", {"params": {k: "a%00b" for k in route.params(w)}}
    if op.name.startswith(("list", "search", "peerSearch")):
        yield "malformed", "a limit that is no number", {"query": "limit=many"}
        yield "oversized", "a limit of a million", {"query": "limit=1000000"}
    if op.writes and not op.uploads and route.data is None:
        yield "malformed", "half a JSON text", {"raw": b'{"a":'}
        yield "malformed", "a list", {"raw": b"[]"}
        yield "malformed", "invalid UTF-8", {"raw": b'{"reason":"\xc3("}'}
        yield "malformed", "a name twice", {"raw": b'{"reason":"a","reason":"b"}'}
        yield "malformed", "nested 100 deep", {"raw": b'{"a":' * 100 + b"1" + b"}" * 100}
        yield "malformed", "declared as XML", {"raw": b"{}", "headers": {"Content-Type": "text/xml"}}
        yield "malformed", "declared as compressed", {"raw": b"\x1f\x8b\x08\0\0\0\0\0", "headers": {"Content-Encoding": "gzip"}}
        yield "oversized", "17 MiB announced", {"raw": b"{", "length": 17 << 20}
    if op.access == "operator" and op.writes and not op.uploads:
        key = str(uuid.uuid4())
        yield "replayed", "the same request under the same key", {"headers": {"Idempotency-Key": key}, "times": 2}
        yield "replayed", "another request under the same key", {"headers": {"Idempotency-Key": key}, "raw": b'{"other":1}'}
        yield "malformed", "a key with a space", {"headers": {"Idempotency-Key": "a b"}}
    if route.unknown:
        yield "wrongly addressed", "what nobody has", {"params": route.unknown(w)}
    if route.foreign:
        yield "wrongly addressed", "what is somebody else's", {"params": route.foreign(w)}


def told(answer):
    """Status, type and words of an answer; what changes from run to run is left out."""
    if isinstance(answer, Exception):
        return "TLS", "", "the handshake is refused"
    kind, words = "", ""
    if answer.status >= 400 and answer.body[:1] == b"{":
        body = answer.json
        kind = body.get("type", "").removeprefix("urn:weir:error:") or body.get("code", "")
        words = body.get("detail", "") or "; ".join(body.get("reason", []))
    if answer.headers.get("Idempotency-Replayed"):
        words = ("answered again: " + words).removesuffix(": ")
    return str(answer.status), kind, CHANGING.sub("…", words)


class Table:
    def __init__(self, world):
        self.w, self.rows, self.wrong = world, [], []
        self.operations = {op.name: op for node in (world.region, world.provider) for op in Operation.all_of(node)}

    def run(self, only=None):
        for name in sorted(set(self.operations) ^ set(ROUTES)):
            self.wrong.append(f"{name}: " + ("an operation without a row in messages.py" if name in self.operations
                                             else "a row for what is no operation"))
        for name, route in ROUTES.items():
            if name in self.operations and (not only or only == name):
                self.operation(name, route)

    def operation(self, name, route):
        op = self.operations[name]
        attempt = Try(self.w, self.operations, op)
        for kind, what, call in [*common(op, route, self.w), *route.cases(self.w)]:
            assert kind in KINDS, kind
            try:
                answer = attempt.send(**call)
            except AssertionError as died:
                raise AssertionError(f"{name}, {kind}, {what}: {died}") from None
            status, reason, words = told(answer)
            self.rows.append([name, kind, what, status, reason, words])
            if status == "TLS":
                continue
            if op.access == "peer" and self.w.desk.encode() in answer.body and self.w.desk not in str(call):
                self.wrong.append(f"{name}: shows what is not published")
            place = f"{name}, {kind}, {what}: {status} {reason}"
            if answer.status >= 500 and reason != "http.method_unknown":
                self.wrong.append(f"{place}: an error of the node: {answer.body[:300]!r}")
            if answer.status >= 400 and not (reason and words):
                self.wrong.append(f"{place}: without words: {answer.body[:300]!r}")
        if route.foreign:
            self.no_oracle(name, attempt, route)

    def no_oracle(self, name, attempt, route):
        """No row of its own: to who may not see a thing, it is not there."""
        names = lambda params: [str(v) for v in params.values()]
        seen = []
        for params in (route.unknown(self.w), route.foreign(self.w)):
            body = route.probe(self.w, next(iter(params.values()))) if route.probe else None
            answer = attempt.send(params=params, body=body)
            text = answer.body.decode()
            for value in names(params):
                text = text.replace(value, "…")
            text = CHANGING.sub("…", text).replace("urn:uuid:…", "…")
            seen.append((answer.status, re.sub(r'"instance":"[^"]*"', "", text)))
        if seen[0] != seen[1]:
            self.wrong.append(f"{name}: what is somebody else's is answered {seen[1]}, what nobody has {seen[0]}")

    def compare(self, only):
        with open(PAGE, newline="") as file:
            known = [row for row in csv.reader(file)][1:]
        known = [row for row in known if not only or row[0] == only]
        for row in known:
            if row not in self.rows:
                self.wrong.append("no longer so: " + ", ".join(row))
        for row in self.rows:
            if row not in known:
                self.wrong.append("not in docs/formats/refusals.csv: " + ", ".join(row))

    def write(self):
        with open(PAGE, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS] + self.rows)


def prepare(w):
    """Things that only this table needs."""
    w.until = until
    agree = lambda: w.consumer.json("negotiate", w.product)["agreementId"]
    w.spare, w.unfetched, w.ended = agree(), agree(), agree()
    w.consumer.call("POST", f"/api/v1/agreements/{w.ended}/terminate", {"reason": "a test"})
    w.contract_id = lambda: messages.checked(w.contract[:-1])
    members = w.region.call("GET", "/api/v1/participants")["items"]
    w.applied = next(m["id"] for m in members if m.get("node") == w.mallory.id)
    w.application = w.region.call("GET", f"/api/v1/participants/{w.applied}").get("application", {})
    over = w.started(w.finalized())
    w.over_pid, w.over_token = over["providerPid"], {"Authorization": "Bearer " + token_of(over)}
    w.ask(w.provider, "POST", f"/dsp/2025-1/transfers/{w.over_pid}/termination",
          w.mallory.transfer("Termination", w.over_pid, over["consumerPid"]))


def suspended(table):
    """The last row: Mallory is suspended, and nothing of what a node may do is open to it any more."""
    w = table.w
    w.region.call("POST", f"/api/v1/participants/{w.mallory.id}/suspend", {"reason": "breach"})
    for name, route in ROUTES.items():
        op = table.operations.get(name)
        if not op or op.access != "peer" or route.at != "region":
            continue
        answer = Try(w, table.operations, op).send()
        table.rows.append([name, "expired", "a certificate of a suspended node", *told(answer)])
        if not isinstance(answer, Exception) and answer.status not in (401, 403):
            table.wrong.append(f"{name}: a suspended node is answered {answer.status}")


def main(programs, only=None):
    write, only = only == "--write", only if only != "--write" else None
    with World(os.path.abspath(programs)) as world:
        prepare(world)
        table = Table(world)
        table.run(only)
        if not only:
            suspended(table)
        if write:
            table.write()
        else:
            table.compare(only)
        for node in (world.region, world.provider, world.consumer):
            code = node.stop()
            if code != 0:
                table.wrong.append(f"a node ended with {code}: {node.log()[-2000:]}")
            node.start()  # what was sent left nothing behind that the node cannot read
            if not node.call("POST", "/api/v1/evidence/check")["ok"]:
                table.wrong.append("a log does not hold any more")
    for line in table.wrong:
        print(line)
    print(f"{len(table.rows)} bad messages to {len({row[0] for row in table.rows})} operations, {len(table.wrong)} wrong")
    return 1 if table.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
