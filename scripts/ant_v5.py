"""How fast is Gymnasium's Ant-v5 on this machine? (Part of `make bench`; optional, needs the network once.)

Times `env.step` with random actions in one thread, best of five rounds, to be read beside our ant's rate in the same
run. Both take five physics steps per control step. Without Gymnasium and without a network it says so and the other
benches stand alone.
"""

import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = ["gymnasium[mujoco]==1.4.0"]
VENV = ROOT / ".deps/ant_v5"
STEPS = 4000


def bring_gymnasium():
    """Puts Gymnasium and MuJoCo into a Python of their own under .deps, and goes on there."""
    python = VENV / "bin/python"
    if pathlib.Path(sys.prefix) == VENV:
        leave(f"the Gymnasium in {VENV} does not load: remove that folder, then run this again")
    if not (VENV / "whole").exists():
        print(f"fetching {PACKAGES[0]} into {VENV}", flush=True)
        make = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
        if make.returncode:
            leave("python3 cannot make a venv (Debian: python3-venv)")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        fetch = subprocess.run(pip, capture_output=True, text=True)
        if fetch.returncode:
            reason = (fetch.stderr.strip().splitlines() or ["no reason given"])[-1]
            leave(f"the packages could not be fetched (pip says: {reason})")
        (VENV / "whole").touch()  # last: a broken download is made anew
    os.execv(python, [python, __file__])


def leave(reason):
    print(f"Gymnasium's Ant-v5 is not timed: {reason}")
    sys.exit(0)


try:
    import gymnasium
    import mujoco  # noqa: F401, Gymnasium's ant needs it
except ImportError:
    bring_gymnasium()


def seconds(env):
    """Of one round; episodes that end are started again off the clock."""
    spent = 0.0
    for _ in range(STEPS):
        action = env.action_space.sample()
        begin = time.perf_counter()
        _, _, terminated, truncated, _ = env.step(action)
        spent += time.perf_counter() - begin
        if terminated or truncated:
            env.reset()
    return spent


env = gymnasium.make("Ant-v5")
env.action_space.seed(0)
env.reset(seed=0)
best = min(seconds(env) for _ in range(5))
print(f"Gymnasium {gymnasium.__version__} Ant-v5, random actions: {STEPS / best:.0f} steps/s")
