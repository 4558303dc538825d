"""The table of bad messages: for every operation of the API, what is sent. What is answered is in docs/formats/refusals.csv.

A row of ROUTES says where an operation is tried, with which parameters and body, and what is particular to it; what every
operation of its kind must stand is in common(). A case is (kind, words, call), and a call is the keyword arguments of Try.send.
"""
import base64, copy, json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from mallory import CONTEXT, canonical, now, urn

KINDS = ("malformed", "oversized", "replayed", "expired", "wrongly signed", "wrongly addressed", "out of order", "duplicated")
NOBODY = "urn:uuid:00000000-0000-4000-8000-000000000000"
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"


def checked(text):
    """With its check character of ISO 7064 MOD 37-2."""
    total = 0
    for character in text:
        total = (total + CHARACTERS.index(character)) * 2 % 37
    return text + CHARACTERS[(38 - total) % 37]


def another(identifier):
    """A well-formed identifier that nobody has."""
    at = len(identifier) - 2
    return checked(identifier[:at] + ("Z" if identifier[at] != "Z" else "Y"))


class Route:
    def __init__(self, at="provider", params=None, body=None, cases=None, unknown=None, foreign=None, data=None, probe=None):
        self.at, self.params, self.body, self.data = at, params or (lambda w: {}), body, data
        self.probe = probe  # a well-formed message about (world, process), to look for what one may not see
        self.cases = cases or (lambda w: [])
        self.unknown, self.foreign = unknown, foreign  # parameters that name nothing, and something of somebody else


def without(message, name):
    out = copy.deepcopy(message)
    del out[name]
    return out


def changed(message, **members):
    out = copy.deepcopy(message)
    for path, value in members.items():
        at, names = out, path.split("__")
        for name in names[:-1]:
            at = at[int(name) if name.isdigit() else name]
        at[names[-1]] = value
    return out


def flipped(text):
    """The same text with its middle character changed."""
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1:]


def unsigned(**claims):
    """A token of the right form that nobody signed."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), ""])


def by_did():
    """What whoever comes with a self-issued ID token may get wrong before it is looked at closely."""
    stranger = "did:web:stranger.example"
    tokens = (("without Bearer", "a.b.c"), ("a token that is none", "Bearer a.b.c"),
              ("a token of two identifiers", "Bearer " + unsigned(iss=stranger, sub="did:web:other.example")),
              ("a token of a stranger, not signed", "Bearer " + unsigned(iss=stranger, sub=stranger)),
              ("an access token that is none", "Bearer " + unsigned(iss=stranger, sub=stranger, token="faketoken")))
    return [("wrongly signed", words, {"headers": {"Authorization": token}}) for words, token in tokens]


REASON = {"reason": "a test"}
BREACH = {"breach": "1", "rule": "urn:rule", "what": "seen"}
PAYMENT = {"amount": "1.00", "unit": "CNY", "reference": "nothing"}
nobody = lambda w: {"id": NOBODY}
process = lambda w: {"pid": NOBODY}


# ── operators ──

def of_negotiation(**more):
    return Route("consumer", lambda w: {"id": w.negotiation}, REASON, unknown=nobody,
                 cases=lambda w: [("out of order", "of a negotiation that is over", {})], **more)


def of_agreement(cases=None, body=REASON):
    return Route("consumer", lambda w: {"id": w.spare}, body, cases, unknown=nobody)


def of_transfer(body=REASON):
    return Route("consumer", lambda w: {"id": w.transfer}, body, unknown=nobody,
                 cases=lambda w: [("out of order", "of a transfer that is over", {})])


def of_product():
    return Route("provider", lambda w: {"id": w.product}, REASON, unknown=lambda w: {"id": another(w.product)},
                 cases=lambda w: [("out of order", "of a published product", {}),
                                  ("wrongly addressed", "an identifier with a wrong check character",
                                   {"params": {"id": flipped(w.product)}}),
                                  ("wrongly addressed", "the product of another node", {"params": {"id": w.bait}})])


def of_operator(body=REASON, cases=None):
    return Route(params=lambda w: {"id": "revoked"}, body=body, unknown=lambda w: {"id": "nobody"}, cases=cases)


def of_member(active):
    """Of a node in the state before; a step that is taken already or is not open to it."""
    return Route("region", lambda w: {"id": w.member}, REASON, unknown=lambda w: {"id": another(w.member)},
                 cases=lambda w: [("malformed", "an identifier of no form", {"params": {"id": "0"}}),
                                  ("malformed", "without a reason", {"body": {}}),
                                  *([("out of order", "of a node that is active", {})] if active else [])])


# ── planes of Data Plane Signaling ──

PLANES = {"control": ("controlplanes", {"controlplaneId": "urn:test:control"}, "the control plane of the table"),
          "data": ("dataplanes", {"dataplaneId": "urn:test:data", "profiles": ["urn:profile:none"]}, "the data plane of the table")}
ORDER = {"messageId": "m", "participantId": "did:web:a.example", "counterPartyId": "did:web:b.example", "dataspaceContext": "table",
         "agreementId": "urn:test:agreement", "profile": "https://w3id.org/dspace-sig/profile/http-pull", "claims": {}}
PUSH = {"@type": "DataAddress", "endpointType": "http-push", "endpoint": "http://192.0.2.1/in"}


def as_plane(w, kind):
    """The headers of a plane that the provider's operator registered."""
    path, named, secret = PLANES[kind]
    w.provider.call("PUT", "/signaling/v1/" + path, {**named, "endpoint": "https://192.0.2.1/signaling", "authorization": {
        "type": "agreed", "authorizationIn": secret}})
    return {"headers": {"Authorization": secret}}


def order(process, dataset="urn:test:dataset", **more):
    return {**ORDER, "processId": process, "datasetId": dataset, **more}


def of_plane(kind, body=None, cases=lambda w, own: [], one=True):
    """An operation for planes: not for strangers, and of another's flow as of none."""
    def tried(w):
        own = as_plane(w, kind)
        return [("wrongly signed", "with an Authorization of nobody", {"headers": {"Authorization": "Bearer of-nobody-at-all"}}),
                ("wrongly signed", "with the Authorization of the other kind of plane",
                 as_plane(w, "data" if kind == "control" else "control")),
                *([("wrongly addressed", "of a flow that nobody has", own)] if one else []),
                *([("malformed", "an empty object, by a plane", {**own, "body": {}})] if body is not None else []),
                *cases(w, own)]
    return Route("provider", nobody if one else None, body, tried, unknown=nobody if one else None)


def order_cases(w, own):
    at = lambda **members: {**own, "body": order("urn:process:of-the-table", **members)}
    return [("malformed", "a profile that this node does not serve", at(profile="https://w3id.org/dspace-sig/profile/s3-push")),
            ("malformed", "claims that are no object", at(claims=[])),
            ("malformed", "a data address without its type", at(dataAddress={"endpoint": "https://192.0.2.1"})),
            ("wrongly addressed", "with an agreement of this node", at(agreementId=w.agreement)),
            ("oversized", "a process id of 600 characters", {**own, "body": order("x" * 600)})]


def start_cases(w, own):
    at = lambda **members: {**own, "body": order("urn:process:started", **members)}
    return [*order_cases(w, own),
            ("wrongly addressed", "a dataset that nobody has", at()),
            ("wrongly addressed", "a product of another node", at(datasetId=w.bait)),
            ("malformed", "a pull with a data address", at(datasetId=w.product, dataAddress={**PUSH, "endpoint": "https://192.0.2.1"})),
            ("malformed", "a push without one", at(datasetId=w.product, profile="http-push")),
            ("wrongly addressed", "a push to an address without TLS", at(datasetId=w.product, profile="http-push", dataAddress=PUSH)),
            ("duplicated", "started twice", {**own, "body": order("urn:process:twice", w.product), "times": 2})]


def registration_cases(name):
    good = {name: "urn:test:third", "endpoint": "https://192.0.2.1", "profiles": ["p"],
            "authorization": {"type": "agreed", "authorizationIn": "a secret of the table"}}
    return lambda w: [
        ("malformed", "without an id", {"body": without(good, name)}),
        ("malformed", "an endpoint without TLS", {"body": {**good, "endpoint": "http://192.0.2.1"}}),
        ("malformed", "without authorization", {"body": without(good, "authorization")}),
        ("malformed", "an authorization of another type", {"body": {**good, "authorization": {"type": "oauth2_token_exchange"}}}),
        ("malformed", "a secret of four characters", {"body": changed(good, authorization__authorizationIn="four")}),
        ("oversized", "a secret of 600 characters", {"body": changed(good, authorization__authorizationIn="x" * 600)})]


NOTICE = {"messageId": "m"}
REPORT = {"messageId": "m", "dataFlowId": "f", "state": "STARTED"}
SIGNALING = {
    "prepareDataFlow": of_plane("control", {}, order_cases, one=False), "startDataFlow": of_plane("control", {}, start_cases, one=False),
    **{name: of_plane("control", NOTICE) for name in ("dataFlowStarted", "suspendDataFlow", "resumeDataFlow", "terminateDataFlow")},
    "completeDataFlow": of_plane("control", {}), "getDataFlowStatus": of_plane("control"),
    **{name: of_plane("data", REPORT) for name in ("dataPlanePrepared", "dataPlaneStarted", "dataPlaneCompleted", "dataPlaneErrored")},
    "getTransferAgreement": of_plane("data"),
    "putDataPlane": Route(body={}, cases=registration_cases("dataplaneId")), "listDataPlanes": Route(),
    "putControlPlane": Route(body={}, cases=registration_cases("controlplaneId")), "listControlPlanes": Route(),
    "removeDataPlane": Route(params=lambda w: {"id": "nobody"}, unknown=lambda w: {"id": "nobody"}),
    "removeControlPlane": Route(params=lambda w: {"id": "nobody"}, unknown=lambda w: {"id": "nobody"}),
}


use = {"action": "read", "purpose": "research"}
OPERATORS = {
    "health": Route(), "ready": Route(), "dspVersion": Route(), "getNode": Route(), "getOpenApi": Route(),
    "getAuthority": Route(), "getRevocations": Route("region"), "getCheckpoint": Route(),
    "login": Route(body={"name": "admin", "password": "wrong"}, cases=lambda w: [
        ("wrongly signed", "an unknown name", {"body": {"name": "nobody", "password": "wrong"}}),
        ("wrongly signed", "a wrong password", {})]),
    "createOperator": Route(body={"name": "clerk", "scopes": ["catalog:read"]}, cases=lambda w: [
        ("duplicated", "a name that is taken", {"body": {"name": "weak", "scopes": ["catalog:read"]}}),
        ("malformed", "a scope that is none", {"body": {"name": "clerk2", "scopes": ["everything"]}}),
        ("malformed", "days below one", {"body": {"name": "clerk3", "scopes": ["catalog:read"], "days": -1}}),
        ("oversized", "days beyond all time", {"body": {"name": "clerk4", "scopes": ["catalog:read"], "days": 2**62}})]),
    "listOperators": Route(),
    "logout": Route(body={}, cases=lambda w: [("wrongly addressed", "with a token that is no session", {})]),
    "changePassword": Route(body={"name": "admin", "password": "wrong", "next": "Another-1234"}, cases=lambda w: [
        ("wrongly signed", "a wrong password", {}),
        ("wrongly signed", "an unknown name", {"body": {"name": "nobody", "password": "wrong", "next": "Another-1234"}}),
        ("malformed", "without the new one", {"body": {"name": "admin", "password": "wrong"}})]),
    "resetPassword": of_operator({}), "unlockOperator": of_operator({}), "disableOperator": of_operator(),
    "enableOperator": of_operator({}), "listTokens": of_operator(None),
    "issueToken": of_operator({"scopes": ["catalog:read"]}, lambda w: [
        ("malformed", "a scope that is none", {"body": {"scopes": ["everything"]}}),
        ("oversized", "days beyond all time", {"body": {"scopes": ["catalog:read"], "days": 2**62}})]),
    "revokeToken": Route(params=nobody, body=REASON, unknown=nobody),
    "generateIdentifier": Route(body={"kind": "thing"}, cases=lambda w: [
        ("malformed", "a mistyped participant", {"body": {"kind": "product", "subject": "91350100M000100Y44"}})]),
    "identifierParts": Route(params=lambda w: {"id": w.product}, unknown=lambda w: {"id": "0"}, cases=lambda w: [
        ("malformed", "a wrong check character", {"params": {"id": flipped(w.product)}})]),
    "giveAddress": Route("region", lambda w: {"id": w.mallory.id}, {}, unknown=lambda w: {"id": another(w.mallory.id)}),
    "identifierAtAddress": Route(params=lambda w: {"address": "fd00::1"}, unknown=lambda w: {"address": "fd00::1"},
                                 cases=lambda w: [("malformed", "an address that is none", {"params": {"address": "here"}})]),
    "checkPolicy": Route(body={"terms": "cuont<=3"}, cases=lambda w: [
        ("malformed", "a policy that is none", {"body": {"policy": {"permission": 7}}}),
        ("oversized", "300 rules", {"body": {"policy": {"permission": [{"action": "use"}] * 300}}})]),
    "explainPolicy": Route(body={"terms": "cuont<=3"}),
    "convertPolicy": Route(body={"terms": "count<=3", "to": "xml"}),
    "revokeOperator": Route(params=lambda w: {"id": "revoked"}, body=REASON, unknown=lambda w: {"id": "nobody"}),
    "apply": Route("region", body={}, cases=lambda w: [
        ("duplicated", "an address that is taken", {"body": w.application}),
        ("wrongly signed", "a request signed by another key",
         {"body": changed(w.application, identityRequest=w.application["transportRequest"])}),
        ("wrongly addressed", "at a node that admits nobody", {"at": "provider", "body": w.application})]),
    "pickup": Route("region", lambda w: {"id": w.applied}, {"pickupToken": "wrong"}, unknown=nobody),
    "listParticipants": Route("region"),
    "getParticipant": Route("region", lambda w: {"id": w.mallory.id}, unknown=nobody),
    "approveParticipant": Route("region", lambda w: {"id": w.applied}, REASON, unknown=nobody,
                                cases=lambda w: [("duplicated", "approved before", {})]),
    "rejectParticipant": Route("region", lambda w: {"id": w.applied}, REASON, unknown=nobody,
                               cases=lambda w: [("out of order", "approved before", {})]),
    "suspendParticipant": of_member(False), "resumeParticipant": of_member(True), "deregisterParticipant": of_member(False),
    "listNodes": Route("region"),
    "listReadings": Route(cases=lambda w: [("malformed", "a time that is none", {"query": "since=yesterday"}),
                                           ("malformed", "a cursor that is none", {"query": "cursor=x"})]),
    "meteringCsv": Route(cases=lambda w: [("oversized", "a limit of a billion", {"query": "limit=1000000000"})]),
    "meteringTotals": Route(cases=lambda w: [("malformed", "by what is not counted", {"query": "by=colour"})]),
    "getNodeRecord": Route(params=lambda w: {"id": w.mallory.id}, unknown=lambda w: {"id": another(w.mallory.id)}),
    "resolveIdentifier": Route(params=lambda w: {"id": w.product}, unknown=lambda w: {"id": another(w.product)}),
    "putPartner": Route(params=lambda w: {"id": "urn:partner:new"}, body={}, cases=lambda w: [
        ("malformed", "without an address", {"body": {"authorizationOut": "x", "authorizationIn": "y"}}),
        ("malformed", "an address without TLS",
         {"body": {"address": "http://192.0.2.1/dsp", "authorizationOut": "x" * 40, "authorizationIn": "y" * 40}}),
        ("oversized", "a name of 100,000 characters",
         {"body": {"name": "x" * 100_000, "address": "https://192.0.2.1", "authorizationOut": "x", "authorizationIn": "y"}})]),
    "putHarvest": Route(params=lambda w: {"name": "theirs"}, body={"kind": "ckan", "url": "https://192.0.2.1"}, cases=lambda w: [
        ("malformed", "of a kind that is none", {"body": {"kind": "ftp", "url": "https://192.0.2.1"}}),
        ("malformed", "an address without TLS", {"body": {"kind": "ckan", "url": "http://192.0.2.1"}}),
        ("oversized", "a name of 1,000 characters", {"params": {"name": "x" * 1000}})]),
    "listHarvests": Route(),
    "removeHarvest": Route(params=lambda w: {"name": "nobody"}, unknown=lambda w: {"name": "nobody"}),
    "stepHarvest": Route(params=lambda w: {"name": "nobody"}, unknown=lambda w: {"name": "nobody"}),
    "listPartners": Route(),
    "removePartner": Route(params=lambda w: {"id": "nobody"}, unknown=lambda w: {"id": "nobody"}),
    "getPartnerCatalog": Route(params=lambda w: {"id": "nobody"}, unknown=lambda w: {"id": "nobody"}),
    "askPartner": Route(params=lambda w: {"id": "nobody"}, body={"dataset": "x"}, unknown=lambda w: {"id": "nobody"}),
    "didDocument": Route(),
    "resolveDid": Route(params=lambda w: {"id": "self"}, unknown=lambda w: {"id": "nobody"}, cases=lambda w: [
        ("malformed", "an identifier of another method", {"params": {"id": "did:key:z6Mk"}}),
        ("malformed", "a path that climbs", {"params": {"id": "did:web:a.example:..:x"}})]),
    "listCredentials": Route(),
    "requestCredentials": Route(body={"issuer": "https://issuer.example"}, cases=lambda w: [
        ("malformed", "types that are no list", {"body": {"issuer": "did:web:127.0.0.1%3A1", "types": "all"}}),
        ("malformed", "a profile that is none", {"body": {"issuer": "did:web:127.0.0.1%3A1", "profile": "cbor"}})]),
    "forgetCredential": Route(params=nobody, unknown=nobody),
    "listIssuedCredentials": Route("region"),
    "revokeCredential": Route("region", params=nobody, body=REASON, unknown=nobody),
    "dcpQuery": Route(body={}, cases=lambda w: by_did()),
    "dcpStore": Route(body={}, cases=lambda w: by_did()),
    "dcpOffer": Route(body={}, cases=lambda w: by_did()),
    "dcpMetadata": Route("region"),
    "dcpRequest": Route("region", body={}, cases=lambda w: by_did()),
    "dcpRequestStatus": Route("region", params=nobody, cases=lambda w: by_did(), unknown=nobody),
    "dcpStatusList": Route("region", params=lambda w: {"profile": "vc20"}, unknown=lambda w: {"profile": "nothing"}),
    "searchProducts": Route(cases=lambda w: [
        ("malformed", "a filter without a value", {"query": "filter=publisher"}),
        ("malformed", "an unknown facet", {"query": "facet=colour"}),
        ("malformed", "a cursor that is none", {"query": "cursor=%00"}),
        ("malformed", "an unknown order", {"query": "order=random"})]),
    "createProduct": Route(body={"title": {"en": "Another"}}, cases=lambda w: [
        ("malformed", "without a title", {"body": {}}),
        ("malformed", "terms that are none", {"body": {"title": {"en": "x"}, "terms": {"permission": 3}}}),
        ("wrongly addressed", "a content that is not here",
         {"body": {"title": {"en": "x"}, "content": {"root": "sha256:" + "0" * 64}}}),
        ("oversized", "a title of 100,000 characters", {"body": {"title": {"en": "x" * 100_000}}})]),
    "getProduct": Route(params=lambda w: {"id": w.product}, unknown=lambda w: {"id": another(w.product)}, cases=lambda w: [
        ("wrongly addressed", "an identifier with a wrong check character", {"params": {"id": flipped(w.product)}})]),
    "editProduct": Route(params=lambda w: {"id": w.desk}, body={"title": {"en": "Edited"}},
                         unknown=lambda w: {"id": another(w.product)},
                         cases=lambda w: [("wrongly addressed", "the product of another node", {"params": {"id": w.bait}})]),
    "productHistory": Route(params=lambda w: {"id": w.product}, unknown=lambda w: {"id": another(w.product)}),
    "submitProduct": of_product(), "approveProduct": of_product(), "returnProduct": of_product(),
    "deregisterProduct": Route(params=lambda w: {"id": w.desk}, body=REASON, unknown=lambda w: {"id": another(w.product)},
                               cases=lambda w: [("duplicated", "twice", {"times": 2})]),
    "putContent": Route(data=b"some bytes"),
    "loadCatalog": Route(data=b'{"title": 1}\n', cases=lambda w: [
        ("malformed", "a mapping that is none", {"query": "format=csv&mapping=%7B"}),
        ("malformed", "lines that are no records", {"raw": b"\xff\xfe\n{\n[]\n"})]),
    "createNegotiation": Route("consumer", body={"product": "0"}, cases=lambda w: [
        ("wrongly addressed", "a product that nobody has", {"body": {"product": another(w.product)}}),
        ("wrongly addressed", "an offer that the product has not", {"body": {"product": w.product, "offer": NOBODY}}),
        ("wrongly addressed", "a product of its own", {"at": "provider", "body": {"product": w.product}})]),
    "createOffer": Route(body={"product": "0", "consumer": "0"}, cases=lambda w: [
        ("wrongly addressed", "a product of another node", {"body": {"product": w.bait, "consumer": w.mallory.id}}),
        ("wrongly addressed", "a participant that is none", {"body": {"product": w.product, "consumer": another(w.mallory.id)}})]),
    "createTemplate": Route(body={"name": "Nothing", "terms": {}}, cases=lambda w: [
        ("malformed", "a place without a parameter", {"body": {"name": "T", "terms": {"permission": [
            {"action": "use", "constraint": [{"leftOperand": "count", "operator": "lteq",
                                              "rightOperand": {"parameter": "times"}}]}]}}})]),
    "listTemplates": Route(), "fillTemplate": Route(params=nobody, body={"values": {}}, unknown=nobody),
    "listNegotiations": Route("consumer"),
    "getNegotiation": Route("consumer", lambda w: {"id": w.negotiation}, unknown=nobody, cases=lambda w: [
        ("oversized", "a wait of an hour", {"query": "wait=3600000"})]),
    "approveNegotiation": of_negotiation(), "rejectNegotiation": of_negotiation(),
    "counterNegotiation": of_negotiation(), "terminateNegotiation": of_negotiation(),
    "listAgreements": Route("consumer"),
    "getAgreement": Route("consumer", lambda w: {"id": w.agreement}, unknown=nobody),
    "checkAgreement": Route("consumer", lambda w: {"id": w.agreement}, unknown=nobody),
    "resumeAgreement": of_agreement(lambda w: [("out of order", "of an agreement that is not suspended", {})]),
    "suspendAgreement": of_agreement(lambda w: [("duplicated", "suspended before", {"times": 2})]),
    "terminateAgreement": of_agreement(lambda w: [("duplicated", "ended before", {"times": 2})]),
    "previewUse": Route("consumer", lambda w: {"id": w.agreement}, use, unknown=nobody, cases=lambda w: [
        ("malformed", "without an action", {"body": {}})]),
    "useData": Route("consumer", lambda w: {"id": w.agreement}, {"action": "read", "purpose": "marketing"}, unknown=nobody,
                     cases=lambda w: [("out of order", "of data that were not fetched", {"params": {"id": w.unfetched}, "body": use}),
                                      ("wrongly addressed", "at the provider", {"at": "provider", "body": use}),
                                      ("malformed", "without an action", {"body": {}})]),
    "destroyData": Route("consumer", lambda w: {"id": w.unfetched}, REASON, unknown=nobody,
                         cases=lambda w: [("malformed", "without a reason", {"body": {}})]),
    "getUsage": Route("consumer", lambda w: {"id": w.agreement}, unknown=nobody),
    "fulfilObligation": Route("consumer", lambda w: {"id": w.agreement, "obligation": NOBODY}, {"proof": "done"},
                              cases=lambda w: [("malformed", "without a proof", {"body": {"proof": ""}})]),
    "recordPayment": Route("provider", lambda w: {"id": w.agreement}, PAYMENT, unknown=nobody, cases=lambda w: [
        ("wrongly addressed", "at the consumer, who pays", {"at": "consumer"}),
        ("malformed", "of nothing", {"body": dict(PAYMENT, amount="0")}),
        ("malformed", "without a reference", {"body": dict(PAYMENT, reference="")})]),
    "recordBreach": Route("provider", lambda w: {"id": w.agreement}, {"rule": "urn:rule", "what": "seen"},
                          unknown=nobody, cases=lambda w: [
        ("malformed", "without a rule", {"body": {"what": "seen"}}),
        ("malformed", "of nothing", {"body": {"rule": "urn:rule", "what": ""}})]),
    "createJob": Route("consumer", data=b"id,x\n1,2\n", cases=lambda w: [
        ("malformed", "without a key", {"query": f"agreement={w.agreement}"}),
        ("malformed", "a form that is none", {"query": f"agreement={w.agreement}&key=id&form=shape"}),
        ("malformed", "two columns here and one there", {"query": f"agreement={w.agreement}&key=id,x&theirKey=id"}),
        ("malformed", "an algorithm that nobody has", {"query": f"agreement={w.agreement}&key=id&algorithm=guess"}),
        ("malformed", "an answer that is none", {"query": f"agreement={w.agreement}&key=id&answer=figure"}),
        ("malformed", "an algorithm that gives another answer", {
            "query": f"agreement={w.agreement}&key=id&answer=size&algorithm=psi-rr22"}),
        ("malformed", "a query that is not supported", {"query": f"agreement={w.agreement}&query=SELECT+*"}),
        ("malformed", "two forms of one key of a query", {
            "query": f"agreement={w.agreement}&form=text,phone&query=SELECT+COUNT(*)+FROM+a+JOIN+b+USING+(id)"}),
        ("malformed", "a query for an algorithm that answers none", {
            "query": f"agreement={w.agreement}&algorithm=psi-rr22&query=SELECT+COUNT(*)+FROM+a+JOIN+b+USING+(id)"}),
        ("wrongly addressed", "an agreement that nobody has", {"query": f"agreement={NOBODY}&key=id"}),
        ("wrongly addressed", "at the provider", {"at": "provider", "query": f"agreement={w.agreement}&key=id"}),
        ("out of order", "under an agreement that ended", {"query": f"agreement={w.ended}&key=id"})]),
    "planJob": Route("consumer", body={"agreement": NOBODY, "mine": 10, "key": "id"}, cases=lambda w: [
        ("malformed", "without a number of keys", {"body": {"agreement": w.agreement, "key": "id"}}),
        ("malformed", "less than no keys", {"body": {"agreement": w.agreement, "key": "id", "mine": -1}}),
        ("malformed", "too many groups", {"body": {"agreement": w.agreement, "key": "id", "mine": 1, "groups": 65}}),
        ("malformed", "without a key or a query", {"body": {"agreement": w.agreement, "mine": 10}}),
        ("malformed", "a query that is not supported", {"body": {"agreement": w.agreement, "mine": 10, "query": "SELECT"}}),
        ("wrongly addressed", "at the provider", {"at": "provider", "body": {"agreement": w.agreement, "key": "id", "mine": 1}})]),
    "listJobs": Route("consumer", cases=lambda w: [("malformed", "a cursor that is none", {"query": "cursor=x"})]),
    "getJob": Route("consumer", nobody, unknown=nobody), "getJobResult": Route("consumer", nobody, unknown=nobody),
    "approveJob": Route(params=nobody, body={}, unknown=nobody),
    "rejectJob": Route(params=nobody, body=REASON, unknown=nobody, cases=lambda w: [
        ("malformed", "without a reason", {"body": {}})]),
    "listAlgorithms": Route(),
    "createTransfer": Route("consumer", body={"agreement": NOBODY}, cases=lambda w: [
        ("malformed", "a format that is none", {"body": {"agreement": w.agreement, "format": "Carrier-PIGEON"}}),
        ("wrongly addressed", "at the provider", {"at": "provider", "body": {"agreement": w.agreement}}),
        ("out of order", "under an agreement that ended", {"body": {"agreement": w.ended}})]),
    "listTransfers": Route("consumer"),
    "getTransfer": Route("consumer", lambda w: {"id": w.transfer}, unknown=nobody),
    "changeTransfer": of_transfer({"rateBytesPerSecond": -1}),
    "resumeTransfer": of_transfer(), "suspendTransfer": of_transfer(), "terminateTransfer": of_transfer(),
    "listEvidence": Route(cases=lambda w: [("malformed", "a time that is none", {"query": "since=yesterday"}),
                                           ("malformed", "a cursor that is none", {"query": "cursor=%00"})]),
    "replayContract": Route("consumer", lambda w: {"contract": w.contract}, unknown=lambda w: {"contract": "C0"}),
    "getBundle": Route("consumer", lambda w: {"contract": w.contract}, unknown=lambda w: {"contract": "C0"}),
    "getProof": Route(cases=lambda w: [("wrongly addressed", "an entry that is not there yet", {"query": "index=99999999"}),
                                       ("malformed", "an index below zero", {"query": "index=-1"})]),
    "exportLog": Route(), "checkLog": Route(),
    "listChecklists": Route(), "listAssessments": Route(), "listAttestations": Route(),
    "getChecklist": Route(params=lambda w: {"id": "none"}, unknown=lambda w: {"id": "none"}),
    "createAssessment": Route(body={"documents": ["none"]}),
    "getAssessment": Route(params=nobody, unknown=nobody), "getAssessmentReport": Route(params=nobody, unknown=nobody),
    "getAssessmentOscal": Route(params=lambda w: {"id": NOBODY, "model": "none"}, unknown=lambda w: {"id": NOBODY, "model": "none"}),
    "createAttestation": Route(body={"clause": "none", "statement": "x"}, cases=lambda w: [
        ("malformed", "an answer that is none", {"body": {"clause": "none", "statement": "x", "answer": "perhaps"}}),
        ("malformed", "a file that is no base64", {"body": {"clause": "none", "statement": "x", "file": "!"}}),
        ("expired", "good until a time that is none", {"body": {"clause": "none", "statement": "x", "validUntil": "never"}})]),
    "getAttestationFile": Route(params=nobody, unknown=nobody),
    "findStandards": Route(cases=lambda w: [("malformed", "a status that is none", {"query": "status=perhaps"})]),
    "showStandards": Route(cases=lambda w: [("malformed", "a number that is none", {"query": "number=cloud"}),
                                            ("wrongly addressed", "a standard that is not there", {"query": "number=GB/T%2099999"})]),
    "treeStandards": Route(cases=lambda w: [("wrongly addressed", "an edition that is not there", {"query": "edition=1999"})]),
    "coverageStandards": Route(), "gapStandards": Route(), "timelineStandards": Route(), "exportStandards": Route(),
    "dueStandards": Route(cases=lambda w: [("malformed", "a day that is none", {"query": "until=soon"})]),
    "diffStandards": Route(cases=lambda w: [("wrongly addressed", "a list that is not there", {"query": "from=none&to=none"})]),
    "importStandards": Route(body={"table": "!"}, cases=lambda w: [
        ("malformed", "a workbook that is cut", {"body": {"table": "UEsDBA==", "source": "x"}}),
        ("malformed", "a table without numbers", {"body": {"table": "YSxiCjEsMgo=", "source": "x"}})]),
    "listComments": Route(cases=lambda w: [("wrongly addressed", "of a standard that is not there", {"query": "standard=GB/T%2099999"})]),
    "commentDraft": Route(body={}, cases=lambda w: [
        ("out of order", "on what is no draft", {"body": {"standard": "GB/T 43697-2024", "text": "x", "who": "y"}})]),
    "decideComment": Route(body={}, cases=lambda w: [
        ("wrongly addressed", "a comment that is not there", {"body": {"comment": 999999, "verdict": "accepted"}}),
        ("malformed", "a refusal without a reason", {"body": {"comment": 1, "verdict": "rejected"}})]),
    "addChecklist": Route(body={"checklist": "!"}, cases=lambda w: [
        ("malformed", "a checklist without columns", {"body": {"checklist": "YSxiCjEsMgo="}})]),
    "subscribeStandards": Route(body={"name": ""}), "listSubscriptions": Route(),
    "endSubscription": Route(params=lambda w: {"id": "0"}, unknown=lambda w: {"id": "0"}),
    "getStandardsCalendar": Route(params=lambda w: {"key": "none"}, unknown=lambda w: {"key": "none"}),
    "getStandardsEvents": Route(params=lambda w: {"key": "none"}, unknown=lambda w: {"key": "none"}),
    "getTile": Route(params=lambda w: {"path": "tile/0/000"}, cases=lambda w: [
        ("wrongly addressed", "a tile that is not there", {"params": {"path": "tile/9/999"}}),
        ("malformed", "a path that leads out", {"params": {"path": "../weir.db"}})]),
}


# ── nodes: negotiation ──

def request_cases(w):
    good = w.mallory.negotiation_request(w.product, w.offer)
    missing = [("malformed", f"without {name}", {"body": without(good, name)})
               for name in ("@type", "consumerPid", "offer", "callbackAddress")]
    again, _ = w.negotiate()
    return missing + [
        ("malformed", "a message of another kind", {"body": {**good, "@type": "ContractAgreementMessage"}}),
        ("malformed", "a reason that is cut in a character", {"body": {**good, "consumerPid": "é" * 300}}),
        ("oversized", "300 rules", {"body": changed(good, offer__permission=good["offer"]["permission"] * 300)}),
        ("oversized", "300 KiB", {"body": {**good, "note": "x" * 300_000}}),
        ("expired", "an offer that was good until yesterday", {"body": changed(good, offer__validUntil=now(-86400))}),
        ("wrongly addressed", "a product that nobody has", {"body": changed(good, offer__target=another(w.product))}),
        ("wrongly addressed", "a product that is not published", {"body": changed(good, offer__target=w.desk)}),
        ("wrongly addressed", "an offer that the product has not", {"body": changed(good, **{"offer__@id": NOBODY})}),
        ("wrongly addressed", "an answer to somebody else", {"body": {**good, "callbackAddress": "https://127.0.0.1:1/dsp"}}),
        ("wrongly addressed", "to a node that does not offer it", {"at": "consumer", "body": good}),
        ("replayed", "the same message", {"body": again}),
        ("duplicated", "a process id with another message", {"body": {**again, "@id": urn()}}),
        ("out of order", "with a providerPid, as a later message has one", {"body": {**good, "providerPid": NOBODY}})]


def message(kind, provider_pid, consumer_pid, **more):
    return {"@context": CONTEXT, "@type": kind, "providerPid": provider_pid, "consumerPid": consumer_pid, **more}


def event(w, pid, their, name):
    return message("ContractNegotiationEventMessage", pid, their, eventType=name)


def agreed_process(w):
    """A negotiation with Mallory's turn to sign."""
    if not hasattr(w, "open_agreement"):
        w.open_request, w.open_agreement = w.negotiate()
    return w.open_agreement


def counter_cases(w):
    agreed = agreed_process(w)
    body = without(w.mallory.negotiation_request(w.product, w.offer, providerPid=agreed["providerPid"],
                                                 consumerPid=agreed["consumerPid"]), "callbackAddress")
    return [("out of order", "a request when the agreement is to be signed", {"params": {"pid": agreed["providerPid"]}, "body": body}),
            ("malformed", "with a callback address", {"params": {"pid": agreed["providerPid"]},
                                                      "body": {**body, "callbackAddress": w.mallory.address()}}),
            ("wrongly addressed", "the process of another message", {"params": {"pid": agreed["providerPid"]},
                                                                     "body": {**body, "providerPid": NOBODY}})]


def event_cases(w):
    agreed = agreed_process(w)
    pid, their = agreed["providerPid"], agreed["consumerPid"]
    at = {"params": {"pid": pid}}
    return [("out of order", "accepted when the agreement is to be signed", {**at, "body": event(w, pid, their, "ACCEPTED")}),
            ("out of order", "finalized by the consumer", {**at, "body": event(w, pid, their, "FINALIZED")}),
            ("malformed", "an event that is none", {**at, "body": event(w, pid, their, "MAYBE")}),
            ("malformed", "a message of another kind", {**at, "body": message("ContractNegotiationTerminationMessage", pid, their)}),
            ("wrongly addressed", "another consumerPid", {**at, "body": event(w, pid, NOBODY, "ACCEPTED")})]


def verification_cases(w):
    agreed = agreed_process(w)
    pid, agreement = agreed["providerPid"], agreed["agreement"]
    at = {"params": {"pid": pid}}
    good = w.mallory.signed(agreement)
    say = lambda *signatures: {**at, "body": w.mallory.verification(agreed, signatures=list(signatures))}
    done = w.finalized()
    over = {"params": {"pid": done["providerPid"]}}
    said = w.verified[done["providerPid"]]
    return [("wrongly signed", "not at all", say()),
            ("wrongly signed", "one character changed", say(changed(good, signature=flipped(good["signature"])))),
            ("wrongly signed", "by the key of another node", say(changed(w.keys.signed(agreement), nodeId=w.mallory.id,
                                                                         entityId=w.mallory.entity))),
            ("wrongly signed", "in the name of another node", say(w.keys.signed(agreement))),
            ("wrongly signed", "for another organisation", say(w.mallory.signed(agreement, entityId=w.keys.entity))),
            ("wrongly signed", "over another agreement", say(w.mallory.signed({**agreement, "contentRoot": "sha256:" + "0" * 64}))),
            ("wrongly signed", "with the name of another algorithm", say(changed(good, algorithm="sm2-sm3"))),
            ("wrongly signed", "dated in the future", say(w.mallory.signed(agreement, signatoryTime=now(86400)))),
            ("malformed", "signatures that are no list", {**at, "body": w.mallory.verification(agreed, signatures="x")}),
            ("oversized", "a thousand signatures", say(*[good] * 1000)),
            ("wrongly addressed", "another consumerPid", {**at, "body": w.mallory.verification(agreed, consumerPid=NOBODY)}),
            ("replayed", "the same message, when the contract is final", {**over, "body": said}),
            ("duplicated", "another one, when the contract is final",
             {**over, "body": w.mallory.verification(done, signatures=[w.mallory.signed(done["agreement"], signatoryTime=now(-3600))])}),
            ("out of order", "before there is an agreement", {"at": "consumer", "params": {"pid": w.lured()[1]},
                                                             "body": w.mallory.verification(agreed)})]


def their_agreement(w, request, pid, **other):
    """What Mallory answers to the consumer's request."""
    own = "urn:mallory:" + pid  # its name for the process
    agreement = {"@type": "Agreement", "@id": urn(), "target": w.bait, "assigner": w.mallory.id, "assignee": w.keys.id,
                 "timestamp": now(), "contractId": w.contract_id(), "providerEntityId": w.mallory.entity,
                 "consumerEntityId": w.keys.entity, "providerPid": own, "consumerPid": pid,
                 **{k: v for k, v in request["offer"].items() if k not in ("@type", "@id", "target", "validUntil", "period")}}
    agreement.update(other)
    return message("ContractAgreementMessage", own, pid, agreement=agreement,
                   signatures=[w.mallory.signed(agreement)])


def agreement_cases(w):
    request, pid = w.lured()
    at = {"at": "consumer", "params": {"pid": pid}}
    good = their_agreement(w, request, pid)
    say = lambda **other: {**at, "body": their_agreement(w, request, pid, **other)}
    return [("wrongly signed", "not at all", {**at, "body": {**good, "signatures": []}}),
            ("wrongly signed", "one character changed",
             {**at, "body": changed(good, signatures__0__signature=flipped(good["signatures"][0]["signature"]))}),
            ("wrongly signed", "terms changed after signing", {**at, "body": changed(good, agreement__permission=[])}),
            ("wrongly signed", "other terms than were asked for", say(permission=[{"action": "use"}])),
            ("wrongly signed", "another content", say(contentRoot="sha256:" + "1" * 64)),
            ("wrongly addressed", "another assignee", say(assignee=w.mallory.id)),
            ("wrongly addressed", "another organisation", say(consumerEntityId=w.mallory.entity)),
            ("wrongly addressed", "a message for the other role", {"params": {"pid": agreed_process(w)["providerPid"]},
                                                                  "at": "provider", "body": agreed_process(w)}),
            ("malformed", "a number of a contract that is none", say(contractId="C1")),
            ("malformed", "without a time", {**at, "body": changed(good, agreement=without(good["agreement"], "timestamp"))}),
            ("expired", "over before it begins", say(validUntil=now(-60))),
            ("out of order", "an event before the agreement", {**at, "route": "dspNegotiationEvent",
                                                              "body": event(w, good["providerPid"], pid, "FINALIZED")})]


def termination_cases(w):
    done = w.finalized()
    _, fresh = w.negotiate()
    _, other = w.negotiate()
    end = lambda agreed, **more: {"params": {"pid": agreed["providerPid"]}, "body": message(
        "ContractNegotiationTerminationMessage", agreed["providerPid"], agreed["consumerPid"], **more)}
    return [("out of order", "of a contract that is final", end(done)),
            ("oversized", "forty reasons", end(fresh, reason=["no"] * 40)),
            ("oversized", "a reason of 10,000 bytes", end(fresh, reason=["é" * 5000])),
            ("malformed", "reasons that are no texts", end(other, reason=[1])),
            ("duplicated", "the same message", {**end(fresh, reason=["enough"]), "times": 2})]


def signed_notice(w, agreement, by=None, **other):
    notice = {"@context": CONTEXT, "@type": "AgreementNotice", "noticeId": urn(), "event": "SUSPENDED",
              "agreementId": agreement["@id"], "contractId": agreement["contractId"], "issuerId": w.mallory.id,
              "issuerEntityId": w.mallory.entity, "issueTime": now(), "code": "", "reason": []}
    body = {k: v for k, v in {**notice, **other}.items() if v not in ("", [])}
    algorithm, signature = (by or w.mallory).sign(canonical(body)).split(":")
    return {**body, "signature": {"algorithm": algorithm, "signature": signature}}


def notice_probe(w, agreement):
    return signed_notice(w, {"@id": agreement, "contractId": w.contract})


def notice_cases(w):
    agreement = w.finalized()["agreement"]
    signed = lambda by=None, **other: signed_notice(w, agreement, by, **other)
    at = {"params": {"id": agreement["@id"]}}
    good = signed()
    return [("wrongly signed", "not at all", {**at, "body": without(good, "signature")}),
            ("wrongly signed", "changed after signing", {**at, "body": {**good, "event": "TERMINATED", "terminateType": "01"}}),
            ("wrongly signed", "by another key", {**at, "body": signed(by=w.keys)}),
            ("wrongly signed", "dated in the future", {**at, "body": signed(issueTime=now(86400))}),
            ("wrongly addressed", "about another agreement", {**at, "body": signed(agreementId=w.agreement)}),
            ("out of order", "resumed before it was suspended", {**at, "body": signed(event="RESUMED", noticeId=urn())}),
            ("malformed", "an event that is none", {**at, "body": signed(event="PAINTED")}),
            ("replayed", "the same notice", {**at, "body": good, "times": 2}),
            ("duplicated", "suspended again by another notice", {**at, "body": signed(noticeId=urn())})]


def offer_cases(w):
    offer = {"@context": CONTEXT, "@type": "ContractOfferMessage", "@id": urn(), "providerPid": urn(),
             "offer": {"@type": "Offer", "@id": urn(), "target": w.bait, **w.offer["terms"]}, "callbackAddress": w.mallory.address()}
    at = {"at": "consumer"}
    return [("malformed", f"without {name}", {**at, "body": without(offer, name)}) for name in ("@type", "providerPid", "offer")] + [
            ("wrongly addressed", "an answer to somebody else", {**at, "body": {**offer, "callbackAddress": "https://127.0.0.1:1/"}}),
            ("expired", "an offer that was good until yesterday", {**at, "body": changed(offer, offer__validUntil=now(-86400))}),
            ("replayed", "the same message", {**at, "body": offer, "times": 2})]


# ── nodes: delivery ──

def started(w):
    if not hasattr(w, "live_start"):
        w.live_agreement = w.finalized()
        w.live_start = w.started(w.live_agreement)
    return w.live_start


def transfer_request_cases(w):
    agreed = w.finalized()
    good = {"@context": CONTEXT, "@type": "TransferRequestMessage", "consumerPid": urn(),
            "agreementId": agreed["agreement"]["@id"], "format": "HttpData-PULL", "callbackAddress": w.mallory.address()}
    elsewhere = {"@type": "DataAddress", "endpoint": "https://127.0.0.1:1/inbound", "endpointProperties": []}
    _, unsigned = w.negotiate()
    return [("malformed", f"without {name}", {"body": without(good, name)})
            for name in ("@type", "consumerPid", "agreementId", "format", "callbackAddress")] + [
            ("malformed", "a format that is none", {"body": {**good, "format": "Carrier-PIGEON"}}),
            ("malformed", "a push to nowhere", {"body": {**good, "format": "HttpData-PUSH"}}),
            ("oversized", "a process id of 300 bytes", {"body": {**good, "consumerPid": "x" * 300}}),
            ("wrongly addressed", "an agreement that nobody has", {"body": {**good, "agreementId": NOBODY}}),
            ("wrongly addressed", "an agreement of others", {"body": {**good, "agreementId": w.agreement}}),
            ("wrongly addressed", "an answer to somebody else", {"body": {**good, "callbackAddress": "https://127.0.0.1:1/dsp"}}),
            ("wrongly addressed", "a push to somebody else", {"body": {**good, "consumerPid": urn(), "format": "HttpData-PUSH",
                                                                       "dataAddress": elsewhere}}),
            ("out of order", "before the agreement is final", {"body": {**good, "agreementId": unsigned["agreement"]["@id"]}}),
            ("replayed", "the same message", {"body": good, "times": 2})]


def transfer_cases(kind):
    def cases(w):
        start = started(w)
        pid, their = start["providerPid"], start["consumerPid"]
        at = {"params": {"pid": pid}}
        good = w.mallory.transfer(kind, pid, their)
        out = [("malformed", f"without {name}", {**at, "body": without(good, name)}) for name in ("@type", "providerPid", "consumerPid")]
        out += [("malformed", "a message of another kind", {**at, "body": {**good, "@type": "TransferRequestMessage"}}),
                ("wrongly addressed", "another consumerPid", {**at, "body": {**good, "consumerPid": NOBODY}}),
                ("wrongly addressed", "another providerPid", {**at, "body": {**good, "providerPid": NOBODY}})]
        return out + MORE[kind](w, at, good)
    return cases


def completion_cases(w, at, good):
    agreement = w.live_agreement["agreement"]
    receipt = {"type": "weir.receipt.v1", "agreement": agreement["@id"], "contract": agreement["contractId"],
               "product": w.product, "contentRoot": agreement["contentRoot"], "bytes": os.path.getsize(w.file),
               "providerPid": good["providerPid"], "consumerPid": good["consumerPid"], "receiver": w.mallory.id, "time": now()}
    say = lambda by=w.mallory, **other: {**at, "body": {**good, "receipt": {
        **receipt, **other, "signature": by.sign(canonical({**receipt, **other}))}}}
    right = say()
    return [("wrongly signed", "a receipt without a signature", {**at, "body": {**good, "receipt": receipt}}),
            ("wrongly signed", "a receipt changed after signing", {**at, "body": changed(right["body"], receipt__time=now(-9))}),
            ("wrongly signed", "by another key", say(by=w.keys)),
            ("wrongly addressed", "a receipt about another agreement", say(agreement=w.agreement)),
            ("wrongly addressed", "a receipt of another size", say(bytes=1)),
            ("malformed", "a receipt of a negative size", say(bytes=-1)),
            ("duplicated", "the same message", {**right, "times": 2}),
            ("out of order", "a start after completion", {**at, "route": "dspTransferStart",
                                                          "body": w.mallory.transfer("Start", good["providerPid"], good["consumerPid"])})]


MORE = {
    "Start": lambda w, at, good: [("out of order", "a start of what runs", {**at, "body": good})],
    "Suspension": lambda w, at, good: [
        ("malformed", "a reason cut within a character", {**at, "body": {**good, "reason": ["x" * 499 + "é"]}}),
        ("duplicated", "the same message", {**at, "body": good, "times": 2}),
        ("out of order", "completion while suspended", {**at, "route": "dspTransferCompletion",
                                                        "body": w.mallory.transfer("Completion", good["providerPid"], good["consumerPid"])}),
        ("replayed", "resumed twice", {**at, "route": "dspTransferStart", "times": 2,
                                       "body": w.mallory.transfer("Start", good["providerPid"], good["consumerPid"])})],
    "Completion": completion_cases,
    "Termination": lambda w, at, good: [
        ("out of order", "after completion", {**at, "body": good}),
        ("oversized", "forty thousand reasons", {**at, "body": {**good, "reason": ["no"] * 40_000}})],
}


def destruction_cases(w):
    start = started(w)
    agreement = w.live_agreement["agreement"]
    at = {"params": {"pid": start["providerPid"]}}
    proof = {"type": "weir.destruction.v1", "agreement": agreement["@id"], "contract": agreement["contractId"],
             "product": w.product, "contentRoot": agreement["contentRoot"], "providerPid": start["providerPid"],
             "consumerPid": start["consumerPid"], "holder": w.mallory.id, "reason": "a test", "time": now()}
    good = {**proof, "signature": w.mallory.sign(canonical(proof))}
    return [("malformed", f"without {name}", {**at, "body": without(good, name)}) for name in ("providerPid", "signature", "time")] + [
            ("wrongly signed", "changed after signing", {**at, "body": {**good, "time": now(-9)}}),
            ("wrongly signed", "by another key", {**at, "body": {**good, "signature": w.keys.sign(canonical(proof))}}),
            ("wrongly addressed", "about another process", {**at, "body": {**good, "providerPid": w.their_transfer}}),
            ("replayed", "the same proof", {**at, "body": good, "times": 2})]


def data_cases(w):
    start = started(w)
    at = {"params": {"pid": start["providerPid"]}}
    token = {"Authorization": "Bearer " + token_of(start)}
    return [("wrongly signed", "without the token", at),
            ("wrongly signed", "with a token changed by one character", {**at, "headers": {"Authorization": "Bearer " + flipped(token_of(start))}}),
            ("wrongly addressed", "with the token, by another node", {**at, "who": "consumer", "headers": token}),
            ("malformed", "a range beyond the end", {**at, "headers": {**token, "Range": "bytes=99999999-"}}),
            ("expired", "with the token of a transfer that is over", {"params": {"pid": w.over_pid}, "headers": w.over_token})]


def token_of(start):
    return next(p["value"] for p in start["dataAddress"]["endpointProperties"] if p["name"] == "authorization")


def inbound(data):
    return Route("consumer", lambda w: {"pid": NOBODY, "index": "0"}, data=data,
                 unknown=lambda w: {"pid": NOBODY, "index": "0"}, foreign=lambda w: {"pid": w.transfer, "index": "0"})


def of_process(cases, probe=None, at="provider"):
    return Route(at, process, {}, cases, unknown=process, probe=probe,
                 foreign=lambda w: {"pid": w.their_negotiation if at == "provider" else w.negotiation})


def of_their_transfer(cases, probe=None):
    return Route("provider", process, {}, cases, unknown=process, foreign=lambda w: {"pid": w.their_transfer}, probe=probe)


def looks_for(kind):
    return lambda w, pid: w.mallory.transfer(kind, pid, NOBODY)


def counter_probe(w, pid):
    return without(w.mallory.negotiation_request(w.product, w.offer, providerPid=pid), "callbackAddress")


def offer_probe(w, pid):
    offer = {"@type": "Offer", "@id": NOBODY, "target": w.bait, **w.offer["terms"]}
    return message("ContractOfferMessage", NOBODY, pid, offer=offer, **{"@id": NOBODY})


def verification_probe(w, pid):
    return w.mallory.verification(agreed_process(w), providerPid=pid)


def agreement_probe(w, pid):
    return their_agreement(w, {"offer": w.offer["terms"]}, pid)


def proof_probe(w, pid):
    return {"providerPid": pid, "time": now(), "signature": w.mallory.sign("x")}


def report_cases(w):
    return [("malformed", "identifiers that are no list", {"body": {"identifiers": "x"}}),
            ("malformed", "an identifier that is none", {"body": {"identifiers": [{}]}}),
            ("oversized", "1001 of them", {"body": {"identifiers": [{}] * 1001}})]


def notice_of_use(w, contract):
    return {"connectorId": w.mallory.id, "contractId": contract, "result": "allowed", "details": {"use": NOBODY, "action": "read"}}


NODES = {
    "peerNode": Route("region", lambda w: {"id": w.mallory.id}, unknown=lambda w: {"id": another(w.mallory.id)}),
    "peerIdentifier": Route("region", lambda w: {"id": w.product}, unknown=lambda w: {"id": another(w.product)}),
    "heartbeat": Route("region", body={}),
    "peerSearch": Route(cases=lambda w: [("wrongly addressed", "what is not published", {"query": "shelf=desk"}),
                                         ("malformed", "a filter without a value", {"query": "filter=publisher"})]),
    "peerProduct": Route(params=lambda w: {"id": w.product}, unknown=lambda w: {"id": another(w.product)},
                         foreign=lambda w: {"id": w.desk}),
    "peerChanges": Route(cases=lambda w: [("malformed", "a number below zero", {"query": "after=-1"})]),
    "peerChanged": Route("region", body={}),
    "peerNodeChanged": Route(body={"nodes": []}, cases=lambda w: [
        ("wrongly addressed", "by who is not the regional node", {"body": {"nodes": [w.mallory.id]}})]),
    "paymentNotice": Route(body={}, cases=lambda w: [
        ("wrongly addressed", "of a contract that nobody has", {"body": dict(PAYMENT, contractId="C0")}),
        ("wrongly addressed", "of a contract of others", {"body": dict(PAYMENT, contractId=w.contract)}),
        ("malformed", "without a contract", {"body": PAYMENT})]),
    "breachNotice": Route(body={}, cases=lambda w: [
        ("wrongly addressed", "of a contract that nobody has", {"body": dict(BREACH, contractId="C0")}),
        ("wrongly addressed", "of a contract of others", {"body": dict(BREACH, contractId=w.contract)}),
        ("malformed", "without a contract", {"body": BREACH})]),
    "usageNotice": Route(body={}, cases=lambda w: [
        ("wrongly addressed", "of a contract that nobody has", {"body": notice_of_use(w, "C0")}),
        ("wrongly addressed", "of a contract of others", {"body": notice_of_use(w, w.contract)}),
        ("malformed", "without a use", {"body": {"contractId": w.contract, "connectorId": w.mallory.id}})]),
    "jobRequest": Route(body={}, cases=lambda w: [
        ("malformed", "a job that is named otherwise", {"body": {"job": "1", "agreement": w.agreement}}),
        ("malformed", "of nothing to compute", {"body": {"job": NOBODY[9:], "agreement": w.agreement, "work": {}}})]),
    "jobEvent": Route(params=nobody, body={"event": "failure", "words": "x"}, unknown=nobody),
    "jobChannel": Route(params=nobody, unknown=nobody),
    "jobProbe": Route(),
    "reportIdentifiers": Route("region", body={}, cases=report_cases),
    "peerEvidence": Route(params=lambda w: {"contract": w.contract}, unknown=lambda w: {"contract": "C0"},
                          foreign=lambda w: {"contract": w.contract}),
    "dspCatalog": Route(body={}, cases=lambda w: [
        ("malformed", "a filter that is not understood", {"body": {
            "@context": CONTEXT, "@type": "CatalogRequestMessage", "filter": [{"colour": "red"}]}}),
        ("malformed", "another message", {"body": {"@context": CONTEXT, "@type": "ContractRequestMessage"}})]),
    "dspDataset": Route(params=lambda w: {"id": w.product}, unknown=lambda w: {"id": another(w.product)}, cases=lambda w: [
        ("wrongly addressed", "a product that is not published", {"params": {"id": w.desk}})]),
    "pullTransfer": Route(params=process, unknown=process),
    "pushTransfer": Route(params=process, unknown=process, data=b"x"),
    "dspNegotiationRequest": Route(body={}, cases=request_cases),
    "dspNegotiationOffer": Route("consumer", body={}, cases=offer_cases),
    "dspNegotiation": of_process(lambda w: []),
    "dspCounterRequest": of_process(counter_cases, counter_probe),
    "dspCounterOffer": of_process(lambda w: [], offer_probe, at="consumer"),
    "dspNegotiationEvent": of_process(event_cases, lambda w, pid: event(w, pid, NOBODY, "ACCEPTED")),
    "dspAgreement": of_process(agreement_cases, agreement_probe, at="consumer"),
    "dspAgreementVerification": of_process(verification_cases, verification_probe),
    "dspNegotiationTermination": of_process(termination_cases, lambda w, pid: message(
        "ContractNegotiationTerminationMessage", pid, NOBODY)),
    "agreementNotice": Route(params=nobody, body={}, cases=notice_cases, unknown=nobody, foreign=lambda w: {"id": w.agreement},
                             probe=notice_probe),
    "dspTransferRequest": Route(body={}, cases=transfer_request_cases),
    "dspTransfer": of_their_transfer(lambda w: []),
    "getTransferManifest": of_their_transfer(data_cases), "getTransferContent": of_their_transfer(data_cases),
    "dspTransferStart": of_their_transfer(transfer_cases("Start"), looks_for("Start")),
    "dspTransferSuspension": of_their_transfer(transfer_cases("Suspension"), looks_for("Suspension")),
    "dspTransferCompletion": of_their_transfer(transfer_cases("Completion"), looks_for("Completion")),
    "dspTransferTermination": of_their_transfer(transfer_cases("Termination"), looks_for("Termination")),
    "transferDestruction": of_their_transfer(destruction_cases, proof_probe),
    "putInboundManifest": inbound(b"no manifest"), "putInboundChunk": inbound(b"x"),
}
ROUTES = {**OPERATORS, **NODES, **SIGNALING}
