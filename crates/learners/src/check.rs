//! Whether settings that were read from a file can be built.

use crate::{BcConfig, Interface, IqlConfig, LearnerConfig, RateSchedule};

impl LearnerConfig {
    /// Checks that every hyperparameter lies in its range.
    ///
    /// # Errors
    /// The first one that does not, its value and its range, as the end of a sentence.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Iql(config) => config.check(),
            Self::Bc(config) => config.check(),
        }
    }
}

impl IqlConfig {
    fn check(&self) -> Result<(), String> {
        let Self { expectile, temperature, discount, tau, .. } = *self;
        check(0.0 < expectile && expectile < 1.0, "expectile", expectile, "in (0, 1)")?;
        check(temperature >= 0.0 && temperature.is_finite(), "temperature", temperature, "at least 0")?;
        check((0.0..=1.0).contains(&discount), "discount", discount, "in [0, 1]")?;
        check(0.0 < tau && tau <= 1.0, "tau", tau, "in (0, 1]")?;
        check_positive("learning_rate", self.learning_rate)?;
        check_positive("actor_learning_rate", self.actor_learning_rate.unwrap_or(1.0))?;
        check_positive("value_learning_rate", self.value_learning_rate.unwrap_or(1.0))?;
        let average = self.actor_average.unwrap_or(1.0);
        check(0.0 < average && average <= 1.0, "actor_average", average, "in (0, 1]")?;
        check_positive("max_advantage_weight", self.max_advantage_weight.unwrap_or(1.0))?;
        if let Some((low, high)) = self.log_std_range {
            check(low < high, "log_std_range", high, &format!("above {low}"))?;
        }
        for (name, value) in [("reward_scale", self.reward_scale), ("reward_shift", self.reward_shift)] {
            check(value.is_finite(), name, value, "finite")?;
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

fn check_network(hidden: &[usize], dropout: f64) -> Result<(), String> {
    check(!hidden.is_empty(), "number of hidden layers", 0.0, "at least 1")?;
    check(!hidden.contains(&0), "width of a hidden layer", 0.0, "above 0")?;
    check((0.0..1.0).contains(&dropout), "dropout", dropout, "in [0, 1)")
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
        for config in [BcConfig::corl(), BcConfig::gaussian(), BcConfig::small()] {
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
