"""The sales code location: what the shop knows of its orders, customers, sellers and goods."""

from mesh_platform import build_domain
from sales.ingestion import SOURCES

defs = build_domain("sales", __file__, sources=SOURCES)
