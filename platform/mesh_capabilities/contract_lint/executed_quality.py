"""What the platform does with the keys of quality rules and relationships, which stand below a table and below a column."""

from mesh_capabilities.contract_lint.key_use import PEOPLE, Key, Use, keys, own_property

_OPERATORS = "mustBe mustNotBe mustBeGreaterThan mustBeGreaterOrEqualTo mustBeLessThan mustBeLessOrEqualTo"
_EXECUTED, _DOCUMENTED, _IGNORED = Use.EXECUTED, Use.DOCUMENTED, Use.IGNORED


def quality(below: str) -> list[Key]:
    """The lines of `quality` below one path; its entries are told apart by metric or type."""
    entry, library, custom = f"{below}quality[].", f"{below}quality[library].", f"{below}quality[custom]"
    return [
        *keys(_EXECUTED, below, {"quality": "each entry is a rule of the audit", "quality[]": "a rule of the audit"}),
        Key(f"{below}quality[text]", _DOCUMENTED, "only people can execute a rule in words"),
        Key(f"{entry}type", _EXECUTED, "how the rule is executed"),
        Key(f"{entry}name", _EXECUTED, "the check's name"),
        Key(f"{entry}id", _EXECUTED, "the check's name where it has no other", overruled_by="name"),
        *keys(
            _EXECUTED,
            entry,
            {
                f"{_OPERATORS} mustBeBetween mustNotBeBetween": "the comparison that what is measured must pass",
                "unit": "percent compares the share of the rows",
                "severity": "warning and info show and do not block; everything else blocks",
            },
        ),
        *own_property(entry, "setAside", "how many bad rows are set aside while the others are published"),
        *keys(
            _DOCUMENTED,
            entry,
            {
                "description": "the rule's sentence",
                "dimension method businessImpact tags authoritativeDefinitions": PEOPLE,
            },
        ),
        *keys(
            _IGNORED,
            entry,
            {
                "schedule scheduler": "every candidate is audited before it is published, whenever that is",
            },
        ),
        *keys(_EXECUTED, library, {"metric rule": "what is measured", "arguments": "what the metric needs to know"}),
        *keys(
            _EXECUTED,
            f"{below}quality[invalidValues].",
            {"arguments.validValues arguments.pattern": "which values are valid"},
        ),
        Key(f"{below}quality[validValues].validValues", _EXECUTED, "what 3.0 calls the argument validValues"),
        Key(f"{below}quality[missingValues].arguments.missingValues", _EXECUTED, "which values count as missing"),
        Key(f"{below}quality[sql].query", _EXECUTED, "runs on the candidate"),
        Key(f"{below}quality[sql].unit", _DOCUMENTED, "the query says what it counts"),
        Key(custom, _EXECUTED, "judged by the engine that is registered under its name; without one it is refused"),
        *keys(_EXECUTED, f"{custom}.", {"engine": "who judges", "implementation": "what the engine is told"}),
        Key(f"{custom}.unit", _IGNORED, "the engine says what passes"),
        Key(f"{custom}.customProperties", _DOCUMENTED, "for people; an engine's rule sets no rows aside"),
    ]


def relationships(below: str) -> list[Key]:
    """The lines of `relationships` below one path, but for `from`."""
    entry = f"{below}relationships[]."
    return [
        *keys(_EXECUTED, below, {"relationships relationships[]": "a rule of the audit: every known key occurs there"}),
        Key(f"{entry}to", _EXECUTED, "the column that is pointed to, here or in another port"),
        *own_property(entry, "severity", "warning and info show and do not block; everything else blocks"),
        Key(f"{entry}type", _DOCUMENTED, "the standard knows foreign keys only"),
        Key(f"{entry}id", _DOCUMENTED, PEOPLE),
    ]
