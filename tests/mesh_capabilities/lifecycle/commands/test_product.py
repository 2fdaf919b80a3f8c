"""`mesh product`: the stage of a product, its next steps, and what holds them up, for people and for machines."""

import pytest

INPUT = {"name": "things", "version": "1.0.0", "contractId": "shop.things.v1"}


def test_status_says_the_stage_the_next_step_and_who_reads_it(shop, call):
    said = call.text("product", "status", "shop/things")
    assert "To make it deprecated, with `mesh product deprecate shop/things`:" in said
    assert "books/sales of books reads shop.things.v1 (domains/books/products/sales.odps.yaml)" in said
    assert said.splitlines()[-1] == "✔ shop/things is active"


def test_a_step_that_is_held_up_names_every_precondition(shop, call):
    shop.product("things", status="draft")
    result = call("product", "promote", "shop/things")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "✔ shop.things.v1 is valid and active." in lines
    assert "✘ shop/things is not published: mesh run shop/things." in lines
    assert lines[-1] == "✘ shop/things stays in development: 2 of 8 preconditions are not met"


def test_a_step_that_is_taken_says_which_files_say_so_and_who_is_warned(shop, call):
    result = call("product", "deprecate", "shop/things", "--why", "Too old.", "--ends", "2999-12-31", "--by", "team:council")
    assert result.exit_code == 0
    assert "! books/sales of books reads shop.things.v1" in result.stdout
    assert result.stdout.splitlines()[-1] == (
        "✔ shop/things is deprecated, by team:council; domains/shop/products/things.odps.yaml and "
        "domains/shop/products/things.lifecycle.yaml are written"
    )
    said = call.text("product", "status", "shop/things")
    assert "active deprecated team:council Too old." in said
    assert said.splitlines()[-1] == "✔ shop/things is deprecated, until 2999-12-31"
    assert "reads shop.things.v1, deprecated, ends 2999-12-31" in call.json("products")[1]["deprecated_inputs"]


def test_machines_read_the_same(shop, call):
    refused = call("product", "deprecate", "shop/things", "--json")
    assert refused.exit_code == 1
    import json

    document = json.loads(refused.stdout)
    assert (document["from"], document["to"], document["taken"], document["transition"]) == (
        "active",
        "deprecated",
        False,
        None,
    )
    assert [condition["name"] for condition in document["conditions"]] == ["replacement", "end"]
    taken = call.json("product", "deprecate", "shop/things", "--why", "Too old.", "--ends", "2999-12-31")
    assert (taken["taken"], taken["transition"]["by"], taken["transition"]["ends"]) == (True, "team:shop", "2999-12-31")
    status = call.json("product", "status", "shop/things")
    assert (status["stage"], status["ends"], status["drift"]) == ("deprecated", "2999-12-31", None)
    assert status["record"] == [taken["transition"]]
    assert {step["to"]: step["verb"] for step in status["next"]} == {"active": "promote", "retired": "retire"}
    assert [consumer["product"] for consumer in status["consumers"]] == ["books/sales"]


def test_a_stage_that_was_changed_by_hand_is_noticed(shop, call):
    call("product", "deprecate", "shop/things", "--why", "Too old.", "--ends", "2999-12-31")
    shop.product("things")
    assert "the last recorded step led to deprecated: the status was changed by hand" in call.text(
        "product", "status", "shop/things"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["retire", "shop/things"], 1, "shop/things is active, so `mesh product retire` is not possible"),
        (["status", "shop/nothing"], 1, "There is no product 'shop/nothing'"),
        (["promote", "things"], 1, "There is no product 'things'"),
        (["status", "shop/thing"], 1, "Did you mean shop/things?"),
        (["status", "shop/parts"], 1, "shop/parts is a port of the product shop/things."),
        (["deprecate", "shop/things", "--by", "ana"], 2, "'ana' is not a team"),
        (["deprecate", "shop/things", "--ends", "soon"], 2, "'soon' is not a day"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_way_out(shop, command, arguments, code, said):
    if "shop/parts" in arguments:
        shop.contract("parts", dataProduct="things")
        shop.product("things", ports=["things", "parts"])
    done = command("product", *arguments, cwd=shop.root)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_reading_verbs_say_what_is_known_and_not_built(shop, call, publish):
    publish("(1, 1, 'x')")
    shop.product("things", status="retired", customProperties=[{"property": "successor", "value": "shop/goods"}])
    status = {port["port"]: port for port in call.json("status")}
    assert status["shop/things"]["notes"] == ["retired, not built"]
    assert "shop/things 1.0.0 retired, not built" in call.text("status")
    shown = call("show", "shop/things")
    assert (shown.exit_code, "shop/things is retired; use shop/goods instead." in shown.stderr) == (0, True)
    shop.product("things", status="draft")
    assert "in development: other domains than shop cannot rely on it yet" in call("show", "shop/things").stderr
