"""Publishing: build candidates, judge them against their contracts, and commit them; without Dagster."""
