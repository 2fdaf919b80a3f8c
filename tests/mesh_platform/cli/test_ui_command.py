"""`mesh ui` before it serves: its arguments, and a port that another process has."""

import socket


def test_a_port_that_is_none_is_not_understood(call):
    result = call("ui", "--port", "0")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: mesh" in result.stderr


def test_a_port_in_use_is_refused_before_anything_is_started(shop, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("ui", "--port", port, cwd=shop.root)
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use. Choose another with --port" in done.stderr
    assert not (shop.root / ".mesh/ui.log").exists()
