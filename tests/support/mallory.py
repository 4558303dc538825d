"""Mallory: a node that was admitted to the space, and whose keys the test holds. It says and signs whatever the test wants.

It listens where its node would, so honest nodes' messages arrive and are kept.
"""
import hashlib, http.client, http.server, json, os, ssl, subprocess, tempfile, threading, time, uuid

CONTEXT = ["https://w3id.org/dspace/2025/1/context.jsonld"]


def canonical(value):
    """RFC 8785 of what these tests sign: no fractions, only plain keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def now(seconds=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def urn():
    return "urn:uuid:" + str(uuid.uuid4())


class Keys:
    """The keys of a node's folder, as somebody who has them can use them."""

    def __init__(self, tool, folder):
        self.tool, self.folder = tool, folder
        node = json.load(open(os.path.join(folder, "node.json")))
        self.id, self.entity = node["node"], node["participant"]
        self.room = tempfile.mkdtemp(prefix="weir-keys-")
        self.key = self._keep("key.pem", self.ask())
        self.chain = os.path.join(folder, "certificates/transport.pem")
        self.certificate = (self.chain, self.key)

    def ask(self, *words, given=None):
        return subprocess.run([self.tool, self.folder, *words], input=given, capture_output=True, text=True, check=True).stdout

    def _keep(self, name, text):
        path = os.path.join(self.room, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def sign(self, text):
        """The signature in its text form: algorithm:base64url."""
        return self.ask("sign", given=text.encode().hex() + "\n").strip()

    def issued(self, authority, since, until):
        """A certificate for this node's key: by the authority of that folder, or by a false one ("-")."""
        pem = self.ask("issue", authority, since, until)
        return self._keep(f"issued-{uuid.uuid4()}.pem", pem), self.key

    def signed(self, agreement, **other):
        """One entry of `signatures` over an agreement."""
        statement = {"agreementHash": "sha256:" + hashlib.sha256(canonical(agreement).encode()).hexdigest(),
                     "agreementId": agreement["@id"], "contractId": agreement["contractId"], "entityId": self.entity,
                     "nodeId": self.id, "signatoryTime": now(), "type": "weir.contract.signature.v1", **other}
        algorithm, signature = self.sign(canonical(statement)).split(":")
        return {"entityId": statement["entityId"], "nodeId": statement["nodeId"], "algorithm": algorithm,
                "signature": signature, "signatoryTime": statement["signatoryTime"]}


class Mallory(Keys):
    def __init__(self, tool, folder, url, authority):
        super().__init__(tool, folder)
        self.url, self.heard, self.lock = url, [], threading.Lock()
        self.deaf = False  # answers 503 to everything
        mallory = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, answer = mallory.hear(self.command, self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass

        host, port = url.removeprefix("https://").split(":")
        self.server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def hear(self, method, path, body):
        if self.deaf:
            return 503, {}
        message = json.loads(body) if body[:1] == b"{" else {}
        with self.lock:
            self.heard.append((path, message))
        if path.endswith("/negotiations/request"):
            return 201, {"@context": CONTEXT, "@type": "ContractNegotiation",
                         "providerPid": "urn:mallory:" + message["consumerPid"], "consumerPid": message["consumerPid"],
                         "state": "REQUESTED"}
        if path.endswith("/transfers/request"):
            return 201, {"@context": CONTEXT, "@type": "TransferProcess", "providerPid": urn(),
                         "consumerPid": message["consumerPid"], "state": "REQUESTED"}
        return 200, {}

    def last(self, end, of=""):
        """The newest message to an address with that end, about `of`; None if there is none yet."""
        with self.lock:
            for path, message in reversed(self.heard):
                if path.endswith(end) and of in path + canonical(message):
                    return message
        return None

    def address(self):
        return self.url + "/dsp/2025-1"

    # ── what it says ──
    def negotiation_request(self, product, offer, **other):
        return {"@context": CONTEXT, "@type": "ContractRequestMessage", "@id": urn(), "consumerPid": urn(),
                "offer": {"@type": "Offer", "@id": offer["id"], "target": product, **offer["terms"]},
                "callbackAddress": self.address(), **other}

    def verification(self, agreed, **other):
        message = {"@context": CONTEXT, "@type": "ContractAgreementVerificationMessage",
                   "providerPid": agreed["providerPid"], "consumerPid": agreed["consumerPid"],
                   "signatures": [self.signed(agreed["agreement"])]}
        message.update(other)
        return message

    def transfer(self, kind, provider_pid, consumer_pid, **other):
        return {"@context": CONTEXT, "@type": f"Transfer{kind}Message", "providerPid": provider_pid,
                "consumerPid": consumer_pid, **other}
