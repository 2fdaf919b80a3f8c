"""The command line `mesh`; each command imports what it needs when it runs, so that `--help` stays fast."""
