"""A port that grows day by day."""

from support.growing import port, prepare, promised, publish

__all__ = ["port", "prepare", "promised", "publish"]
