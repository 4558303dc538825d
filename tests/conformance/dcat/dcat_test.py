#!/usr/bin/env python3
"""The catalogue of a node, read by tools that were not written for it. run.sh installs them."""
import json, os, sys, unittest

import ckanapi, pyld, pyshacl, rdflib, requests
from rdflib.compare import isomorphic

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../../e2e"))
from case import TOP, SpaceCase  # noqa: E402

VECTORS = os.path.join(TOP, "tests", "vectors")
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
HYDRA = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")


def shapes():
    """Both files: the first names two shapes that only the second has. Five that are named are in neither: nothing is said of them."""
    graph = rdflib.Graph()
    for name in ("dcat-ap-SHACL.ttl", "ranges.ttl"):
        graph.parse(os.path.join(VECTORS, "dcat", name))
    untold = [one for one in set(graph.objects(None, SH.property)) if (one, SH.path, None) not in graph]
    assert len(untold) == 5, untold
    for one in untold:
        graph.remove((None, SH.property, one))
    return graph


class Catalogue(SpaceCase):
    environments = {"provider": {"WEIR_CATALOG_OPEN": "true"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loaded = cls.provider.json("catalog", "load", os.path.join(VECTORS, "catalog", "us-federal-extract.jsonl"),
                                       "--catalog", "us-federal")
        path = os.path.join(cls.space.root, "air.csv")
        with open(path, "w") as file:
            file.write("hour,pm25\n0,12\n")
        cls.product = cls.provider.json("publish", path, "--title", "Hourly air", "--terms", "purpose=research, count<=3")["id"]
        cls.url = "https://" + cls.provider.host
        cls.session = requests.Session()
        cls.session.verify = cls.region.path("certificates/authority.pem")
        cls.session.trust_env = False

    @classmethod
    def text(cls, url, accept=None):
        answer = cls.session.get(url, headers={"Accept": accept} if accept else {})
        answer.raise_for_status()
        return answer.text

    @classmethod
    def whole(cls):
        """All pages of the catalogue as one graph."""
        graph, url = rdflib.Graph(), cls.url + "/catalog.ttl"
        while url:
            page = rdflib.Graph().parse(data=cls.text(url), format="turtle")
            url = next((str(o) for o in page.objects(None, HYDRA.next)), None)
            graph += page
        return graph

    # ── DCAT-AP ──
    def test_the_catalogue_holds_the_official_shapes(self):
        graph = self.whole()
        datasets = set(graph.subjects(rdflib.RDF.type, DCAT.Dataset))
        self.assertEqual(len(datasets), self.loaded["accepted"] + self.loaded["repaired"] + 1)
        holds, _, report = pyshacl.validate(graph, shacl_graph=shapes())
        self.assertTrue(holds, report[:4000])

    def test_the_shapes_can_fail(self):
        graph = rdflib.Graph().parse(data=self.text(self.url + "/catalog.ttl"), format="turtle")
        dataset = next(graph.subjects(rdflib.RDF.type, DCAT.Dataset))
        graph.remove((dataset, rdflib.DCTERMS.title, None))
        self.assertFalse(pyshacl.validate(graph, shacl_graph=shapes())[0])

    def test_turtle_and_json_ld_say_the_same(self):
        for path in ("/catalog", f"/dataset/{self.product}"):
            turtle = rdflib.Graph().parse(data=self.text(self.url + path, "text/turtle"), format="turtle")
            text = self.text(self.url + path, "application/ld+json")
            self.assertTrue(isomorphic(turtle, rdflib.Graph().parse(data=text, format="json-ld")), path)
            expanded = pyld.jsonld.to_rdf(json.loads(text), {"format": "application/n-quads"})
            self.assertTrue(isomorphic(turtle, rdflib.Graph().parse(data=expanded, format="nquads")), path)

    # ── CKAN's client, unchanged ──
    def client(self, url=None, key=None):
        return ckanapi.RemoteCKAN(url or self.url, apikey=key, session=self.session)

    def test_a_ckan_client_searches_and_reads(self):
        with self.client() as ckan:
            found = ckan.action.package_search(q="air", rows=5, **{"facet.field": ["organization"]})
            self.assertTrue(any(one["title"] == "Hourly air" for one in found["results"]), found)
            mine = next(one for one in found["results"] if one["title"] == "Hourly air")
            self.assertEqual(ckan.action.package_show(id=mine["name"])["title"], "Hourly air")
            resource = mine["resources"][0]
            self.assertEqual(ckan.action.resource_show(id=resource["id"])["package_id"], mine["id"])
            publisher = ckan.action.organization_show(id=mine["organization"]["name"])
            self.assertIn(publisher["name"], ckan.action.organization_list())
            self.assertEqual(found["search_facets"]["organization"]["items"][0]["name"], publisher["name"])
            self.assertIn("Datasets", ckan.action.help_show(name="current_package_list_with_resources"))
            self.assertEqual(ckan.action.status_show()["site_url"], self.url)

    def test_a_ckan_client_reads_page_after_page_and_misses_nothing(self):
        with self.client() as ckan:
            names, start = [], 0
            while True:
                page = ckan.action.package_search(rows=7, start=start, sort="metadata_modified asc")
                if not page["results"]:
                    break
                names += [one["name"] for one in page["results"]]
                start += 7
            self.assertEqual(len(names), page["count"])
            self.assertEqual(sorted(names), sorted(ckan.action.package_list()))
            self.assertEqual(len(set(names)), len(names))
            self.assertEqual(ckan.action.package_search(rows=1, start=10_000)["results"], [])

    def test_a_ckan_client_filters_by_publisher_and_time(self):
        with self.client() as ckan:
            one = ckan.action.package_search(rows=1)["results"][0]
            of = ckan.action.package_search(fq=f"organization:{one['organization']['name']}", rows=0)
            self.assertGreater(of["count"], 0)
            self.assertEqual(of["results"], [])
            later = ckan.action.package_search(fq="metadata_modified:[2999-01-01T00:00:00Z TO *]")
            self.assertEqual(later["count"], 0)

    # ── errors ──
    def test_a_ckan_client_is_told_what_was_wrong_in_its_own_words(self):
        with self.client() as ckan:
            with self.assertRaises(ckanapi.NotFound):
                ckan.action.package_show(id="no-such-dataset")
            with self.assertRaises(ckanapi.ValidationError) as raised:
                ckan.action.package_search(fq="vocab_colour:red")
            self.assertIn("fq", raised.exception.error_dict)
            with self.assertRaises(ckanapi.ValidationError):
                ckan.action.package_show()
            with self.assertRaises(ckanapi.CKANAPIError):
                ckan.action.package_delete(id="any")

    def test_a_catalogue_that_is_not_open_needs_a_token(self):
        url = "https://" + self.region.host
        with self.client(url) as ckan, self.assertRaises(ckanapi.NotAuthorized):
            ckan.action.package_list()
        self.assertEqual(self.session.get(url + "/catalog.ttl").status_code, 401)
        with self.client(url, key=self.region.token()) as ckan:
            self.assertIsInstance(ckan.action.package_list(), list)


if __name__ == "__main__":
    unittest.main()
