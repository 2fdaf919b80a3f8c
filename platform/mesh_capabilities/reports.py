"""Documents that several capabilities write: to a file or to standard output, and results as JUnit XML."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from mesh_isolation.terminal import print_json, verdict
from mesh_isolation.text import visible
from mesh_platform.errors import FileRefused


def deliver(text: str, to: str | None, as_json: bool, document: Mapping[str, object], done: str, replace: bool = True) -> None:
    """Writes `text` to the file `to` and prints a verdict; without a file, prints only the text to standard output.

    Args:
        text: the result of the command.
        to: the file, in a folder that exists.
        as_json: print a JSON document instead: `document` with the text or the file's name added.
        document: the other keys of the JSON document.
        done: the verdict without the file's name, such as `sales/orders exported`.
        replace: whether an existing file may be overwritten.

    Raises FileRefused when the file exists and may not be overwritten, or cannot be written.
    """
    if to:
        if not Path(to).absolute().parent.is_dir():
            raise FileRefused(f"There is no folder {Path(to).parent}.", "Name a file in a folder that exists, with --to.")
        write_report(text, Path(to), replace)
    if as_json:
        print_json({**document, **({"file": to} if to else {"text": text})})
    elif to:
        verdict(True, f"{done} to {to}")
    else:
        sys.stdout.write(visible(text) if sys.stdout.isatty() else text)


def write_report(text: str, path: Path, replace: bool = True) -> None:
    """Writes a file. Raises FileRefused when it exists and `replace` is false, or when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if replace else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as problem:
        raise FileRefused(f"{path} already exists and was not overwritten.", "Name another file.") from problem
    except OSError as problem:
        raise FileRefused(f"{path} cannot be written: {problem.strerror}.", "Name another file.") from problem


@dataclass(frozen=True)
class Case:
    """One test case."""

    name: str
    failure: str = ""
    """Why it failed; empty if it passed."""
    remark: str = ""
    """Further output, such as a warning."""


@dataclass(frozen=True)
class Suite:
    """The test cases of one contract or one policy."""

    name: str
    cases: tuple[Case, ...]


def junit_xml(suites: Iterable[Suite], name: str = "mesh contract") -> str:
    """The JUnit document. `name` is the command that ran the tests. Control characters are made visible: XML allows few."""
    top = ElementTree.Element("testsuites", name=name)
    tests = failures = 0
    for suite in suites:
        failed = sum(bool(case.failure) for case in suite.cases)
        tests, failures = tests + len(suite.cases), failures + failed
        counts = {"tests": str(len(suite.cases)), "failures": str(failed), "errors": "0", "skipped": "0"}
        element = ElementTree.SubElement(top, "testsuite", name=visible(suite.name), **counts)
        for case in suite.cases:
            tested = ElementTree.SubElement(element, "testcase", classname=visible(suite.name), name=visible(case.name))
            if case.failure:
                first = case.failure.partition("\n")[0]
                ElementTree.SubElement(tested, "failure", message=visible(first), type="broken").text = visible(case.failure)
            if case.remark:
                ElementTree.SubElement(tested, "system-out").text = visible(case.remark)
    top.attrib |= {"tests": str(tests), "failures": str(failures)}
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"
