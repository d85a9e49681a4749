//! Which way to walk in a maze.

use crate::ant_maze::{Cell, Maze};

/// Shortest paths to every cell of a maze.
pub struct Planner {
    maze: Maze,
    cells: Vec<Cell>,
    /// `[goal cell, cell]`, both in the order of `cells`.
    distances: Vec<Vec<usize>>,
}

impl Planner {
    /// Searches the whole maze.
    pub fn new(maze: Maze) -> Self {
        let cells = maze.free_cells();
        let distances = cells.iter().map(|goal| maze.distances_to(*goal)).collect();
        Self { maze, cells, distances }
    }

    /// The direction to walk in (world axes, length about 1 or less) to get from one point to another.
    ///
    /// It points along the shortest path of cells, blended with a pull towards the middle of the corridor; so it needs
    /// no memory of waypoints and rounds corners by itself. In the goal's cell it points straight to the goal.
    pub fn direction(&self, from: [f32; 2], to: [f32; 2]) -> [f32; 2] {
        let (cell, goal) = (self.maze.cell_near(from), self.maze.cell_near(to));
        if cell == goal {
            return unit([to[0] - from[0], to[1] - from[1]]);
        }
        let index = |cell: Cell| self.cells.binary_search(&cell).expect("cell_near gives free cells");
        let distances = &self.distances[index(goal)];
        let next = self.maze.neighbours(cell).min_by_key(|next| distances[index(*next)]).expect("no cell is cut off");
        let (center, next) = (self.maze.center(cell), self.maze.center(next));
        let along = unit([next[0] - center[0], next[1] - center[1]]);
        // The signed distance from the corridor's middle line (m), and the direction across it.
        let across = [-along[1], along[0]];
        let offset = (from[0] - center[0]) * across[0] + (from[1] - center[1]) * across[1];
        let forward = (1.0 - offset.abs() / 1.5).max(0.0);
        let back = -offset.signum() * offset.abs().min(1.0);
        [along[0] * forward + across[0] * back, along[1] * forward + across[1] * back]
    }
}

fn unit([x, y]: [f32; 2]) -> [f32; 2] {
    let length = x.hypot(y).max(1e-6);
    [x / length, y / length]
}

#[cfg(test)]
mod tests {
    use super::Planner;
    use crate::ant_maze::{CELL, Maze, at_goal};

    /// A point that follows the directions reaches every cell from every cell, by about the shortest way.
    #[test]
    fn directions_lead_to_every_goal() {
        for maze in [Maze::UMAZE, Maze::MEDIUM, Maze::LARGE] {
            let planner = Planner::new(maze);
            let cells = maze.free_cells();
            for (start, goal) in cells.iter().flat_map(|start| cells.iter().map(move |goal| (*start, *goal))) {
                let shortest = maze.distances_to(goal)[cells.binary_search(&start).unwrap()] as f32 * CELL;
                let to = maze.center(goal).map(|x| x + 1.0);
                let mut at = maze.center(start).map(|x| x + 0.9);
                let mut walked = 0.0;
                while !at_goal(&at, to) {
                    let [x, y] = planner.direction(at, to);
                    assert!(x.hypot(y) < 1.06, "direction {x}, {y}");
                    at = [at[0] + 0.1 * x, at[1] + 0.1 * y];
                    walked += 0.1;
                    assert!(walked < 1.5 * shortest + 10.0, "from {start:?} to {goal:?}: still at {at:?}");
                }
            }
        }
    }
}
