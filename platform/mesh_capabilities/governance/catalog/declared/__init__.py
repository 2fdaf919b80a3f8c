"""The declarations of the metadata tables, by what they are about."""
