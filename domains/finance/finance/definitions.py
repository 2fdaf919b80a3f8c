"""The finance code location: payments, daily revenue, reconciliation, and what the marketing channels return."""

from finance.ingestion import SOURCES
from mesh_platform import build_domain

defs = build_domain("finance", __file__, sources=SOURCES)
