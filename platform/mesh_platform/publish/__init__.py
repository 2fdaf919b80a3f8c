"""Publishing: a port's inputs are pinned, its candidate is built and judged, and one commit makes it the next version."""
