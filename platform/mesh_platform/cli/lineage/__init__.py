"""The verbs that follow data: where it comes from, where it goes, and whether it can be made again."""
