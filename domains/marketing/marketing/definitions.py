"""The marketing code location: leads and their deals, customer segments, and what each channel brought."""

from marketing.ingestion import SOURCES
from mesh_platform import build_domain

defs = build_domain("marketing", __file__, sources=SOURCES)
