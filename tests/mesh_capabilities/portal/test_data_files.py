"""The files for programs: catalog.json validated by its schema, linked data validated by the official SHACL shapes."""

import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pyshacl import validate
from rdflib import Graph, Namespace

from mesh_capabilities.portal.data_files import catalog_document, published_file, search_index, standard_files
from mesh_capabilities.portal.linked_data import linked_data
from mesh_capabilities.portal.view import View

SHAPES = Path(__file__).parent / "shapes"
BASE = "https://mesh.example/"


@pytest.fixture(scope="module")
def shapes():
    graph = Graph()
    for file in sorted(SHAPES.glob("*.ttl")):
        graph.parse(file, format="turtle")
    return graph


def triples(view):
    return Graph().parse(data=linked_data(view), format="json-ld", publicID=BASE)


def test_the_shapes_are_the_recorded_ones():
    recorded = dict(re.findall(r"^\| (\S+\.ttl) \|.+\| ([0-9a-f]{64}) \|$", (SHAPES / "SOURCES.md").read_text(), re.M))
    assert recorded == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in SHAPES.glob("*.ttl")} != {}


def test_the_linked_data_conform_to_dprod_and_to_dcat_ap(shop, shapes):
    data = triples(View(shop.facts()))
    conforms, _, report = validate(data, shacl_graph=shapes, inference="none")
    assert conforms, report
    dprod, dcat = Namespace("https://ekgf.github.io/dprod/"), Namespace("http://www.w3.org/ns/dcat#")
    assert len(list(data.subjects(None, dprod.DataProduct))) == len(list(data.subjects(None, dcat.Dataset))) == 4


@pytest.mark.parametrize(
    ("term", "replacement"),
    [
        ('"foaf:name"', '"foaf:nick"'),  # DCAT-AP: an agent has a name
        ('"dcat:accessURL"', '"dcat:landingPage"'),  # DCAT-AP: a distribution has an access URL
        ('"dprod:DataProductLifecycleStatus"', '"skos:Concept"'),  # DPROD: a status is a lifecycle status
    ],
)
def test_the_shapes_refuse_invalid_data(shop, shapes, term, replacement):
    text = linked_data(View(shop.facts()))
    assert term in text
    data = Graph().parse(data=text.replace(term, replacement), format="json-ld", publicID=BASE)
    assert not validate(data, shacl_graph=shapes, inference="none")[0]


def test_every_identifier_of_the_linked_data_is_within_the_portal(shop):
    own = {str(subject) for subject in triples(View(shop.facts())).subjects() if not str(subject).startswith(BASE)}
    assert {subject for subject in own if ":" in subject} == set()  # the rest are blank nodes


def test_catalog_json_conforms_to_its_schema(shop):
    shop.add("domains", domain="torn", state="broken", problem="It does not load.")
    schema = json.loads(resources.files("mesh_capabilities.portal").joinpath("catalog.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    document = json.loads(catalog_document(View(shop.facts())))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []
    (segments,) = [product for product in document["products"] if product["product"] == "marketing/segments"]
    assert segments["consumes"] == ["sales/orders"] and segments["consumed_by"] == ["finance/revenue"]
    assert segments["ports"][0]["columns"][0]["made_of"] == ["sales/orders.city"]


def test_the_search_index_has_products_columns_owners_and_tags(shop):
    index = json.loads(search_index(View(shop.facts()))[len("meshSearch(") : -2])
    assert index["products"][2][:5] == ["sales/orders", "To know orders.", "sales", "source-aligned", "active"]
    assert "order_id\ncity" in index["columns"]
    assert [index["tags"][0][0], index["tags"][0][1][:31]] == ["source-aligned", "owners.html#tag-source-aligned-"]
    assert [owner[0] for owner in index["owners"]] == ["sales", "marketing", "finance"]


def test_the_files_of_the_standards_are_copied_byte_for_byte(company):
    company.domain("shop")
    file = company.contract("things", "shop")
    tables = {
        "contracts": [{"file": "domains/shop/contracts/things.v1.odcs.yaml"}, {"file": "../../etc/passwd"}, {"file": None}]
    }
    from mesh_capabilities.portal.portal_facts import PortalFacts

    view = View(PortalFacts(tables), root=company.root)
    assert list(standard_files(view)) == [("standards/odcs/shop/things.v1.odcs.yaml", file.read_bytes())]


def test_no_file_outside_the_domains_is_copied(company):
    company.domain("shop")
    (company.root.parent / "secret.odcs.yaml").write_text("key: value\n")
    for file in ("../secret.odcs.yaml", "domains/../../secret.odcs.yaml", "domains/shop/domain.yaml"):
        assert published_file(View(None, root=company.root), file) is None
