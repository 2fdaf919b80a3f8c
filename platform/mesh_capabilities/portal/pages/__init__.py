"""What each kind of page shows, worked out from the facts of the catalogue before any template sees it."""
