"""Do this project's robots move in MuJoCo as they do here? (`make crosscheck`; optional, needs the network once.)

Opens every robot of crates/envs/assets in MuJoCo as it is. The ant it lifts into the air, and gives both simulators the same
slow torques, small enough that no joint meets its limit: motors one by one, then all of them together. Of each run and
joint it takes the largest distance between the two curves and divides it by how far MuJoCo's joint moved from its start.
Prints the largest of these for each joint, fails where one is beyond 5 %, and else keeps what it printed in
results/crosscheck. A joint that hardly moves in a run (by
less than a tenth of what it moves in its largest) has no curve to compare there, and is measured by that largest
movement instead.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

import private_python
from private_python import ROOT


def give_up(reason):
    sys.exit(f"crosscheck: {reason}")


try:
    import mujoco
except ImportError:
    private_python.enter("mujoco==4.0.0", "crosscheck", give_up)  # the version behind the numbers in crates/envs/tests/ant.rs

TOLERANCE = 0.05
SECONDS = 1.0
HEIGHT = 50.0  # of a floating robot (m): it falls 5 m in a second


def kind(model, joint):
    return mujoco.mjtJoint(model.jnt_type[joint])


def start(model):
    """Joints in the middle of their ranges, floating robots high up, everything at rest."""
    data = mujoco.MjData(model)
    for joint in range(model.njnt):
        at = model.jnt_qposadr[joint]
        if kind(model, joint) == mujoco.mjtJoint.mjJNT_FREE:
            data.qpos[at + 2] = HEIGHT
        elif model.jnt_limited[joint]:
            data.qpos[at] = model.jnt_range[joint].mean()
    return data


def programs(model, steps):
    """Control programs by name: each motor alone, then all together, each with its own slow wave."""
    names = [mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_ACTUATOR, motor) for motor in range(model.nu)]

    def wave(motor, step):
        time = step * model.opt.timestep
        return model.actuator_ctrlrange[motor][1] * math.sin(2 * math.pi * (0.8 + 0.1 * motor) * time)

    for motor, name in enumerate(names):
        yield f"{name} alone", [[wave(m, s) * (m == motor) for m in range(model.nu)] for s in range(steps)]
    yield "all motors", [[wave(m, s) for m in range(model.nu)] for s in range(steps)]


def in_mujoco(model, controls):
    """Positions after each step; None where a joint met its limit or a body another one."""
    data = start(model)
    curve = []
    for control in controls:
        data.ctrl[:] = control
        mujoco.mj_step(model, data)
        if data.nefc:
            return None
        curve.append(data.qpos.copy())
    return curve


def free_of_limits(model, controls):
    """The program with the largest share of its torques at which nothing is touched, and MuJoCo's curve."""
    share = 0.5
    while share > 1e-3:
        scaled = [[share * control for control in step] for step in controls]
        curve = in_mujoco(model, scaled)
        if curve:
            return scaled, curve
        share *= 0.8
    sys.exit("crosscheck: even the smallest torques drive a joint into its limit: start it elsewhere")


def in_rapier(xml, model, controls):
    data = start(model)
    with tempfile.TemporaryDirectory() as folder:
        plan, trace = pathlib.Path(folder, "plan.json"), pathlib.Path(folder, "trace.json")
        state = {"positions": data.qpos.tolist(), "velocities": data.qvel.tolist(), "controls": controls}
        plan.write_text(json.dumps(state))
        run = ["cargo", "run", "--quiet", "-p", "experiments", "--", "trace", xml, plan, trace]
        if subprocess.run(run, cwd=ROOT).returncode:
            sys.exit(f"crosscheck: no trace of {xml}")
        return json.loads(trace.read_text())["positions"]


def compare(xml):
    """The largest deviation of each joint, with how far the joint moved and in which run."""
    model = mujoco.MjModel.from_xml_path(str(xml))
    steps = round(SECONDS / model.opt.timestep)
    joints = [
        (mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_JOINT, joint), model.jnt_qposadr[joint])
        for joint in range(model.njnt)
        if kind(model, joint) in (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE)
    ]
    first = start(model).qpos
    rows = {name: [] for name, _ in joints}
    for title, controls in programs(model, steps):
        scaled, expected = free_of_limits(model, controls)
        found = in_rapier(xml, model, scaled)
        for name, at in joints:
            moved = max(abs(q[at] - first[at]) for q in expected)
            apart = max(abs(q[at] - p[at]) for q, p in zip(expected, found))
            rows[name].append((apart, moved, title))
    worst = {}
    for name, runs in rows.items():
        largest = max(moved for _, moved, _ in runs)
        scored = [(apart / (moved if moved >= 0.1 * largest else largest), moved, title) for apart, moved, title in runs]
        worst[name] = max(scored)
    return worst


def main():
    assets = ROOT / "crates/envs/assets"
    beyond = checked = 0
    page = []

    def tell(text):
        print(text)
        page.append(text)

    tell(f"MuJoCo {mujoco.__version__} opens as they are:")
    whole = [xml for xml in sorted(assets.glob("*.xml")) if "<mujocoinclude>" not in xml.read_text()]
    for xml in whole:
        try:
            model = mujoco.MjModel.from_xml_path(str(xml))
        except ValueError as error:
            sys.exit(f"crosscheck: MuJoCo does not open {xml.name}: {error}")
        tell(f"{xml.name}: {model.nbody - 1} bodies, {model.njnt} joints, {model.nu} actuators, {model.ngeom} shapes")
    tell(f"\nant.xml, {SECONDS} s without contact; largest distance of the curves / movement in MuJoCo")
    tell(f"{'joint':<10} {'deviation':>9}   {'moved (rad)':>11}   in the run")
    for name, (deviation, moved, title) in compare(assets / "ant.xml").items():
        checked += 1
        beyond += deviation > TOLERANCE
        tell(f"{name:<10} {100 * deviation:>7.1f} %   {moved:>11.3f}   {title}{'   BEYOND' if deviation > TOLERANCE else ''}")
    if not checked:
        sys.exit("crosscheck: nothing was compared: is this the project's folder?")
    if beyond:
        sys.exit(f"crosscheck: {beyond} joints deviate by more than {100 * TOLERANCE:.0f} %")
    tell(f"\nall {checked} joints within {100 * TOLERANCE:.0f} %")
    record = ROOT / "results/crosscheck/crosscheck.txt"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text("\n".join(page) + "\n")


if __name__ == "__main__":
    main()
