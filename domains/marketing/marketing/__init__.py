"""The marketing domain: how sellers are won, and what it is worth to know one's customers."""
