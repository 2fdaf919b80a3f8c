"""The file catalog.jsonld: the mesh as linked data in DCAT and in DPROD, which extends DCAT to data products.

A product is a `dprod:DataProduct`. A port is a `dcat:Dataset` with one distribution, its Delta table, and one service that
gives access to it. Every identifier is an address relative to the portal, so the document does not depend on the host.
Vocabularies: https://www.w3.org/TR/vocab-dcat-3/ and https://ekgf.github.io/dprod/
"""

import json
from collections.abc import Iterator
from typing import Any

from mesh_capabilities.portal.addresses import domain_path, owner_anchor, port_anchor, product_path, segment
from mesh_capabilities.portal.data_files import published_file
from mesh_capabilities.portal.portal_facts import Row
from mesh_capabilities.portal.view import View, iso
from mesh_isolation.sensitivity import CLASSIFICATION_LEVELS, sensitivity_level
from mesh_isolation.text_formats import mail_url

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dprod": "https://ekgf.github.io/dprod/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def linked_data(view: View) -> str:
    """The text of catalog.jsonld."""
    facts = view.facts
    owners = {row["owner"]: row for row in facts.rows("owners")}
    nodes = [_catalog(view)]
    nodes += [_domain(name, row) for name, row in facts.domains.items()]
    nodes += [_agent(name, row) for name, row in owners.items()]
    nodes += list(_vocabulary(view))
    for row in facts.products.values():
        nodes.append(_product(view, row, owners))
        for port in facts.ports_of[row["product"]]:
            nodes += _port(view, row, port, owners)
    return json.dumps({"@context": CONTEXT, "@graph": nodes}, ensure_ascii=False) + "\n"


def _catalog(view: View) -> dict[str, Any]:
    ports = [port for port in view.facts.ports.values() if port["product"] in view.facts.products]
    return {
        "@id": "index.html",
        "@type": "dcat:Catalog",
        "dct:title": "The data products of the mesh",
        "dct:description": "Every data product of the mesh, with its ports, their owners and their contracts.",
        "dct:modified": _moment(view.facts.moment),
        "dct:publisher": {
            "@id": "index.html#mesh",
            "@type": ["foaf:Agent", "prov:Agent"],
            "foaf:name": "The domains of the mesh",
        },
        "dcat:dataset": [_id(_dataset(port)) for port in ports],
        "dcat:service": [_id(_service(port)) for port in ports],
        "dcat:resource": [_id(product_path(name)) for name in view.facts.products],
    }


def _domain(name: str, row: Row) -> dict[str, Any]:
    about = {"@id": domain_path(name), "@type": "skos:Concept", "skos:prefLabel": row["title"] or name}
    return {**about, "skos:definition": row["description"]} if row["description"] else about


def _agent(name: str, row: Row) -> dict[str, Any]:
    return {"@id": _owner(name), "@type": ["foaf:Agent", "prov:Agent"], "foaf:name": name, "rdfs:label": name}


def _vocabulary(view: View) -> Iterator[dict[str, Any]]:
    """The lifecycle statuses of the products and the levels of sensitivity."""
    for status in sorted({row["status"] for row in view.facts.products.values() if row["status"]}):
        yield {"@id": f"index.html#status-{segment(status)}", "@type": "dprod:DataProductLifecycleStatus", "rdfs:label": status}
    for level in CLASSIFICATION_LEVELS:
        about = "dprod:InformationSensitivityClassification"
        yield {"@id": f"index.html#classification-{level}", "@type": about, "rdfs:label": level}


def _product(view: View, row: Row, owners: Any) -> dict[str, Any]:
    facts, name = view.facts, row["product"]
    read = [port for producer in view.relations.producers(name) for port in view.relations.arrows[producer, name]]
    node = {
        "@id": product_path(name),
        "@type": "dprod:DataProduct",
        "rdfs:label": row["name"],
        "dct:title": row["name"],
        "dct:identifier": name,
        "dprod:domain": _id(domain_path(row["domain"])),
        "dprod:outputPort": [_id(_service(port)) for port in facts.ports_of[name]],
        "dprod:outputDataset": [_id(_dataset(port)) for port in facts.ports_of[name]],
        "dprod:inputPort": [_id(_service(facts.ports[port])) for port in read],
        "dprod:inputDataset": [_id(_dataset(facts.ports[port])) for port in read],
    }
    if row["purpose"]:
        node |= {"dct:description": row["purpose"], "dprod:purpose": row["purpose"]}
    if row["status"]:
        node["dprod:lifecycleStatus"] = _id(f"index.html#status-{segment(row['status'])}")
    if row["owner"] in owners:
        node["dprod:dataProductOwner"] = _id(_owner(row["owner"]))
    if file := published_file(view, row["file"]):
        node["rdfs:seeAlso"] = _id(file)
    return node


def _port(view: View, product: Row, port: Row, owners: Any) -> Iterator[dict[str, Any]]:
    dataset, service, distribution = _dataset(port), _service(port), f"{_dataset(port)}--delta"
    contract = view.facts.contract_of.get((port["port"], port["major"]))
    columns = [row for row in view.facts.by("columns", "port")[port["port"]] if row["major"] == port["major"]]
    level = max((sensitivity_level(row["classification"]) for row in columns), default=0)
    about: dict[str, Any] = {
        "@id": dataset,
        "@type": "dcat:Dataset",
        "rdfs:label": port["name"],
        "dct:title": port["name"],
        "dct:identifier": port["port"],
        "dct:description": " ".join(filter(None, (port["description"], port["grain"]))) or port["port"],
        "dcat:theme": _id(domain_path(port["domain"])),
        "dcat:keyword": list(product["tags"] or ()),
        "dcat:distribution": _id(distribution),
    }
    if product["owner"] in owners:
        about["dct:publisher"] = _id(_owner(product["owner"]))
    if product["owner_address"]:
        about["dcat:contactPoint"] = {"@type": "vcard:Kind", "vcard:hasEmail": _id(mail_url(product["owner_address"]))}
    if port["committed_at"]:
        about["dct:modified"] = _moment(port["committed_at"])
    if level:  # that of its most sensitive column
        classification = CLASSIFICATION_LEVELS[level - 1]
        about["dprod:informationSensitivityClassification"] = _id(f"index.html#classification-{classification}")
    if contract and (file := published_file(view, contract["file"])):
        about["dct:conformsTo"] = {
            "@id": file,
            "@type": "dct:Standard",
            "dct:title": f"{contract['contract']} {contract['version']}",
        }
    yield about
    yield {
        "@id": distribution,
        "@type": "dcat:Distribution",
        "dct:title": f"{port['name']} as a Delta table",
        "dct:description": f"The Delta table {view.data_path(port['port'], port['major'])}: Parquet files and a log.",
        "dcat:accessURL": _id(f"{dataset}--read"),
        "dcat:accessService": _id(service),
        "dprod:isDistributionOf": _id(dataset),
    }
    yield {
        "@id": service,
        "@type": "dcat:DataService",
        "dct:title": f"Reading {port['port']}",
        "dcat:endpointURL": _id(f"{dataset}--read"),
        "dcat:servesDataset": _id(dataset),
        "dprod:isAccessServiceOf": _id(distribution),
    }


def _dataset(port: Row) -> str:
    return f"{product_path(port['product'])}#{port_anchor(port['port'])}"


def _service(port: Row) -> str:
    return f"{_dataset(port)}--service"


def _owner(name: str) -> str:
    return f"owners.html#{owner_anchor(name)}"


def _id(address: str) -> dict[str, str]:
    return {"@id": address}


def _moment(moment: Any) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": iso(moment)}
