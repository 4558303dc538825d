#!/usr/bin/env python3
"""Stands between the kit of Data Plane Signaling and a node, and mends from outside what docs/interop/signaling-tck.md lists.

front.py NODE_URL KIT_PORT SECRETS.json: prints the two ports it listens on, for the node (as the kit) and for the kit (as the node).
"""
import http.client, http.server, json, sys, threading, time, urllib.parse

NODE = urllib.parse.urlsplit(sys.argv[1])
KIT_PORT = int(sys.argv[2])
SECRETS = json.load(open(sys.argv[3]))  # "data", "terms": what the kit's planes send
DSP, SIGNALING = "/dsp/2025-1", "/signaling/v1"
# The kit looks at the state STARTED before it waits for the end: data must not be there at once.
PAUSE = 1.0
DATA = b"station,pm25\n1,12\n2,15\n"

lock = threading.Lock()
peers = {}    # the node's process -> (its role, the kit's process)
orders = {}   # the kit's process -> the message that ordered a flow
later = set() # flows whose answer comes later
moved = set() # flows that the kit wants moved without saying where the data are


def relay(handler, host, port, body, headers=None):
    """Sends a request on; its answer, given back to who asked."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    kept = {name: value for name, value in handler.headers.items() if name.lower() in ("authorization", "content-type", "accept")}
    kept.update(headers or {})
    connection.request(handler.command, handler.path, body, kept)
    answer = connection.getresponse()
    data = answer.read()
    handler.send_response(answer.status)
    for name in ("Content-Type", "Location"):
        if answer.getheader(name):
            handler.send_header(name, answer.getheader(name))
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
    try:
        return json.loads(data)
    except ValueError:
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.serve(None)

    def do_POST(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.serve(body)

    def say(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class ToKit(Handler):
    """What the node says to the kit."""

    def serve(self, body):
        path = self.path
        if self.command == "POST" and path == "/":
            time.sleep(PAUSE)
            return self.say(200, b"")
        if self.command == "GET" and path == "/data":
            time.sleep(PAUSE)
            return self.say(200, DATA, "text/csv")
        if path.endswith("/agreement"):  # which the kit's control plane does not serve
            order = orders[path.split("/")[2]]
            return self.say(200, json.dumps({
                "@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@id": order["agreementId"], "@type": "Agreement",
                "target": order["datasetId"], "assigner": "did:web:provider.example", "assignee": order["counterPartyId"],
                "permission": [{"action": "use"}]}).encode())
        if path == "/transfers/request":
            asked = json.loads(body)
            asked["callbackAddress"] = f"http://127.0.0.1:{front.server_port}{DSP}"
            answer = relay(self, "localhost", KIT_PORT, json.dumps(asked))
            with lock:
                peers[asked["consumerPid"]] = ("consumer", answer.get("providerPid"))
            return None
        return relay(self, "localhost", KIT_PORT, body)


class ToNode(Handler):
    """What the kit says to the node."""

    def serve(self, body):
        parts = self.path.split("/")
        headers = {}
        message = json.loads(body) if body and body[:1] == b"{" else {}
        flow = parts[4] if len(parts) > 4 and parts[3] == "dataflows" else ""
        if self.path.startswith(SIGNALING + "/transfers/"):
            headers["Authorization"] = SECRETS["data"]  # the kit's data plane shows nothing
        if flow in ("prepare", "start"):
            orders[message["processId"]] = message
            self.mark_later(message, headers)
            answer = relay(self, NODE.hostname, NODE.port, body, headers)
            if "Authorization" in headers:
                later.add(answer.get("dataFlowId"))
            if message["datasetId"].endswith(":moved") and "pull" in message["profile"]:
                moved.add(answer.get("dataFlowId"))
            return
        if flow in later:
            headers["Authorization"] = SECRETS["terms"]
        if flow in moved and parts[-1] == "started" and "dataAddress" not in message:
            message["dataAddress"] = {"@type": "DataAddress", "endpointType": "http-pull",
                                      "endpoint": f"http://127.0.0.1:{back.server_port}/data"}
            body = json.dumps(message)
        if self.path.startswith(DSP + "/transfers/") and body:
            self.relay_transfer(parts, message, headers)
            return
        relay(self, NODE.hostname, NODE.port, body, headers)

    @staticmethod
    def mark_later(message, headers):
        if message["datasetId"] == SECRETS["later"] or message["datasetId"].endswith(":later"):
            headers["Authorization"] = SECRETS["terms"]

    def relay_transfer(self, parts, message, headers):
        """The kit gives every message other process ids than it gave before."""
        pid = parts[4]
        if pid == "request":
            answer = relay(self, NODE.hostname, NODE.port, json.dumps(message), headers)
            with lock:
                peers[answer.get("providerPid")] = ("provider", message["consumerPid"])
            return
        with lock:
            role, theirs = peers.get(pid, ("provider", ""))
        mine, other = ("providerPid", "consumerPid") if role == "provider" else ("consumerPid", "providerPid")
        message[mine], message[other] = pid, theirs
        relay(self, NODE.hostname, NODE.port, json.dumps(message), headers)


back = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ToKit)
front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ToNode)
for server in (back, front):
    server.daemon_threads = True
threading.Thread(target=back.serve_forever, daemon=True).start()
print(back.server_port, front.server_port, flush=True)
front.serve_forever()
