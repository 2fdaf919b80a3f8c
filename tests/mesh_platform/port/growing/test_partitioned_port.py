"""A partitioned port: one commit replaces some days, different days can be published at once, and other days stay unchanged."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from mesh_isolation.days import days_of
from mesh_platform.contract.column import Column
from mesh_platform.errors import PublishError, UnknownPort
from mesh_platform.port.partitioned_port import PartitionedPort, latest
from mesh_platform.port.query import query_ports
from mesh_platform.port.shelf import view_statements
from mesh_platform.port.sweeper import sweep_port
from mesh_platform.port.version import seen_as
from support.growing import COLUMNS, EVENTS, alone, january, rows

MIXED = "SELECT i::INTEGER AS id, DATE '2017-01-01' + (i * 7 % 200)::INTEGER AS day FROM range(200000) t(i)"


def ours(home):
    return query_ports(home, "SELECT id, day FROM sales.orders ORDER BY day, id").rows


def test_rows_in_whatever_order_make_hardly_more_files_than_there_are_days(prepare):
    chosen, _ = prepare(MIXED)
    assert len(chosen.days) == 200
    # Where the threads that write meet, a day may be in two; unsorted, it came to 302.
    assert len(chosen.files) < 220
    assert sum(file.rows for file in chosen.files) == 200_000


def test_both_readers_see_every_row_with_its_day(publish, port, home):
    version = publish(rows((1, 1), (2, 1), (3, 5)))
    expected = [(1, date(2017, 1, 1)), (2, date(2017, 1, 1)), (3, date(2017, 1, 5))]
    assert alone(port) == ours(home) == expected
    assert (version.number, version.rows, version.days) == (0, 3, ["2017-01-01", "2017-01-05"])
    assert (version.columns, version.types, version.partition) == (("id", "day"), ("INTEGER", "DATE"), "day")


def test_every_day_has_files_of_its_own_in_a_folder_named_after_it_and_the_day_stands_in_them_too(publish, port, duck):
    version = publish(rows((1, 1), (3, 5)))
    assert sorted(file.parent.relative_to(port.folder).as_posix() for file in version.files) == [
        "day=2017-01-01",
        "day=2017-01-05",
    ]
    read = "SELECT day FROM read_parquet('{}', hive_partitioning = false)"
    rows_by_file = [duck.execute(read.format(file)).fetchall() for file in version.files]
    assert sorted(rows_by_file) == [[(date(2017, 1, 1),)], [(date(2017, 1, 5),)]]
    log = (port.folder / "_delta_log/00000000000000000000.json").read_text().splitlines()
    adds = [json.loads(line)["add"] for line in log if "add" in json.loads(line)]
    assert [add["partitionValues"]["day"] for add in adds] == ["2017-01-01", "2017-01-05"]
    assert [json.loads(add["stats"])["numRecords"] for add in adds] == [1, 1]


def test_a_later_run_replaces_the_days_that_differ_and_leaves_the_files_of_the_others(publish, port, home):
    before = publish(rows((1, 1), (2, 2), (3, 3)))
    after = publish(rows((1, 1), (2, 2), (22, 2), (3, 3)))
    assert after.provenance.days == ["2017-01-02"]
    assert days_of(set(before.files) & set(after.files)) == january(1, 3)
    assert (after.rows, len(ours(home))) == (4, 4) == (4, len(alone(port)))
    assert alone(port, version=0) == [(1, date(2017, 1, 1)), (2, date(2017, 1, 2)), (3, date(2017, 1, 3))]


def test_one_commit_replaces_any_number_of_days(publish, port):
    publish(rows(*((day, day) for day in range(1, 29))))
    after = publish(rows(*((day + 100, day) for day in range(1, 29))))
    assert (after.number, after.provenance.days) == (1, ["2017-01-01..2017-01-28"])
    assert len(list((port.folder / "_delta_log").glob("*.json"))) == 2


def test_publishing_the_same_day_again_changes_nothing_and_says_so(publish, port):
    before = publish(rows((1, 1), (2, 2)))
    again = publish(rows((2, 2), (1, 1)), "2017-01-01..2017-01-31")
    assert (again.number, again.provenance.days, again.rows) == (1, [], 2)
    assert again.files == before.files


def test_wanted_days_are_replaced_and_no_other_whatever_else_has_changed(publish, home):
    publish(rows((1, 1), (2, 2), (3, 3)))
    after = publish(rows((10, 1), (20, 2), (30, 3)), "2017-01-02")
    assert after.provenance.days == ["2017-01-02"]
    assert [number for number, _ in ours(home)] == [1, 20, 3]


def test_an_event_that_moved_to_another_day_is_on_both_days_changed(publish, home):
    publish(rows((1, 1), (2, 1), (3, 2)))
    after = publish(rows((1, 1), (2, 3), (3, 2)))
    assert after.provenance.days == ["2017-01-01", "2017-01-03"]
    assert len(ours(home)) == 3


def test_a_day_that_was_not_delivered_stays(publish, port):
    before = publish(rows(*((day, day) for day in range(1, 6))))
    after = publish(rows((6, 6)))
    assert (after.provenance.days, after.days, after.rows) == (["2017-01-06"], ["2017-01-01..2017-01-06"], 6)
    assert set(before.files) < set(after.files)
    assert alone(port) == [(day, date(2017, 1, day)) for day in range(1, 7)]
    assert publish(rows((66, 6)), "2017-01-01..2017-01-31").days == ["2017-01-01..2017-01-06"]
    assert publish("SELECT NULL::INTEGER AS id, NULL::DATE AS day LIMIT 0").rows == 6


@pytest.mark.parametrize("promised", [True], indirect=True)
def test_a_build_that_holds_all_days_removes_a_day_of_which_nothing_is_left(publish, port):
    publish(rows((1, 1), (2, 2)))
    after = publish(rows((1, 1)))
    assert (after.provenance.days, after.days, after.rows) == (["2017-01-02"], ["2017-01-01"], 1)
    assert alone(port) == [(1, date(2017, 1, 1))]


def test_rows_that_only_changed_their_order_are_the_same_and_doubled_ones_are_not(publish):
    publish(rows((1, 1), (2, 1)))
    assert publish(rows((2, 1), (1, 1))).provenance.days == []
    assert publish(rows((2, 1), (1, 1), (1, 1), (1, 1))).provenance.days == ["2017-01-01"]


@pytest.mark.parametrize("promised", [True], indirect=True)
def test_under_another_contract_every_day_is_new(publish, prepare, port, promised, provenance):
    publish(rows((1, 1), (2, 2)))
    changed = replace(promised, digest="1" * 64)
    chosen, base = prepare(rows((1, 1)), contract=changed)
    assert (chosen.complete, chosen.days) == (True, january(1, 2))
    after = port.publish_days(chosen, base, changed, provenance(contract_digest="1" * 64))
    assert (after.days, alone(port)) == (["2017-01-01"], [(1, date(2017, 1, 1))])


def test_under_another_contract_a_day_that_was_not_delivered_is_named_and_nothing_is_published(
    publish, prepare, port, promised
):
    publish(rows((1, 1), (2, 2)))
    with pytest.raises(
        PublishError, match=r"its contract has changed, and the build has no row of 2017-01-02\. .*completeDays"
    ):
        prepare(rows((1, 1)), contract=replace(promised, digest="1" * 64))
    assert port.current().days == ["2017-01-01..2017-01-02"]


def test_a_damaged_day_that_was_not_delivered_is_named_and_nothing_is_published(publish, prepare, port):
    publish(rows((1, 1), (2, 2)))
    (file,) = (port.folder / "day=2017-01-02").iterdir()
    file.unlink()
    with pytest.raises(PublishError, match=r"files of it are damaged, and the build has no row of 2017-01-02"):
        prepare(rows((1, 1)))
    assert prepare(rows((1, 1), (2, 2)))[0].days == january(2)


def test_rows_without_a_day_are_in_the_candidate_for_the_audit_to_find(prepare, duck):
    chosen, _ = prepare("SELECT 1::INTEGER AS id, NULL::DATE AS day UNION ALL " + rows((2, 1)))
    (row,) = duck.execute(
        "SELECT count(*), count(day) FROM read_parquet($files)", {"files": [str(file.path) for file in chosen.files]}
    ).fetchall()
    assert row == (2, 1)


def test_an_earlier_version_is_served_again_with_its_days(publish, port):
    for pairs in (((1, 1), (2, 2)), ((1, 1), (3, 2)), ((1, 1), (3, 2), (4, 4))):
        publish(rows(*pairs))
    back = port.rollback(0)
    assert (back.rows, back.provenance.rolled_back_to) == (2, 0)
    assert back.provenance.days == ["2017-01-02", "2017-01-04"]
    assert alone(port) == [(1, date(2017, 1, 1)), (2, date(2017, 1, 2))]
    assert publish(rows((1, 1), (2, 2), (9, 9))).provenance.days == ["2017-01-09"]


def test_different_days_at_once_are_both_published(prepare, port, promised, provenance):
    for first, second in (((1, 1), (2, 2)), ((11, 1), (22, 2))):
        first_cut, base = prepare(rows(first), "2017-01-01", "one")
        other, _ = prepare(rows(second), "2017-01-02", "other")
        versions = [port.publish_days(chosen, base, promised, provenance()) for chosen in (first_cut, other)]
    assert [version.number for version in versions] == [2, 3]
    assert versions[1].rows == 2
    assert alone(port) == [(11, date(2017, 1, 1)), (22, date(2017, 1, 2))]


@pytest.mark.parametrize("served", [[], [(9, 9)], [(9, 1)]], ids=["first version", "a new day", "a day that is there"])
def test_who_comes_second_to_the_same_day_is_refused_by_name_and_keeps_the_candidate(
    publish, prepare, port, promised, provenance, served
):
    if served:
        publish(rows(*served))
    first_cut, base = prepare(rows((1, 1)), "2017-01-01", "one")
    other, _ = prepare(rows((2, 1), (3, 1)), "2017-01-01", "other")
    port.publish_days(first_cut, base, promised, provenance())
    with pytest.raises(PublishError, match="sales/orders was not published: version . has changed 2017-01-01 meanwhile"):
        port.publish_days(other, base, promised, provenance())
    assert all(file.path.exists() for file in other.files)
    assert (1, date(2017, 1, 1)) in alone(port) and (2, date(2017, 1, 1)) not in alone(port)
    assert len(list((port.folder / "day=2017-01-01").iterdir())) == (2 if served == [(9, 1)] else 1)


def test_going_back_meanwhile_counts_as_a_change_of_the_days_it_changes(publish, prepare, port, promised, provenance):
    publish(rows((1, 1), (2, 2)))
    publish(rows((11, 1), (2, 2)))
    same, base = prepare(rows((111, 1)), "2017-01-01", "one")
    other, _ = prepare(rows((222, 2)), "2017-01-02", "other")
    port.rollback(0)
    with pytest.raises(PublishError, match="has changed 2017-01-01 meanwhile"):
        port.publish_days(same, base, promised, provenance())
    port.publish_days(other, base, promised, provenance())
    assert [number for number, _ in alone(port)] == [1, 222]


PUBLISHER = """
import sys
from datetime import date
from pathlib import Path
import deltalake, duckdb
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.contract import Partition
from mesh_isolation.days import DayRange
from mesh_platform.errors import PublishError
from mesh_platform.names import PortAddress
from mesh_platform.port.partitioned_port import PartitionedPort
from mesh_platform.port.partitioned_port import cut
from mesh_platform.port.version import Provenance

folder, candidate, days = Path(sys.argv[1]), Path(sys.argv[2]), DayRange.parse(sys.argv[3])
address = PortAddress("sales", "orders")
columns = (Column("id", "INTEGER"), Column("day", "DATE", required=True))
contract = Contract("sales.orders.v1", "1.0.0", address, None, "", "", columns, (), (), None, "", "0" * 64,
                    partition=Partition("day", date(2017, 1, 1), None))
port = PartitionedPort(address, folder)
base = port.current() if port.published else None
chosen = cut(candidate, contract, base, days, duckdb.connect())
print("ready", flush=True)
sys.stdin.readline()
try:
    print(port.publish_days(chosen, base, contract, Provenance("sales.orders.v1", "1.0.0", "", "0" * 64, 0, 1)).number)
except PublishError as refusal:
    print("refused", refusal)
"""


@pytest.mark.parametrize("served", [False, True], ids=["first version", "later version"])
def test_processes_that_publish_at_once_lose_and_double_nothing(port, publish, parquet, tmp_path, served):
    if served:
        publish(rows((0, 31)))
    wanted = [1, 2, 2]  # two of the three want the same day
    candidates = [parquet(rows((number * 10, day)), tmp_path / f"{number}.parquet") for number, day in enumerate(wanted)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(port.folder), str(candidate), f"2017-01-{day:02}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for candidate, day in zip(candidates, wanted)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate()[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert answers[0].isdigit()
    assert sorted(answer.isdigit() for answer in answers[1:]) == [False, True], answers
    assert "has changed 2017-01-02 meanwhile" in " ".join(answers)
    days = [day for _, day in alone(port) if day.day != 31]
    assert days == [date(2017, 1, 1), date(2017, 1, 2)]
    assert port.current().rows == len(alone(port)) == 2 + served


def test_a_table_that_is_cut_cannot_be_published_whole_nor_the_other_way_round(
    publish, port, prepare, parquet, promised, provenance, home, contract
):
    publish(rows((1, 1)))
    whole = parquet(rows((1, 1)), home.candidates("sales") / "whole.parquet")
    with pytest.raises(PublishError, match="new major version"):
        port.publish(whole, contract(COLUMNS), provenance())
    assert whole.exists()
    other = PartitionedPort(EVENTS, home.port(EVENTS, 2))
    other.publish(whole, contract(COLUMNS, version="2.0.0"), provenance())
    chosen, _ = prepare(rows((5, 5)))
    with pytest.raises(PublishError, match="not partitioned by day.*new major version"):
        other.publish_days(chosen, other.current(), promised, provenance())
    assert all(file.path.exists() for file in chosen.files)


def test_no_row_at_all_is_a_version_that_can_be_read(publish, port, home):
    version = publish(f"SELECT * FROM ({rows((1, 1))}) LIMIT 0")
    assert (version.rows, version.files, version.days) == (0, (), [])
    assert alone(port) == ours(home) == []
    assert publish(rows((1, 1))).rows == 1


def listed_files(view: str) -> set[str]:
    """The files in the SQL of a view."""
    return {part for part in view.split("'") if part.endswith(".parquet")}


def test_a_consumer_of_the_latest_days_sees_their_files_and_no_other(publish, port):
    version = publish(rows((1, 1), (2, 10), (3, 11), (4, 14)))
    narrow = latest(version, 4)  # 11th to 14th: days without rows count as well
    (view,) = [statement for statement in view_statements(narrow) if "VIEW" in statement]
    assert listed_files(view) == {str(file) for file in narrow.files}
    assert days_of(narrow.files) == january(11, 14)
    with duckdb.connect() as reader:
        for file in set(version.files) - set(narrow.files):
            file.unlink()  # whoever opened one of them would fail
        for statement in view_statements(narrow):
            reader.execute(statement)
        assert reader.execute("SELECT id FROM sales.orders ORDER BY id").fetchall() == [(3,), (4,)]


@pytest.mark.parametrize(("count", "expected"), [(1, [14]), (4, [11, 14]), (5, [10, 11, 14]), (1000, [1, 10, 11, 14])])
def test_the_latest_days_end_with_the_newest_one_that_has_rows(publish, count, expected):
    version = publish(rows((1, 1), (2, 10), (3, 11), (4, 14)))
    assert days_of(latest(version, count).files) == january(*expected)


def test_a_query_for_one_day_opens_the_files_of_that_day_and_the_first_one_for_its_columns(publish, duck):
    version = publish(rows(*((day, day) for day in range(1, 10))))
    statements = view_statements(version)  # the files are verified here
    for file in version.files[1:]:
        if file.parent.name != "day=2017-01-02":
            file.write_bytes(bytes(file.stat().st_size))  # as long as it was, and no Parquet
    for statement in statements:
        duck.execute(statement)
    assert duck.execute("SELECT id FROM sales.orders WHERE day = DATE '2017-01-02'").fetchall() == [(2,)]
    duck.execute("DROP SCHEMA sales CASCADE")


def test_a_version_whose_files_are_gone_is_one_that_is_not_there(publish, port):
    publish(rows((1, 1), (2, 2)))
    publish(rows((1, 1), (3, 2)))
    removed = next(file for file in port.at(0).files if file not in port.at(1).files)
    removed.unlink()
    assert [(version.number, version.readable) for version in port.history()] == [(1, True), (0, False)]
    for ask in (lambda: port.at(0), lambda: port.rollback(0)):
        with pytest.raises(UnknownPort, match="Version 0 of sales/orders can no longer be read.*mesh history sales/orders"):
            ask()


@pytest.mark.parametrize("promised", [True], indirect=True)
def test_a_commit_that_only_looked_or_only_took_days_out_is_whole(publish, port):
    publish(rows((1, 1), (2, 2)))
    publish(rows((1, 1), (2, 2)))
    version = publish(rows((1, 1)))
    assert [before.provenance.days for before in port.history()] == [["2017-01-02"], [], ["2017-01-01..2017-01-02"]]
    assert (port.current().number, version.damage, port.damages()) == (2, "", [])


@pytest.mark.parametrize("kept", [0, 1, 2], ids=["emptied", "its first line", "one of two days"])
def test_behind_a_torn_newest_entry_the_days_before_it_are_served_and_published_again(publish, port, home, kept):
    publish(rows((1, 1), (2, 2)))
    publish(rows((10, 1), (20, 2)))
    entry = port.log.file(1)
    entry.write_bytes(b"".join(entry.read_bytes().splitlines(keepends=True)[:kept]))
    assert ours(home) == [(1, date(2017, 1, 1)), (2, date(2017, 1, 2))]
    assert "version 1 is damaged" in port.current().damage
    again = publish(rows((10, 1), (20, 2)))
    assert (again.number, again.provenance.days) == (1, ["2017-01-01..2017-01-02"])
    assert alone(port) == [(10, date(2017, 1, 1)), (20, date(2017, 1, 2))]


SPOILED = {"gone": lambda file: file.unlink(), "torn": lambda file: file.write_bytes(b"PAR1")}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_day_of_which_a_file_is_gone_or_torn_is_published_anew_by_the_next_run(
    port, promised, prepare, publish, spoil, provenance
):
    publish(rows((1, 1), (2, 2)))
    served = publish(rows((1, 1), (20, 2), (3, 3)))
    (lost,) = [file for file in served.files if file.parent.name == "day=2017-01-02"]
    spoil(lost)
    assert (port.current().number, "version 1 is damaged" in port.current().damage) == (0, True)
    base, days = port.base()
    assert (base.number, days) == (1, january(2))
    chosen, _ = prepare(rows((1, 1), (20, 2), (3, 3)))
    again = port.publish_days(chosen, base, promised, provenance())
    assert (again.number, again.provenance.days, again.damage) == (2, ["2017-01-02"], "")
    assert alone(port) == [(1, date(2017, 1, 1)), (20, date(2017, 1, 2)), (3, date(2017, 1, 3))]


@pytest.mark.parametrize("promised", [True], indirect=True)
def test_a_day_of_which_the_only_file_is_gone_and_nothing_is_left_to_publish_is_taken_out(port, publish):
    served = publish(rows((1, 1), (2, 2)))
    next(file for file in served.files if file.parent.name == "day=2017-01-02").unlink()
    again = publish(rows((1, 1)))
    assert (again.provenance.days, again.damage) == (["2017-01-02"], "")
    assert alone(port) == [(1, date(2017, 1, 1))]


def test_a_candidate_file_that_was_cut_after_its_audit_is_refused_and_nothing_has_moved(port, prepare, promised, provenance):
    chosen, base = prepare(rows((1, 1), (2, 2)))
    chosen.files[1].path.write_bytes(b"PAR1")
    with pytest.raises(PublishError, match="sales/orders was not published: its candidate .* is not a complete Parquet file"):
        port.publish_days(chosen, base, promised, provenance())
    assert all(file.path.exists() for file in chosen.files)
    assert not port.published


def test_the_sweeper_keeps_what_every_version_is_made_of(port, publish):
    for number in range(3):
        publish(rows((number, 1), (2, 2)))
    stray = port.folder / "day=2017-01-01" / "part-of-the-dead.parquet"
    stray.write_bytes(b"moved, and never committed")
    assert [leftover.file for leftover in sweep_port(port)] == [stray]
    assert [version.number for version in port.history() if version.readable] == [2, 1, 0]
    assert (alone(port), sweep_port(port)) == ([(2, date(2017, 1, 1)), (2, date(2017, 1, 2))], [])


def test_an_earlier_major_of_a_port_that_grows_is_a_view_over_its_days(publish, promised, port):
    earlier = replace(promised, served_from="sales.orders.v2", served_as={"number": "id"})
    earlier = replace(earlier, columns=(Column("number", "INTEGER"), earlier.columns[1]))
    for version in (publish(rows((1, 1), (2, 2))), publish(f"SELECT * FROM ({rows((1, 1))}) LIMIT 0")):
        with duckdb.connect() as reader:
            for statement in view_statements(seen_as(earlier, version)):
                reader.execute(statement)
            numbered = reader.execute("SELECT number, day FROM sales.orders ORDER BY 1").fetchall()
        assert len(numbered) == version.rows
