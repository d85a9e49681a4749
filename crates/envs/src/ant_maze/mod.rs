//! An ant that must walk to a goal in a maze; after D4RL's ant mazes (Fu et al. 2020, `d4rl/locomotion`).
//!
//! **State**, in D4RL's order (MuJoCo's `qpos`, then `qvel`); the goal is not part of it:
//!
//! | index | what | unit |
//! |---|---|---|
//! | 0-2 | torso x, y, z | m |
//! | 3-6 | torso orientation, quaternion w, x, y, z | |
//! | 7-14 | angles of hip and ankle of legs 1 to 4 | rad |
//! | 15-17 | torso velocity, world axes | m/s |
//! | 18-20 | torso angular velocity, body axes | rad/s |
//! | 21-28 | rates of hip and ankle of legs 1 to 4 | rad/s |
//!
//! **Privileged**: the goal's x, y (m). **Action**: torque / 30 N m at hip and ankle of legs 4, 1, 2, 3 (D4RL's order).
//! **Step**: 5 x 0.02 s. **Reward**: 1 within 0.5 m of the goal, else 0. **Ending**: at the goal; never for a fall.
//! **Start**: all positions + U(-0.1, 0.1), velocities 0.1 N(0, 1), as D4RL. **Goal**: middle of the goal cell +
//! U(0, 1) + U(0, 0.5) on each axis, drawn at each reset.
//!
//! Three departures: D4RL's versions 0 and 1, which the paper has, draw the goal once for each environment, so that a run
//! is judged by one; here, as in version 2, a seed's score does not hang on a lucky goal. The ankles start at 1 rad, inside
//! their ranges (D4RL starts them at 0, outside, and lets the limits throw the ant). And the physics is rapier's, not
//! MuJoCo's.

mod maze;

use rl::{Environment, EnvironmentSpec, Observation, Outcome, Prng, Snapshot, Step};

use crate::{Scene, SceneState, Shape, ShapeKind, Texture};
pub use maze::{CELL, Cell, Maze};

/// Length of a state.
pub const STATE_SIZE: usize = 29;
/// Length of an action: one torque for each joint.
pub const ACTION_SIZE: usize = 8;
/// Physics steps (of 0.02 s) in a control step.
const SUBSTEPS: usize = 5;
/// Torque of an action of 1 (N m).
const TORQUE: f32 = 30.0;
/// The goal is reached within this distance (m).
const GOAL_RADIUS: f32 = 0.5;
/// Torso height and orientation, then hip and ankle of each leg.
const INITIAL_POSITIONS: [f32; 15] = [0.0, 0.0, 0.75, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, -1.0, 0.0, 1.0];

/// Where episodes start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// In the middle of the start cell: evaluation, and D4RL's `umaze` data.
    StartCell,
    /// In a random free cell, its middle + U(0, 1) on each axis: D4RL's other data (`multistart`). Departures: there no
    /// episode starts in a cell that is a goal of the collection map, and the position has no noise beside this.
    AnyCell,
}

/// Where episodes lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Near the middle of the goal cell: evaluation.
    GoalCell,
    /// At [`fixed_goal`], for which data are labelled.
    Fixed,
    /// In one of the maze's marked goal cells ([`Maze::marked_goals`]): D4RL's `play` data.
    MarkedCell,
    /// In a random free cell other than the start's: D4RL's `diverse` data (`multigoal`).
    AnyCell,
}

impl Goal {
    /// A goal for an ant that is at `from`: never in the cell where it is, if there is another.
    pub(crate) fn draw(self, maze: Maze, from: [f32; 2], rng: &mut Prng) -> [f32; 2] {
        let mut candidates = match self {
            Goal::Fixed => return fixed_goal(maze),
            Goal::GoalCell => vec![maze.goal()],
            Goal::MarkedCell => maze.marked_goals(),
            Goal::AnyCell => maze.free_cells(),
        };
        if candidates.len() > 1 {
            let here = maze.cell_near(from);
            candidates.retain(|cell| *cell != here);
        }
        let cell = candidates[rng.below(candidates.len())];
        maze.center(cell).map(|x| x + rng.uniform(0.0, 1.0) + rng.uniform(0.0, 0.5))
    }
}

/// The middle of the box from which evaluation draws its goals. The rewards of data are labelled with this goal.
pub fn fixed_goal(maze: Maze) -> [f32; 2] {
    maze.center(maze.goal()).map(|x| x + 0.75)
}

/// Whether a state counts as being at a goal.
pub fn at_goal(state: &[f32], goal: [f32; 2]) -> bool {
    (state[0] - goal[0]).hypot(state[1] - goal[1]) <= GOAL_RADIUS
}

/// The task; see the module's page for its numbers.
pub struct AntMaze {
    spec: EnvironmentSpec,
    maze: Maze,
    start: Start,
    goals: Goal,
    scene: Scene,
    /// This episode's goal (m).
    goal: [f32; 2],
}

impl AntMaze {
    /// A maze with the given rules for starts and goals. `name` and `max_steps` go to the specification.
    pub fn new(name: &str, maze: Maze, max_steps: usize, start: Start, goals: Goal) -> Self {
        let scene = Scene::from_mjcf(include_str!("../../assets/ant.xml"), &maze.walls())
            .expect("assets/ant.xml is inside the subset: tests/mjcf_lint.rs");
        Self { spec: specification(name, maze, max_steps), maze, start, goals, scene, goal: fixed_goal(maze) }
    }

    /// All solids of the scene and a disc that marks the goal.
    pub fn shapes(&self) -> Vec<Shape> {
        let mut shapes = self.scene.shapes();
        shapes.push(Shape {
            kind: ShapeKind::Cylinder { radius: GOAL_RADIUS, half_length: 0.01 },
            translation: [self.goal[0], self.goal[1], 0.01],
            rotation: [0.0, 0.0, 0.0, 1.0],
            rgba: [0.2, 0.7, 0.3, 1.0],
            texture: Texture::Plain,
        });
        shapes
    }

    fn draw_start(&self, rng: &mut Prng) -> [f32; 2] {
        match self.start {
            Start::StartCell => self.maze.center(self.maze.start()),
            Start::AnyCell => {
                let cells = self.maze.free_cells();
                self.maze.center(cells[rng.below(cells.len())]).map(|x| x + rng.uniform(0.0, 1.0))
            }
        }
    }

    fn observation(&self) -> Observation {
        let mut state = Vec::with_capacity(STATE_SIZE);
        self.scene.push_positions(&mut state);
        self.scene.push_velocities(&mut state);
        Observation { state, image: None, privileged: self.goal.to_vec() }
    }
}

impl Environment for AntMaze {
    fn spec(&self) -> &EnvironmentSpec {
        &self.spec
    }

    fn reset(&mut self, rng: &mut Prng) -> Observation {
        let start = self.draw_start(rng);
        self.goal = self.goals.draw(self.maze, start, rng);
        let mut positions = INITIAL_POSITIONS;
        positions[0] += start[0];
        positions[1] += start[1];
        let positions = positions.map(|x| x + rng.uniform(-0.1, 0.1));
        let velocities: [f32; 14] = std::array::from_fn(|_| 0.1 * rng.normal());
        self.scene.reset(&positions, &velocities);
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        assert_eq!(action.len(), ACTION_SIZE, "one torque for each joint");
        let torques: [f32; ACTION_SIZE] = std::array::from_fn(|i| TORQUE * action[i].clamp(-1.0, 1.0));
        self.scene.step(&torques, SUBSTEPS);
        let observation = self.observation();
        let success = at_goal(&observation.state, self.goal);
        let (reward, outcome) = if success { (1.0, Outcome::Terminates) } else { (0.0, Outcome::Continues) };
        Step { observation, reward, outcome, success }
    }

    fn snapshot(&self) -> Snapshot {
        let whole = (self.goal, self.scene.state());
        Snapshot(postcard::to_stdvec(&whole).expect("the state is plain data"))
    }

    fn restore(&mut self, snapshot: &Snapshot) {
        let whole: ([f32; 2], SceneState) =
            postcard::from_bytes(&snapshot.0).expect("a snapshot of the same task and version");
        self.goal = whole.0;
        self.scene.restore(whole.1);
    }
}

/// Sizes, and the scales that let a learner do without statistics of its data: the maze's extent, and what a walking
/// ant does.
fn specification(name: &str, maze: Maze, max_steps: usize) -> EnvironmentSpec {
    let cells: Vec<[f32; 2]> = maze.free_cells().into_iter().map(|cell| maze.center(cell)).collect();
    let half_extent = |axis: usize| cells.iter().map(|center| center[axis]).fold(0.0, f32::max) / 2.0;
    let (half_x, half_y) = (half_extent(0), half_extent(1));
    let ankle = 50_f32.to_radians();
    let parts: [(&[f32], &[f32]); 6] = [
        (&[half_x, half_y, 0.55], &[half_x, half_y, 0.2]), // torso (m)
        (&[0.0; 4], &[1.0, 0.25, 0.25, 1.0]),              // its quaternion
        // Hips and ankles (rad).
        (&[0.0, ankle, 0.0, -ankle, 0.0, -ankle, 0.0, ankle], &[0.5, 0.33, 0.5, 0.33, 0.5, 0.33, 0.5, 0.33]),
        (&[0.0; 3], &[2.0; 3]), // the torso's velocity (m/s)
        (&[0.0; 3], &[3.3; 3]), // and angular velocity (rad/s)
        (&[0.0; 8], &[5.0; 8]), // of the joints (rad/s)
    ];
    EnvironmentSpec {
        name: name.to_owned(),
        state_size: STATE_SIZE,
        state_center: parts.iter().flat_map(|(center, _)| center.iter().copied()).collect(),
        state_spread: parts.iter().flat_map(|(_, spread)| spread.iter().copied()).collect(),
        image: None,
        privileged_size: 2,
        action_size: ACTION_SIZE,
        max_steps,
        success_steps: 1,
    }
}
