"""`mesh doctor` as a command: a line for each thing, the advice below it, and an exit code."""

import json
import shutil

from mesh_capabilities.doctor import checks


def test_it_ends_with_1_on_a_problem_and_says_it_to_people_and_machines(shop, call, monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: name)
    for domain in ("shop", "books"):
        (shop.root / "dbt_projects" / domain).mkdir(parents=True, exist_ok=True)
    said = call("doctor")
    assert said.exit_code == 0, said.output
    assert "✔ domain shop: 1 product, 1 port" in said.stdout
    assert said.stdout.splitlines()[-1].startswith("✔ ")
    shop.contract("things", kind="Something")
    said = call("doctor")
    assert said.exit_code == 1
    assert "✘ domain shop: domains/shop/contracts/things.v1.odcs.yaml is not valid ODCS" in said.stdout
    assert "1 problem" in said.stdout.splitlines()[-1]
    said = call("doctor", "--json")
    document = json.loads(said.stdout)
    bad = [symptom["subject"] for symptom in document["symptoms"] if symptom["state"] == "problem"]
    assert (said.exit_code, document["ok"], bad) == (1, False, ["domain shop"])


def test_a_port_whose_product_was_deleted_is_named(call, publish, shop):
    publish("(1, 1, 'x')")
    assert "no descriptor publishes it" not in call("doctor").stdout
    for file in ("products/things.odps.yaml", "contracts/things.v1.odcs.yaml"):
        (shop.root / "domains/shop" / file).unlink()
    (shop.root / "domains/books/products/sales.odps.yaml").unlink()
    (shop.root / "domains/books/contracts/sales.v1.odcs.yaml").unlink()
    said = call("doctor").stdout
    assert "! port shop/things: it can be read, but no descriptor publishes it" in said
    command = "ports withdraw shop/things --major 1"
    assert f"withdraw it with `mesh {command}`, which keeps its versions" in said
    assert call(*command.split()).exit_code == 0
    assert "shop/things" not in call("doctor").stdout


def test_a_domain_that_is_not_registered_has_no_port_to_withdraw(call, publish, shop):
    publish("(1, 1, 'x')")
    shop.registry("books")
    said = call("doctor").stdout
    assert "domains/shop exists, and workspace.yaml does not register it" in said
    assert "withdraw" not in said


def test_a_major_that_is_published_and_no_longer_declared_is_a_problem(call, publish, shop):
    publish("(1, 1, 'x')")
    ports = shop.root / ".mesh/ports/shop/things"
    shutil.copytree(ports / "v1", ports / "v2")
    said = call("doctor")
    sentence = "cannot be published: v2 is published, and the newest contract is that of v1"
    assert f"✘ port shop/things: {sentence}" in said.stdout
    assert "`mesh ports withdraw shop/things --major 2`" in said.stdout
    call.json("ports", "withdraw", "shop/things", "--major", 2)
    assert "port shop/things" not in call("doctor").stdout
