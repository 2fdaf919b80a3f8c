"""The verb that judges a change."""
