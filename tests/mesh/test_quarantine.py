"""Bad rows in a running mesh: set aside within the bound, refused beyond it, and refused where a consumer is hurt."""

CUSTOMERS = "dbt_projects/sales/models/ports/customers.sql"
COLUMNS = "    zip_code_prefix,\n    city,\n    state,\n    order_count,"


def wrong_zip_codes(share):
    """The customers whose key is below `share`, of which there are as many as it says, have a zip code that is none."""
    wrong = f"case when customer_unique_id < '{share}' then 'x' else zip_code_prefix end as zip_code_prefix"
    return COLUMNS, COLUMNS.replace("zip_code_prefix", wrong, 1)


def test_rows_within_the_bound_are_set_aside_the_others_published_and_none_is_lost(mesh):
    before = mesh.json("show", "sales/customers")["rows"]
    with mesh.changed(CUSTOMERS, wrong_zip_codes("01")):
        (published,) = mesh.json("run", "sales/customers")["published"]
    assert published["set_aside"] > 0
    assert published["rows"] + published["set_aside"] == before
    (entry,) = mesh.json("quarantine", "list", "sales/customers")
    assert (entry["published"], entry["candidate_rows"]) == (True, before)
    kept = mesh.json("quarantine", "show", entry["id"], "--reveal")["kept"]
    assert len(kept) == published["set_aside"]
    assert {row["row"]["zip_code_prefix"] for row in kept} == {"x"}
    assert entry["source"].keys() == {"customers", "orders"}
    assert mesh.json("history", "sales/customers")[0]["set_aside"] == published["set_aside"]
    served = mesh.json("query", "select count(*) as n from sales.customers where zip_code_prefix = 'x'")
    assert served == [{"n": 0}]
    assert mesh.json("quarantine", "drop", entry["id"]) == {"dropped": [entry["id"]], "rows": published["set_aside"]}
    assert mesh.json("quarantine", "list", "sales/customers") == []
    mesh.run("run", "sales/customers")


def test_rows_over_the_bound_forbid_to_publish_and_the_message_says_where_they_are(mesh):
    before = mesh.versions()["sales/customers"]
    with mesh.changed(CUSTOMERS, wrong_zip_codes("3")):
        said = mesh.run("run", "sales/customers", code=1).stdout
    assert "up to 1 % that break it are set aside; " in said
    (entry,) = mesh.json("quarantine", "list", "sales/customers")
    assert f"`mesh quarantine show {entry['id']}` shows the rows" in said
    shown = mesh.run("quarantine", "show", entry["id"]).stdout
    assert "nothing of the candidate was published" in shown
    assert mesh.versions()["sales/customers"] == before
    mesh.run("quarantine", "drop", entry["id"])


def test_what_a_consumer_relies_on_blocks_the_producer_that_chose_so_and_names_the_consumer(mesh):
    before = mesh.versions()["sales/orders"]
    descriptor, expected = "domains/finance/products/daily_revenue.odps.yaml", "          - metric: rowCount\n"
    with mesh.changed(
        descriptor, (f"{expected}            mustBeGreaterThan: 0", f"{expected}            mustBeGreaterThan: 5000")
    ):
        said = mesh.run("run", "sales/orders", code=1).stdout
        assert "relied_on_by_finance_daily_revenue: the number of rows is more than 5000" in said
        assert f"finance/daily_revenue of finance relies on it ({descriptor}); found 1000" in said
        assert mesh.versions()["sales/orders"] == before
        with mesh.changed("domains/sales/domain.yaml", ("broken_expectations: block", "broken_expectations: warn")):
            (published,) = mesh.json("run", "sales/orders")["published"]
        assert any("relied_on_by_finance_daily_revenue" in warning for warning in published["warnings"])


def test_an_unknown_entry_is_named_and_nothing_is_dropped(mesh):
    said = mesh.run("quarantine", "drop", "20200101-000000-beef", code=1).stderr
    assert "The quarantine has no entry 20200101-000000-beef. `mesh quarantine list` lists the entries." in said
