"""A build of the portal that is ended in the middle."""

import pytest

from mesh_capabilities.portal import site


def test_a_build_that_ends_early_leaves_a_folder_that_the_next_one_takes(shop, tmp_path, monkeypatch):
    def interrupted(view):
        raise KeyboardInterrupt

    site.build_site(shop, None, tmp_path / "site")
    first = {path.name for path in (tmp_path / "site").rglob("*")}
    for folder in ("site", "new"):
        with monkeypatch.context() as patched:
            patched.setattr(site, "governance_page", interrupted)
            with pytest.raises(KeyboardInterrupt):
                site.build_site(shop, None, tmp_path / folder)
        assert folder == "new" or {path.name for path in (tmp_path / folder).rglob("*")} == first, "what was there stays"
        assert site.build_site(shop, None, tmp_path / folder).problems == []
