"""What a run finds in the way and what it makes of it: leftovers, a torn log, a log with a hole."""

import shutil


def test_a_run_sweeps_up_sets_a_torn_commit_aside_and_publishes(mesh):
    mesh.run("run", "sales/sellers", "--source", mesh.sources)
    folder, newest = mesh.home / "ports/sales/sellers/v1", mesh.versions()["sales/sellers"]
    (folder / "part-0.parquet").write_bytes(b"moved, and never committed")
    (folder / f"_delta_log/{newest:020d}.json").write_bytes(b"")
    assert mesh.versions()["sales/sellers"] == newest - 1
    said = mesh.run("run", "sales/sellers", "--source", mesh.sources).stdout
    assert "sales: removed 2 files that a killed run left" in said
    assert f"sales/sellers version {newest}:" in said
    assert not (folder / "part-0.parquet").exists()


def test_a_run_refuses_to_go_on_from_a_hole_and_says_what_to_do(mesh):
    folder = mesh.home / "ports/sales/sellers/v1"
    shutil.copytree(folder, folder.with_name("kept"))
    try:
        (folder / f"_delta_log/{0:020d}.json").unlink()
        done = mesh.run("run", "sales/sellers", "--source", mesh.sources, code=1)
    finally:
        shutil.rmtree(folder)
        folder.with_name("kept").rename(folder)
    assert "sales/sellers: version 0 is damaged" in done.stdout
    assert "Restore the file from a backup" in done.stdout
    assert "0 of 1 port published" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
