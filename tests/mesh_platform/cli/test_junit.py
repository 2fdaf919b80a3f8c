"""JUnit XML: well-formed for every text, with the counts and messages that its readers expect."""

from xml.etree import ElementTree

import pytest

from mesh_platform.cli.output import Case, Suite, junit_xml

HOSTILE = [
    "<b>&amp;</b>",
    "quote \" and ' here",
    "]]>",
    "\x00\x07\x1b[31m",
    "\ud800",
    "\ufffe",
    "größe ☃ 🦆",
    "two\nlines",
    "\n",
]


def test_cases_failures_and_remarks_are_counted_and_written():
    cases = (Case("kept"), Case("broken", failure="not so\n  a = 1"), Case("warned", remark="nearly"))
    top = ElementTree.fromstring(junit_xml([Suite("first", cases), Suite("second", ())]))
    assert (top.tag, top.get("tests"), top.get("failures")) == ("testsuites", "3", "1")
    first, second = top
    assert (first.get("name"), first.get("tests"), first.get("failures"), second.get("tests")) == ("first", "3", "1", "0")
    assert [case.get("name") for case in first] == ["kept", "broken", "warned"]
    assert first[1].find("failure").get("message") == "not so"
    assert first[1].find("failure").text == "not so\n  a = 1"
    assert first[2].find("system-out").text == "nearly"
    assert first[0].get("classname") == "first"


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_leaves_the_document_readable(text):
    document = junit_xml([Suite(text, (Case(text, failure=text), Case(text, remark=text)))])
    suite = ElementTree.fromstring(document.encode("utf-8"))[0]
    assert suite.get("failures") == "1"
    assert len(suite) == 2


def test_a_text_that_xml_can_hold_is_held():
    text = '<b>&amp;</b> "größe" ☃ 🦆 ]]>'
    (case,) = ElementTree.fromstring(junit_xml([Suite("s", (Case(text, remark=text),))]))[0]
    assert (case.get("name"), case.find("system-out").text) == (text, text)
