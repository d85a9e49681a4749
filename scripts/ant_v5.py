"""How fast is Gymnasium's Ant-v5 on this machine? (Part of `make bench`; optional, needs the network once.)

Times `env.step` with random actions in one thread, best of five rounds, to be read beside our ant's rate in the same
run. Both take five physics steps per control step. Without Gymnasium and without a network it says so and the other
benches stand alone.
"""

import sys
import time

import private_python

STEPS = 4000


def leave(reason):
    print(f"Gymnasium's Ant-v5 is not timed: {reason}")
    sys.exit(0)


try:
    import gymnasium
    import mujoco  # noqa: F401, Gymnasium's ant needs it
except ImportError:
    private_python.enter("gymnasium[mujoco]==1.4.0", "ant_v5", leave)


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
