//! D4RL's scale: 0 for a random policy, 1 for an expert.

/// The returns that D4RL calls 0 and 1 for a task (`d4rl/infos.py`, `REF_MIN_SCORE` and `REF_MAX_SCORE`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceScores {
    /// Return of a random policy.
    pub min: f64,
    /// Return of an expert.
    pub max: f64,
}

/// Family of tasks and its scores; the same for all mazes, and for human, cloned and expert data of -v0 and -v1.
const REFERENCE_SCORES: [(&str, ReferenceScores); 5] = [
    ("antmaze", ReferenceScores { min: 0.0, max: 1.0 }),
    ("pen", ReferenceScores { min: 96.262_799, max: 3_076.833_101_782_687_7 }),
    ("door", ReferenceScores { min: -56.512_833, max: 2_880.569_308_729_873_7 }),
    ("hammer", ReferenceScores { min: -274.856_578, max: 12_794.134_825_156_867 }),
    ("relocate", ReferenceScores { min: -6.425_911, max: 4_233.877_797_728_884 }),
];

impl ReferenceScores {
    /// The scores of a data set such as `antmaze-umaze-v0` or `door-human-v0`.
    ///
    /// None for other tasks, among them the binary-reward variants of Adroit (`door-binary-v0`), which are
    /// scored by their rate of success.
    pub fn of(dataset: &str) -> Option<Self> {
        let (family, variant) = dataset.split_once('-')?;
        if variant.starts_with("binary") {
            return None;
        }
        REFERENCE_SCORES.iter().find(|(name, _)| *name == family).map(|(_, scores)| *scores)
    }

    /// (return - min) / (max - min). Papers print 100 times this.
    pub fn normalize(self, episode_return: f64) -> f64 {
        (episode_return - self.min) / (self.max - self.min)
    }
}

#[cfg(test)]
mod tests {
    use super::ReferenceScores;

    #[test]
    fn returns_are_put_on_d4rls_scale() {
        let door = ReferenceScores::of("door-cloned-v1").expect("a D4RL task");
        assert!(door.normalize(-56.512_833).abs() < 1e-12);
        assert!((door.normalize(2_880.569_308_729_873_7) - 1.0).abs() < 1e-12);
        assert!((door.normalize(0.0) - 0.019_241_1).abs() < 1e-6);
        assert!(
            (ReferenceScores::of("antmaze-large-diverse-v0").expect("a D4RL task").normalize(0.4) - 0.4).abs() < 1e-12
        );
    }

    #[test]
    fn other_tasks_have_none() {
        for name in ["door-binary-v0", "halfcheetah-medium-v2", "door", ""] {
            assert_eq!(ReferenceScores::of(name), None, "{name}");
        }
    }
}
