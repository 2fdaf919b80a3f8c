"""`mesh portal …`: the verbs of the portal."""
