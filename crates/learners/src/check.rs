//! Whether settings that were read from a file can be built.

use crate::{AwacConfig, AwacWeighting, BcConfig, CqlConfig, Interface, IqlConfig, LearnerConfig, RateSchedule};

impl LearnerConfig {
    /// Checks that every hyperparameter lies in its range.
    ///
    /// # Errors
    /// The first one that does not, its value and its range, as the end of a sentence.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Iql(config) => config.check(),
            Self::Bc(config) => config.check(),
            Self::Awac(config) => config.check(),
            Self::Cql(config) => config.check(),
        }
    }
}

impl IqlConfig {
    fn check(&self) -> Result<(), String> {
        let Self { expectile, temperature, .. } = *self;
        check(0.0 < expectile && expectile < 1.0, "expectile", expectile, "in (0, 1)")?;
        check_weight("temperature", temperature)?;
        check_critics(self.discount, self.tau, self.reward_scale, self.reward_shift)?;
        check_positive("learning_rate", self.learning_rate)?;
        check_positive("actor_learning_rate", self.actor_learning_rate.unwrap_or(1.0))?;
        check_positive("value_learning_rate", self.value_learning_rate.unwrap_or(1.0))?;
        let average = self.actor_average.unwrap_or(1.0);
        check_share("actor_average", average)?;
        check_positive("max_advantage_weight", self.max_advantage_weight.unwrap_or(1.0))?;
        if let Some(range) = self.log_std_range {
            check_range("log_std_range", range)?;
        }
        if let RateSchedule::Cosine { max_steps } = self.actor_schedule {
            check(max_steps > 0, "max_steps", max_steps as f64, "above 0")?;
        }
        check_network(&self.hidden, self.actor_dropout)
    }
}

impl BcConfig {
    fn check(&self) -> Result<(), String> {
        check_positive("learning_rate", self.learning_rate)?;
        check_network(&self.hidden, self.dropout)
    }
}

impl AwacConfig {
    fn check(&self) -> Result<(), String> {
        check_positive("lambda", self.lambda)?;
        match self.weighting {
            AwacWeighting::Exponential { max } => check_positive("max", max)?,
            AwacWeighting::Softmax { max_advantage } => {
                check(!max_advantage.is_nan(), "max_advantage", max_advantage, "a number")?;
            }
        }
        check_critics(self.discount, self.tau, self.reward_scale, self.reward_shift)?;
        check_positive("learning_rate", self.learning_rate)?;
        check_range("log_std_range", self.log_std_range)?;
        check_network(&self.hidden, 0.0)
    }
}

impl CqlConfig {
    fn check(&self) -> Result<(), String> {
        check_weight("alpha", self.alpha)?;
        let gap = self.action_gap.unwrap_or(0.0);
        check(gap.is_finite(), "action_gap", gap, "finite")?;
        check(self.sampled_actions > 0, "sampled_actions", 0.0, "above 0")?;
        check_positive("temperature", self.temperature)?;
        check_range("clip_difference_max", self.clip_difference())?;
        let entropy = self.target_entropy.unwrap_or(0.0);
        check(entropy.is_finite(), "target_entropy", entropy, "finite")?;
        check_weight("entropy_multiplier", self.entropy_multiplier)?;
        check_critics(self.discount, self.tau, self.reward_scale, self.reward_shift)?;
        check_positive("actor_learning_rate", self.actor_learning_rate)?;
        check_positive("critic_learning_rate", self.critic_learning_rate)?;
        check_range("log_std_range", self.log_std_range)?;
        check_network(&self.actor_hidden, 0.0)?;
        check_network(&self.critic_hidden, 0.0)
    }
}

impl Interface {
    /// Checks that a learner can be built for it; errors as [`LearnerConfig::check`].
    pub(crate) fn check(&self) -> Result<(), String> {
        let (centers, spreads) = (self.state_center.len(), self.state_spread.len());
        check(centers > 0, "length of state_center", centers as f64, "above 0")?;
        check(
            spreads == centers,
            "length of state_spread",
            spreads as f64,
            &format!("that of state_center, {centers}"),
        )?;
        for spread in &self.state_spread {
            check_positive("state_spread", f64::from(*spread))?;
        }
        check(self.action_size > 0, "action_size", 0.0, "above 0")
    }
}

/// What every learner with critics has.
fn check_critics(discount: f64, tau: f64, reward_scale: f64, reward_shift: f64) -> Result<(), String> {
    check((0.0..=1.0).contains(&discount), "discount", discount, "in [0, 1]")?;
    check_share("tau", tau)?;
    check(reward_scale.is_finite(), "reward_scale", reward_scale, "finite")?;
    check(reward_shift.is_finite(), "reward_shift", reward_shift, "finite")
}

fn check_network(hidden: &[usize], dropout: f64) -> Result<(), String> {
    check(!hidden.is_empty(), "number of hidden layers", 0.0, "at least 1")?;
    check(!hidden.contains(&0), "width of a hidden layer", 0.0, "above 0")?;
    check((0.0..1.0).contains(&dropout), "dropout", dropout, "in [0, 1)")
}

fn check_share(name: &str, value: f64) -> Result<(), String> {
    check(0.0 < value && value <= 1.0, name, value, "in (0, 1]")
}

fn check_weight(name: &str, value: f64) -> Result<(), String> {
    check(value >= 0.0 && value.is_finite(), name, value, "at least 0")
}

fn check_range(name: &str, (low, high): (f64, f64)) -> Result<(), String> {
    check(low < high, name, high, &format!("above {low}"))
}

fn check_positive(name: &str, value: f64) -> Result<(), String> {
    check(value > 0.0 && value.is_finite(), name, value, "above 0 and finite")
}

fn check(holds: bool, name: &str, value: f64, range: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("has {name} {value}, where it must be {range}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_sound() {
        for config in [IqlConfig::antmaze(), IqlConfig::adroit(), IqlConfig::antmaze_small()] {
            assert_eq!(LearnerConfig::Iql(config).check(), Ok(()));
        }
        let rlkit = AwacConfig::rlkit();
        for config in [AwacConfig::antmaze(), AwacConfig::adroit(), AwacConfig::antmaze_small(), rlkit] {
            assert_eq!(LearnerConfig::Awac(config).check(), Ok(()));
        }
        for config in [CqlConfig::antmaze(), CqlConfig::adroit(), CqlConfig::antmaze_small()] {
            assert_eq!(LearnerConfig::Cql(config).check(), Ok(()));
        }
        for config in [BcConfig::corl(), BcConfig::gaussian(), BcConfig::adroit(), BcConfig::small()] {
            assert_eq!(LearnerConfig::Bc(config).check(), Ok(()));
        }
    }

    #[test]
    fn every_range_is_kept() {
        let iql = IqlConfig::antmaze;
        let cosine = |max_steps| RateSchedule::Cosine { max_steps };
        for (config, name) in [
            (IqlConfig { expectile: 1.0, ..iql() }, "expectile 1,"),
            (IqlConfig { temperature: -1.0, ..iql() }, "temperature -1,"),
            (IqlConfig { discount: 1.01, ..iql() }, "discount"),
            (IqlConfig { tau: 0.0, ..iql() }, "tau"),
            (IqlConfig { learning_rate: f64::NAN, ..iql() }, "learning_rate NaN"),
            (IqlConfig { actor_learning_rate: Some(0.0), ..iql() }, "actor_learning_rate"),
            (IqlConfig { value_learning_rate: Some(-1.0), ..iql() }, "value_learning_rate"),
            (IqlConfig { actor_average: Some(0.0), ..iql() }, "actor_average 0,"),
            (IqlConfig { max_advantage_weight: Some(0.0), ..iql() }, "max_advantage_weight"),
            (IqlConfig { log_std_range: Some((2.0, -5.0)), ..iql() }, "log_std_range"),
            (IqlConfig { reward_scale: f64::INFINITY, ..iql() }, "reward_scale"),
            (IqlConfig { reward_shift: f64::NAN, ..iql() }, "reward_shift"),
            (IqlConfig { actor_schedule: cosine(0), ..iql() }, "max_steps"),
            (IqlConfig { actor_dropout: 1.0, ..iql() }, "dropout"),
            (IqlConfig { hidden: vec![], ..iql() }, "number of hidden layers"),
            (IqlConfig { hidden: vec![8, 0], ..iql() }, "width of a hidden layer"),
        ] {
            let problem = LearnerConfig::Iql(config).check().unwrap_err();
            assert!(problem.contains(name), "{name}: {problem}");
        }
        let bc = BcConfig { learning_rate: 0.0, ..BcConfig::corl() };
        assert!(LearnerConfig::Bc(bc).check().unwrap_err().contains("learning_rate"));
        let bc = BcConfig { dropout: -0.1, ..BcConfig::corl() };
        assert!(LearnerConfig::Bc(bc).check().unwrap_err().contains("dropout"));
    }

    #[test]
    fn every_range_of_awac_is_kept() {
        let awac = AwacConfig::antmaze;
        for (config, name) in [
            (AwacConfig { lambda: 0.0, ..awac() }, "lambda 0,"),
            (AwacConfig { weighting: AwacWeighting::Exponential { max: 0.0 }, ..awac() }, "max 0,"),
            (
                AwacConfig { weighting: AwacWeighting::Softmax { max_advantage: f64::NAN }, ..awac() },
                "max_advantage NaN",
            ),
            (AwacConfig { discount: -0.1, ..awac() }, "discount"),
            (AwacConfig { tau: 1.1, ..awac() }, "tau"),
            (AwacConfig { learning_rate: 0.0, ..awac() }, "learning_rate"),
            (AwacConfig { log_std_range: (2.0, 2.0), ..awac() }, "log_std_range"),
            (AwacConfig { hidden: vec![], ..awac() }, "number of hidden layers"),
            (AwacConfig { reward_scale: f64::NAN, ..awac() }, "reward_scale"),
            (AwacConfig { reward_shift: f64::NAN, ..awac() }, "reward_shift"),
        ] {
            let problem = LearnerConfig::Awac(config).check().unwrap_err();
            assert!(problem.contains(name), "{name}: {problem}");
        }
    }

    #[test]
    fn every_range_of_cql_is_kept() {
        let cql = CqlConfig::antmaze;
        for (config, name) in [
            (CqlConfig { alpha: -1.0, ..cql() }, "alpha -1,"),
            (CqlConfig { action_gap: Some(f64::NAN), ..cql() }, "action_gap"),
            (CqlConfig { sampled_actions: 0, ..cql() }, "sampled_actions"),
            (CqlConfig { temperature: 0.0, ..cql() }, "temperature"),
            (CqlConfig { clip_difference_max: Some(-201.0), ..cql() }, "clip_difference_max -201,"),
            (CqlConfig { target_entropy: Some(f64::INFINITY), ..cql() }, "target_entropy"),
            (CqlConfig { entropy_multiplier: -1.0, ..cql() }, "entropy_multiplier"),
            (CqlConfig { discount: 2.0, ..cql() }, "discount"),
            (CqlConfig { tau: 0.0, ..cql() }, "tau"),
            (CqlConfig { actor_learning_rate: 0.0, ..cql() }, "actor_learning_rate"),
            (CqlConfig { critic_learning_rate: 0.0, ..cql() }, "critic_learning_rate"),
            (CqlConfig { log_std_range: (0.0, -1.0), ..cql() }, "log_std_range"),
            (CqlConfig { actor_hidden: vec![], ..cql() }, "number of hidden layers"),
            (CqlConfig { critic_hidden: vec![0], ..cql() }, "width of a hidden layer"),
            (CqlConfig { reward_shift: f64::INFINITY, ..cql() }, "reward_shift"),
        ] {
            let problem = LearnerConfig::Cql(config).check().unwrap_err();
            assert!(problem.contains(name), "{name}: {problem}");
        }
    }

    #[test]
    fn interfaces_are_whole() {
        let sound = || Interface { state_center: vec![0.0; 2], state_spread: vec![1.0; 2], action_size: 1 };
        assert_eq!(sound().check(), Ok(()));
        for (interface, name) in [
            (Interface { state_spread: vec![1.0], ..sound() }, "length of state_spread 1"),
            (Interface { state_spread: vec![1.0, 0.0], ..sound() }, "state_spread 0"),
            (Interface { action_size: 0, ..sound() }, "action_size"),
            (Interface { state_center: vec![], state_spread: vec![], ..sound() }, "length of state_center"),
        ] {
            let problem = interface.check().unwrap_err();
            assert!(problem.contains(name), "{name}: {problem}");
        }
    }
}
