"""A hostile build answers for dbt: with values of other types, of any size, and with text that no encoding can write."""

import sys
from importlib import import_module

import pytest

from mesh_isolation.files import code_digest
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_platform.build import dbt
from mesh_platform.errors import TransformationError

NODE = {"id": "model.shop.things", "name": "things", "kind": "model", "status": "success", "seconds": 0.1, "message": "OK"}
NODE |= {"file": "models/things.sql", "code": "select 1", "model": None}
MODEL = {"name": "things", "schema": "main", "file": "models/things.sql", "materialized": "port", "sql": "select 1"}
ODD = [None, 5, -1.0, float("nan"), float("inf"), 10**400, True, [], ["x"], {}, {"a": 1}, "x", [[[[]]]]]


@pytest.fixture
def answering(company, monkeypatch):
    """Builds the models of a domain with a node in the answer of dbt; returns the results."""
    domain = company.domain()

    def build(node):
        monkeypatch.setattr(dbt, "run_command", lambda *_: {"success": True, "problem": "", "nodes": [node]})
        return dbt.build_models(domain, ["things"], (), lambda name, status: None)

    return build


@pytest.mark.parametrize("field", NODE)
@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_a_result_has_the_types_of_a_result_or_is_refused(answering, field, value):
    try:
        (result,) = answering({**NODE, field: value}).values()
    except TransformationError:
        return
    assert 0 <= result.seconds < 1e9 and result.model is None
    assert all(isinstance(getattr(result, name), str) for name in NODE.keys() - {"seconds", "model"})
    code_digest([(result.name, result.code)])


@pytest.mark.parametrize("field", MODEL)
@pytest.mark.parametrize("value", [value for value in ODD if value != "x"], ids=lambda value: repr(value)[:20])
def test_a_model_has_the_types_of_a_model_or_is_refused(answering, field, value):
    with pytest.raises(TransformationError, match="another shape"):
        answering({**NODE, "model": {**MODEL, field: value}})


ANSWERS = {
    "no success": {"problem": "", "nodes": []},
    "a list as success": {"success": [], "problem": "", "nodes": []},
    "a mapping as problem": {"success": False, "problem": {"a": 1}, "nodes": []},
    "nothing": None,
    "a text": "success",
    "a text as nodes": {"success": True, "problem": "", "nodes": "x"},
    "a number as node": {"success": True, "problem": "", "nodes": [5]},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_has_the_shape_of_an_answer_or_is_refused(monkeypatch, answer):
    monkeypatch.setattr(dbt, "call", lambda *_: answer)
    with pytest.raises(TransformationError, match="another shape"):
        dbt.call_dbt({}, Sandbox())


SENDING = """
import os, sys

def send(emit, line, times):
    frame = sys._getframe()
    while frame.f_code.co_name != "_work":
        frame = frame.f_back
    head, _, tail = line.partition("<many>")
    frame.f_locals["connection"].sendall(head.encode("latin-1") + b"[]," * times + tail.encode("latin-1") + b"\\n")
    os._exit(0)
"""


@pytest.fixture
def send(tmp_path, monkeypatch):
    """Sends one line as the answer of a call, in Latin-1, with `<many>` lists in it."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/answering.py").write_text(SENDING, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "code")

    def send(line, times=0):
        arguments = {"line": line, "times": times}
        return call(import_module("answering").send, arguments, Sandbox(code=[tmp_path / "code"], seconds=60))

    yield send
    sys.modules.pop("answering", None)


@pytest.mark.parametrize("kind", ["result", "event", "failure"])
def test_a_message_of_too_many_values_is_not_read(send, kind):
    with pytest.raises(SandboxFailed, match="a message of more than 3,000,000 values"):
        send(f'["{kind}",<many>1]', 3_000_001)


@pytest.mark.parametrize("half", [r"\ud800", r"\udfff", r"\uD800\uD800", "\xff\xfe"])
def test_what_arrives_can_be_written(send, half):
    result = send(f'["result",{{"{half}": ["{half} and text"]}}]')
    assert " and text" in result.popitem()[1][0].encode("utf-8").decode("utf-8")


def test_a_whole_pair_arrives_as_its_character(send):
    assert send(r'["result","\ud83d\ude00"]') == "\N{GRINNING FACE}"
