"""``tickgate doctor`` and ``tickgate tune``: tables, JSON, exit statuses."""

import json
import os
import socket
import subprocess
import sys

from host.cli.main import main

LEAST = ("--priority", "0", "--no-lock", "--no-huge", "--collector", "off")


def tuned(*arguments):
    """Run ``tickgate tune`` in a process of its own, which is the one that it changes."""
    return subprocess.run([sys.executable, "-m", "host.cli", "tune", *arguments], capture_output=True, text=True,
                          timeout=120, check=False)


def test_the_doctor_prints_a_table(tmp_path, capsys):
    assert main(["doctor", "--folder", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    for what in ("Python", "g++", "make", "clock source", "locked memory", "huge pages", "disk"):
        assert what in text


def test_a_port_in_use_fails_and_is_in_the_json(tmp_path, capsys):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        where = f"127.0.0.1:{server.getsockname()[1]}"
        config = tmp_path / "x.toml"
        config.write_text(f'[fix]\naddress = "{where}"\n')
        assert main(["doctor", "--config", str(config), "--folder", str(tmp_path), "--json"]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert {"what": "port of x.toml.fix.address", "finding": "lacking", "found": f"{where}: Address already in use",
            "advice": "`ss -lntup` tells who has it"} in checks


def test_mistakes_are_one_line(tmp_path, capsys):
    broken = tmp_path / "x.toml"
    broken.write_text("a = \n")
    assert main(["doctor", "--config", str(broken)]) == 2
    assert main(["doctor", "--folder", str(tmp_path / "none")]) == 2
    assert main(["tune", "--priority", "100"]) == 2
    assert main(["tune", "--collector", "often"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4 and all(line.startswith("tickgate: ") for line in lines)
    assert lines[2] == "tickgate: --priority must be 0..99, not 100"


def test_what_was_applied_is_told_and_the_command_runs_in_the_same_process():
    done = tuned(*LEAST, "--cpu", str(min(os.sched_getaffinity(0))), "--json", "--", "hls", "--help")
    assert done.returncode == 0 and "usage: tickgate hls" in done.stdout
    settings = json.loads(done.stderr)["settings"]
    assert [one["setting"] for one in settings] == ["CPU affinity", "garbage collector"]
    assert all(one["applied"] for one in settings)


def test_a_refusal_is_the_exit_status_where_nothing_else_is_run():
    done = tuned(*LEAST, "--cpu", "4000")
    assert done.returncode == 1 and "refused" in done.stdout and "CPU 4000 may not be used" in done.stdout
