"""Results as JUnit XML, for whatever shows the tests of a pipeline.

Format: the schema of the Jenkins xUnit plug-in, https://github.com/jenkinsci/xunit-plugin (junit-10.xsd)
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

# What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """One thing that was tested."""

    name: str
    failure: str = ""
    """Why it failed; empty if it did not."""
    remark: str = ""
    """What is to be said of it otherwise."""


@dataclass(frozen=True)
class Suite:
    """The cases of one contract, or of one policy."""

    name: str
    cases: tuple[Case, ...]


def junit_xml(suites: Iterable[Suite], name: str = "mesh contract") -> str:
    """The document, under the name of what was run. A character that XML does not have becomes U+FFFD."""
    top = ElementTree.Element("testsuites", name=name)
    tests = failures = 0
    for suite in suites:
        failed = sum(bool(case.failure) for case in suite.cases)
        tests, failures = tests + len(suite.cases), failures + failed
        counts = {"tests": str(len(suite.cases)), "failures": str(failed), "errors": "0", "skipped": "0"}
        element = ElementTree.SubElement(top, "testsuite", name=_clean(suite.name), **counts)
        for case in suite.cases:
            tested = ElementTree.SubElement(element, "testcase", classname=_clean(suite.name), name=_clean(case.name))
            if case.failure:
                first = case.failure.partition("\n")[0]
                ElementTree.SubElement(tested, "failure", message=_clean(first), type="broken").text = _clean(case.failure)
            if case.remark:
                ElementTree.SubElement(tested, "system-out").text = _clean(case.remark)
    top.attrib |= {"tests": str(tests), "failures": str(failures)}
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
