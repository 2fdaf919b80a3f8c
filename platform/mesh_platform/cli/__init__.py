"""The command line `mesh`. Commands import what they need when they run, so that help is there at once."""
