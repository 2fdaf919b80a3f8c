"""The stages in the life of a data product, as the `status` of an ODPS descriptor says them.

The standard leaves `status` open and gives these five as its examples; here they are all there is:
https://bitol-io.github.io/open-data-product-standard
"""

from enum import StrEnum


class Stage(StrEnum):
    """One stage; its value is what the descriptor says."""

    proposed = "proposed"
    """Described, so that others can talk about it; nothing is built."""
    draft = "draft"
    """In development: built, audited and published, but promised to nobody outside of its domain."""
    active = "active"
    deprecated = "deprecated"
    """Built and promised until a day that is known."""
    retired = "retired"
    """Known to have been there; nothing is built any more."""

    @property
    def words(self) -> str:
        """As people call it."""
        return "in development" if self is Stage.draft else self.value

    @property
    def built(self) -> bool:
        """Whether runs build and publish its ports."""
        return self not in (Stage.proposed, Stage.retired)

    @property
    def promised(self) -> bool:
        """Whether products of other domains may rest on it."""
        return self in (Stage.active, Stage.deprecated)
