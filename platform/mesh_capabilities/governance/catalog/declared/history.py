"""What came to be: the tables of versions, of what they were made of, and of runs."""

from collections.abc import Mapping

from mesh_capabilities.governance.catalog.declared.table import LIST, MAJOR, MOMENT, PORT, SMALL, TEXT, TRUTH, WHOLE, Table

TABLES: Mapping[str, Table] = {
    "versions": Table(
        "The versions of every port, as its commits say.",
        {
            "port": PORT,
            "major": MAJOR,
            "version": (WHOLE, "Number of the version; the first is 0."),
            "committed_at": (MOMENT, "When it was committed."),
            "rows": (WHOLE, "Its rows."),
            "rules": (WHOLE, "How many rules its data were held against."),
            "warnings": (WHOLE, "How many of them were broken and only warn."),
            "set_aside": (WHOLE, "Rows that broke a rule that lets them, and are in the quarantine."),
            "contract": (TEXT, "The id of the contract."),
            "contract_version": (TEXT, "Version of the contract."),
            "contract_digest": (TEXT, "SHA-256 of the contract's file."),
            "run": (TEXT, "The Dagster run that published it."),
            "rolled_back_to": (WHOLE, "The version whose data it serves again."),
            "current": (TRUTH, "Whether it is the one that is served."),
            "readable": (TRUTH, "Whether its files are still there."),
        },
        ("port", "major", "version"),
    ),
    "version_inputs": Table(
        "Which versions of other ports a version was made of.",
        {
            "port": PORT,
            "major": MAJOR,
            "version": (WHOLE, "Number of the version."),
            "input": (TEXT, "The port that was read, written domain/port."),
            "input_major": (SMALL, "The major that was read."),
            "input_version": (WHOLE, "The version that was read."),
        },
        ("port", "major", "version", "input"),
    ),
    "version_sources": Table(
        "Which source files a version was made of.",
        {
            "port": PORT,
            "major": MAJOR,
            "version": (WHOLE, "Number of the version."),
            "source": (TEXT, "The table that the file was read into."),
            "sha256": (TEXT, "SHA-256 of the file."),
        },
        ("port", "major", "version", "source"),
    ),
    "runs": Table(
        "The Dagster runs of the mesh.",
        {
            "run": (TEXT, "Dagster's id of the run."),
            "domain": (TEXT, "The domain that it ran."),
            "status": (TEXT, "How it ended, in the words of Dagster."),
            "started_at": (MOMENT, "When it started."),
            "ended_at": (MOMENT, "When it ended."),
            "ports": (LIST, "The ports that it was to publish."),
        },
        ("run",),
    ),
}
