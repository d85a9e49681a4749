"""Brings one package from PyPI into a Python of its own under .deps, for the optional scripts beside this file."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def enter(package, name, give_up):
    """Starts the running script again in the Python that has the package; fetches it the first time. `give_up` gets a
    sentence that says what is missing, and ends the script."""
    home = ROOT / ".deps" / name
    python = home / "bin/python"
    if pathlib.Path(sys.prefix) == home:
        give_up(f"the {package} in {home} does not load: remove that folder, then run this again")
    if not (home / "whole").exists():
        print(f"fetching {package} into {home}", file=sys.stderr, flush=True)
        make = subprocess.run([sys.executable, "-m", "venv", "--clear", home], capture_output=True, text=True)
        if make.returncode:
            give_up("python3 cannot make a venv: install it (Debian: python3-venv), then run this again")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        fetch = subprocess.run(pip, capture_output=True, text=True)
        if fetch.returncode:
            reason = (fetch.stderr.strip().splitlines() or ["no reason given"])[-1]
            give_up(f"could not fetch {package}: check the network, then run this again (pip says: {reason})")
        (home / "whole").touch()  # last: a broken download is made anew
    os.execv(python, [python, *sys.argv])
