#!/usr/bin/env python3
"""Trades with a real Eclipse EDC connector, each side as provider and as consumer: exchange.py WEIR KIT_FOLDER

KIT_FOLDER is what Maven made of pom.xml. Writes what is said, step by step; ends with 0 only if all of it came true.
"""
import http.client, http.server, json, os, subprocess, sys, threading, time
import urllib.error, urllib.parse, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from ports import reserve  # noqa: E402
from space import Space, until, read  # noqa: E402

PROTOCOL = "dataspace-protocol-http:2025-1"
EDC_ID = "edc-connector"
VOCABULARY = {"@vocab": "https://w3id.org/edc/v0.0.1/ns/"}
ODRL = "http://www.w3.org/ns/odrl.jsonld"
WORDS = "The quick brown fox jumps over the lazy dog.\n"
AIR = b"time,pm25\n2026-01-01T00:00:00Z,12\n" * 1000


def say(words):
    print(words, flush=True)


def many(value):
    return value if isinstance(value, list) else [value]


class Edc:
    """The connector, and its management API."""

    def __init__(self, kit, root, authority):
        self.root = root
        self.management, self.protocol, self.data = reserve(), reserve(), reserve()
        self.address = f"http://127.0.0.1:{self.protocol}/protocol/2025-1"
        settings = {
            "edc.participant.id": EDC_ID, "edc.hostname": "127.0.0.1",
            "edc.dsp.callback.address": f"http://127.0.0.1:{self.protocol}/protocol",
            "weir.data.port": self.data}
        for name, port in (("", reserve()), (".management", self.management), (".protocol", self.protocol),
                           (".control", reserve()), (".version", reserve())):
            settings[f"web.http{name}.port"] = port
            settings[f"web.http{name}.path"] = "/" + (name[1:] or "api")
        with open(os.path.join(root, "edc.properties"), "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in settings.items())
        # The certificate of the space's authority, beside nothing else: EDC is to call this node over TLS.
        store = os.path.join(root, "authority.p12")
        subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "space", "-file", authority, "-keystore", store,
                        "-storetype", "PKCS12", "-storepass", "changeit"], check=True, capture_output=True)
        self.log = open(os.path.join(root, "edc.log"), "w")
        self.process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-Dedc.fs.config=" + os.path.join(root, "edc.properties"),
             "-Djavax.net.ssl.trustStore=" + store, "-Djavax.net.ssl.trustStorePassword=changeit",
             "-cp", f"{kit}/edc-counterpart-1.jar:{kit}/lib/*", "org.eclipse.edc.boot.system.runtime.BaseRuntime"],
            stdout=self.log, stderr=subprocess.STDOUT)
        until(self.is_ready, timeout=120, pause=0.2)

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(read(os.path.join(self.root, "edc.log")))
        return " ready" in read(os.path.join(self.root, "edc.log"))

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.management, timeout=60)
        text = None if body is None else json.dumps({"@context": VOCABULARY, **body})
        connection.request(method, "/management/v3" + path, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read().decode()
        if answer.status >= 300:
            raise RuntimeError(f"EDC answered {answer.status} to {method} {path}: {said}")
        return json.loads(said) if said else {}

    def authorization_for(self, participant, address):
        """What this connector sends to show itself at `address`: taken from a request to a listener of our own."""
        seen = []

        class Listener(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                seen.append(self.headers["Authorization"])
                self.send_response(403)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            here = f"http://127.0.0.1:{server.server_port}"
            self.catalog(here, participant)
        except RuntimeError:
            pass  # the listener said no
        finally:
            server.shutdown()
        return seen[0].replace(here, address)  # the audience

    def catalog(self, address, participant):
        return self.call("POST", "/catalog/request", {"@type": "CatalogRequest", "counterPartyAddress": address,
                                                      "counterPartyId": participant, "protocol": PROTOCOL})

    def offer(self, asset, text):
        self.call("POST", "/assets", {"@id": asset, "properties": {"name": asset},
                                      "dataAddress": {"type": "Text", "text": text}})
        policy = {"@context": ODRL, "@type": "Set", "permission": [{"action": "use"}]}
        self.call("POST", "/policydefinitions", {"@id": "open", "policy": policy})
        self.call("POST", "/contractdefinitions", {"@id": "all", "accessPolicyId": "open", "contractPolicyId": "open",
                                                   "assetsSelector": []})

    def negotiate(self, address, participant, offer, target):
        policy = {key: value for key, value in offer.items()}
        policy.update({"@context": ODRL, "@type": "Offer", "assigner": {"@id": participant}, "target": {"@id": target}})
        made = self.call("POST", "/contractnegotiations", {"@type": "ContractRequest", "counterPartyAddress": address,
                                                           "counterPartyId": participant, "protocol": PROTOCOL,
                                                           "policy": policy})
        return self.await_state("/contractnegotiations/" + made["@id"], "FINALIZED")

    def transfer(self, address, participant, agreement, target):
        made = self.call("POST", "/transferprocesses", {
            "@type": "TransferRequest", "counterPartyAddress": address, "connectorId": participant, "protocol": PROTOCOL,
            "contractId": agreement, "assetId": target, "transferType": "HttpData-PULL"})
        return self.await_state("/transferprocesses/" + made["@id"], "STARTED")

    def await_state(self, path, state):
        def reached():
            now = self.call("GET", path)
            if now["state"] == state:
                return now
            if now["state"] in ("TERMINATED", "TERMINATING"):
                raise RuntimeError(f"EDC: {path} is {now['state']}: {now.get('errorDetail')}")
            return None
        return until(reached, timeout=90, pause=0.1)

    def data_reference(self, transfer):
        """Endpoint and token, as soon as they have come."""
        def come():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.data}/edr/{transfer}") as answer:
                    return answer.read().decode().splitlines()[:2]
            except urllib.error.HTTPError:
                return None
        return until(come, pause=0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def know_each_other(weir, edc, me):
    """The one thing that an operator does before: an entry for the other connector."""
    for name, text in (("in", edc.authorization_for(me, weir.running_url() + "/dsp/2025-1")),
                       ("out", json.dumps({"region": "eu", "audience": EDC_ID, "clientId": me}))):
        with open(weir.path(f"edc.{name}"), "w") as file:
            file.write(text)
    weir.weir("partner", "add", EDC_ID, "--name", "EDC", "--address", edc.address, "--data-address",
              f"http://127.0.0.1:{edc.data}", "--authorization-in", "file:" + weir.path("edc.in"),
              "--authorization-out", "file:" + weir.path("edc.out"))
    say(f"weir partner add {EDC_ID} --address {edc.address} --data-address http://127.0.0.1:{edc.data} …")


def weir_consumes(weir, edc):
    say("\n── EDC provides, Weir consumes ──")
    edc.offer("fox", WORDS)
    catalog = weir.json("partner", "catalog", EDC_ID)
    say("catalogue of EDC, as Weir reads it: " + ", ".join(d["@id"] for d in catalog["dataset"]))
    done = weir.json("partner", "negotiate", EDC_ID, "fox")
    say(f"negotiation {done['state']}, agreement {done['agreementId']}")
    weir.weir("fetch", done["agreementId"])
    path = weir.path("fox.txt")
    weir.weir("use", done["agreementId"], "-o", path)
    assert read(path) == WORDS, read(path)
    say(f"HTTP-pull: {len(WORDS)} bytes of EDC lie in Weir's vault, and a use of them gives what EDC serves")


def edc_consumes(weir, edc, me):
    say("\n── Weir provides, EDC consumes ──")
    path, policy = weir.path("air.csv"), weir.path("policy.json")
    with open(path, "wb") as file:
        file.write(AIR)
    with open(policy, "w") as file:
        json.dump({"@context": ODRL, "@type": "Offer", "@id": "urn:offer:air", "permission": [{"action": "use"}]}, file)
    product = weir.json("publish", path, "--title", "Air quality", "--policy", policy)["id"]
    address = weir.running_url() + "/dsp/2025-1"
    catalog = edc.catalog(address, me)
    dataset = next(d for d in many(catalog["dataset"]) if d["@id"] == product)
    say(f"catalogue of Weir, as EDC reads it: {dataset['@id']}")
    offer = many(dataset["hasPolicy"])[0]
    done = edc.negotiate(address, me, offer, product)
    say(f"negotiation {done['state']}, agreement {done['contractAgreementId']}")
    begun = edc.transfer(address, me, done["contractAgreementId"], product)
    endpoint, token = edc.data_reference(begun["@id"])
    say(f"transfer {begun['state']}, endpoint {urllib.parse.urlsplit(endpoint).path}")
    connection = weir.connection()
    connection.request("GET", urllib.parse.urlsplit(endpoint).path, headers={"Authorization": token})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200 and body == AIR, (answer.status, body[:200])
    say(f"HTTP-pull: {len(body)} bytes of Weir, with the token that EDC was given")
    row = until(lambda: next((t for t in weir.call("GET", "/api/v1/transfers?limit=200")["items"]
                              if t["role"] == "provider" and t["bytesMoved"] >= len(AIR)), None))
    say(f"metered at Weir: {row['bytesMoved']} bytes")
    edc.call("POST", f"/transferprocesses/{begun['@id']}/terminate", {"reason": "done"})
    until(lambda: weir.call("GET", "/api/v1/transfers/" + row["id"])["state"] == "TERMINATED")
    connection.request("GET", urllib.parse.urlsplit(endpoint).path, headers={"Authorization": token})
    answer = connection.getresponse()
    answer.read()
    assert answer.status >= 400, answer.status
    say(f"ended by EDC; the token opens nothing any more ({answer.status})")


def main():
    weir_program, kit = sys.argv[1:3]
    with Space(weir_program, ("provider",), environment={"WEIR_CONTRACT_UNSIGNED_PEERS": "true"},
               keep=bool(os.environ.get("WEIR_TEST_KEEP"))) as space:
        space.start()
        weir = space.provider
        me = json.loads(read(weir.path("node.json")))["node"]
        begin = time.monotonic()
        edc = Edc(kit, space.root, weir.path("certificates/authority.pem"))
        say(f"EDC is up after {time.monotonic() - begin:.1f} s; Weir is {me}")
        try:
            know_each_other(weir, edc, me)
            weir_consumes(weir, edc)
            edc_consumes(weir, edc, me)
        except BaseException:
            if space.keep:
                say("left in " + space.root)
            raise
        finally:
            edc.stop()
    say("\nall of it came true")


if __name__ == "__main__":
    main()
