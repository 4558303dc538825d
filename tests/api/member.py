"""A member of a space that is no Weir: keys made with `openssl`, so that a test can speak as a node over TLS."""
import json, os, subprocess


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Member:
    USCC = "12110000MB00000436"

    def __init__(self, region, folder, base_url="https://127.0.0.1:9", uscc=None):
        self.folder, self.base_url, self.uscc = folder, base_url, uscc or self.USCC
        self.key("identity", "ed25519")
        self.key("transport", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.region = region

    def path(self, name):
        return os.path.join(self.folder, name)

    def key(self, name, algorithm, *options):
        openssl("genpkey", "-algorithm", algorithm, *options, "-out", self.path(name + ".key"))
        openssl("req", "-new", "-key", self.path(name + ".key"), "-subj", "/CN=127.0.0.1", "-out", self.path(name + ".csr"))

    def application(self):
        return {
            "participant": {
                "kind": "organisation",
                "baseInfo": {"enterpriseName": "A member of the test", "enterpriseCode": self.uscc, "enterpriseType": "1",
                             "legalPerson": "Li Hua"},
            },
            "nodeKind": "connector",
            "nodeName": "member",
            "baseUrl": self.base_url,
            "identityRequest": open(self.path("identity.csr")).read(),
            "transportRequest": open(self.path("transport.csr")).read(),
            "contact": "member@test.example",
        }

    def enrolled(self, enrolment):
        """Keeps what the pickup answered."""
        self.id = enrolment["node"]["id"]
        with open(self.path("transport.pem"), "w") as file:
            file.write(enrolment["node"]["transportCertificate"])
        self.certificate = (self.path("transport.pem"), self.path("transport.key"))
