"""The command line `mesh`; commands import what they need when they run, so that help is there at once."""
