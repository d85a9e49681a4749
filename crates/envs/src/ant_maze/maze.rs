//! The three mazes of D4RL: maps, coordinates, walls and shortest paths.

use std::collections::VecDeque;

use crate::StaticBox;

/// Edge of a cell (m); D4RL's `maze_size_scaling`.
pub const CELL: f32 = 4.0;
/// Height of the walls (m): D4RL's 0.5 x 4.
const WALL_HEIGHT: f32 = 2.0;
const WALL_RGBA: [f32; 4] = [0.45, 0.52, 0.62, 1.0];

/// A maze of square cells, as D4RL's `maze_env.py` draws it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maze {
    /// One string per row. `#` wall, `.` free, `R` the start, `G` the goal that is evaluated, `g` further goals of
    /// D4RL's collection maps.
    rows: &'static [&'static str],
}

/// Row and column of a cell.
pub type Cell = (usize, usize);

impl Maze {
    /// D4RL's `U_MAZE_TEST`.
    pub const UMAZE: Self = Self { rows: &["#####", "#R..#", "###.#", "#G..#", "#####"] };
    /// D4RL's `BIG_MAZE_TEST`, with the goals of `BIG_MAZE`, of which the evaluated one is none there.
    pub const MEDIUM: Self = Self {
        rows: &["########", "#R.##..#", "#..#..g#", "##...###", "#..#...#", "#g#..#.#", "#...#gG#", "########"],
    };
    /// D4RL's `HARDEST_MAZE_TEST`, with the goals of `HARDEST_MAZE`.
    pub const LARGE: Self = Self {
        rows: &[
            "############",
            "#R...#g....#",
            "#.##.#.#.#.#",
            "#....g.#..g#",
            "#.####.###.#",
            "#.g#.#.....#",
            "##.#.#.#.###",
            "#..#g.g#.G.#",
            "############",
        ],
    };

    /// Control steps after which an episode times out (D4RL's registration).
    pub fn max_steps(self) -> usize {
        if self == Self::UMAZE { 700 } else { 1000 }
    }

    /// The cell that is evaluated from: the origin of all coordinates.
    pub fn start(self) -> Cell {
        self.find(b'R')
    }

    /// The cell that holds the evaluated goal.
    pub fn goal(self) -> Cell {
        self.find(b'G')
    }

    /// The evaluated goal and the further goals of the collection map. (A departure on the medium maze: in D4RL its data's
    /// walks have only the three others for goals, and pass the evaluated one.)
    pub fn marked_goals(self) -> Vec<Cell> {
        self.cells().filter(|cell| self.at(*cell).eq_ignore_ascii_case(&b'g')).collect()
    }

    /// The cells without a wall, row by row.
    pub fn free_cells(self) -> Vec<Cell> {
        self.cells().filter(|cell| self.at(*cell) != b'#').collect()
    }

    /// The middle of a cell (m).
    pub fn center(self, cell: Cell) -> [f32; 2] {
        center_from(self.start(), cell)
    }

    /// The free cell around a point, or the nearest one where the point is in a wall.
    pub fn cell_near(self, [x, y]: [f32; 2]) -> Cell {
        let start = self.start();
        let distances = self.cells().filter(|cell| self.at(*cell) != b'#').map(|cell| {
            let [cx, cy] = center_from(start, cell);
            ((x - cx).hypot(y - cy), cell)
        });
        distances.min_by(|a, b| a.0.total_cmp(&b.0)).expect("every maze has free cells").1
    }

    /// The free cells next to a cell.
    pub fn neighbours(self, (row, column): Cell) -> impl Iterator<Item = Cell> {
        // The border is wall, so a free cell has all four neighbours.
        let around = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)];
        around.into_iter().filter(move |cell| self.at(*cell) != b'#')
    }

    /// Steps from each free cell to a goal cell on the shortest path, by breadth-first search; the order is that of
    /// [`Maze::free_cells`].
    pub fn distances_to(self, goal: Cell) -> Vec<usize> {
        let cells = self.free_cells();
        let index = |cell: Cell| cells.binary_search(&cell).expect("neighbours are free cells");
        let mut distances = vec![usize::MAX; cells.len()];
        distances[index(goal)] = 0;
        let mut queue = VecDeque::from([goal]);
        while let Some(cell) = queue.pop_front() {
            for next in self.neighbours(cell) {
                if distances[index(next)] == usize::MAX {
                    distances[index(next)] = distances[index(cell)] + 1;
                    queue.push_back(next);
                }
            }
        }
        distances
    }

    /// One box per wall cell.
    pub fn walls(self) -> Vec<StaticBox> {
        let wall = |cell| {
            let [x, y] = self.center(cell);
            let half = [CELL / 2.0, CELL / 2.0, WALL_HEIGHT / 2.0];
            StaticBox { center: [x, y, WALL_HEIGHT / 2.0], half, rgba: WALL_RGBA }
        };
        self.cells().filter(|cell| self.at(*cell) == b'#').map(wall).collect()
    }

    fn at(self, (row, column): Cell) -> u8 {
        self.rows[row].as_bytes()[column]
    }

    fn cells(self) -> impl Iterator<Item = Cell> {
        (0..self.rows.len()).flat_map(move |row| (0..self.rows[row].len()).map(move |column| (row, column)))
    }

    fn find(self, mark: u8) -> Cell {
        self.cells().find(|cell| self.at(*cell) == mark).expect("every maze has a start and a goal")
    }
}

/// The middle of a cell where the start cell's is the origin (m).
fn center_from(start: Cell, cell: Cell) -> [f32; 2] {
    [CELL * (cell.1 as f32 - start.1 as f32), CELL * (cell.0 as f32 - start.0 as f32)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Free cells, shortest path from start to goal (cells) and the goal's place, derived from D4RL's maps by hand.
    #[test]
    fn maps_are_those_of_d4rl() {
        for (maze, free, path, goal) in
            [(Maze::UMAZE, 7, 6, [0.0, 8.0]), (Maze::MEDIUM, 26, 10, [20.0, 20.0]), (Maze::LARGE, 46, 14, [32.0, 24.0])]
        {
            let cells = maze.free_cells();
            assert_eq!(cells.len(), free);
            let start = cells.binary_search(&maze.start()).unwrap();
            assert_eq!(maze.distances_to(maze.goal())[start], path);
            assert!(maze.distances_to(maze.goal()).iter().all(|steps| *steps < free), "a cell is cut off");
            assert_eq!(maze.center(maze.goal()), goal);
            assert_eq!(maze.center(maze.start()), [0.0, 0.0]);
        }
        assert_eq!(Maze::MEDIUM.marked_goals(), [(2, 6), (5, 1), (6, 5), (6, 6)]);
        assert_eq!(
            Maze::LARGE.marked_goals(),
            [(1, 6), (3, 5), (3, 10), (5, 2), (7, 4), (7, 6), (7, 9)],
            "row and column of each goal of HARDEST_MAZE"
        );
    }

    #[test]
    fn points_belong_to_the_cell_around_them() {
        let maze = Maze::UMAZE;
        assert_eq!(maze.cell_near([1.9, -1.9]), (1, 1));
        assert_eq!(maze.cell_near([2.1, 0.0]), (1, 2));
        assert_eq!(maze.cell_near([3.9, 2.1]), (1, 2), "the cell below is wall");
    }
}
