//! Whether settings that were read from a file can be built.

use rl::{EnvironmentSpec, ImageShape};

use crate::nets::{Vision, Widths};
use crate::{
    AwOptConfig, AwacConfig, AwacWeighting, BcConfig, CemConfig, CqlConfig, Crop, ImageBcConfig, Interface, IqlConfig,
    LearnerConfig, Optimiser, QtOptConfig, RateSchedule,
};

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
            Self::QtOpt(config) => config.check(),
            Self::AwOpt(config) => config.check(),
            Self::ImageBc(config) => config.check(),
        }
    }

    /// The same, and whether the learner can be built for a task.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_for(&self, spec: &EnvironmentSpec) -> Result<(), String> {
        self.check()?;
        Interface::of(spec).check(self)
    }

    /// Whether it learns from pictures.
    pub fn sees(&self) -> bool {
        match self {
            Self::Iql(_) | Self::Bc(_) | Self::Awac(_) | Self::Cql(_) => false,
            Self::QtOpt(_) | Self::AwOpt(_) | Self::ImageBc(_) => true,
        }
    }

    fn network(&self) -> Option<Vision> {
        match self {
            Self::QtOpt(config) => Some(config.network),
            Self::AwOpt(config) => Some(config.critic.network),
            Self::ImageBc(config) => Some(config.network),
            Self::Iql(_) | Self::Bc(_) | Self::Awac(_) | Self::Cql(_) => None,
        }
    }

    fn crop(&self) -> Option<Crop> {
        match self {
            Self::QtOpt(config) => config.crop,
            Self::AwOpt(config) => config.critic.crop,
            Self::ImageBc(config) => config.crop,
            Self::Iql(_) | Self::Bc(_) | Self::Awac(_) | Self::Cql(_) => None,
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
        check_share("actor_average", self.actor_average.unwrap_or(1.0))?;
        check_positive("max_advantage_weight", self.max_advantage_weight.unwrap_or(1.0))?;
        if let Some(range) = self.log_std_range {
            check_range("upper end of log_std_range", range)?;
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
        check_range("upper end of log_std_range", self.log_std_range)?;
        check_share("actor_average", self.actor_average.unwrap_or(1.0))?;
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
        check_range("upper end of log_std_range", self.log_std_range)?;
        check_network(&self.actor_hidden, 0.0)?;
        check_network(&self.critic_hidden, 0.0)
    }
}

impl QtOptConfig {
    fn check(&self) -> Result<(), String> {
        let CemConfig { samples, elites, iterations } = self.cem;
        let range = format!("in 2..={samples}");
        check((2..=samples).contains(&elites), "elites", elites as f64, &range)?;
        check(iterations > 0, "iterations", 0.0, "above 0")?;
        check_critics(self.discount, self.tau, 1.0, 0.0)?;
        check(self.lag > 0, "lag", 0.0, "above 0")?;
        if let Optimiser::Momentum { decay } = self.optimiser {
            check((0.0..1.0).contains(&decay), "decay", decay, "in [0, 1)")?;
        }
        check_positive("learning_rate", self.learning_rate)?;
        check_weight("weight_decay", self.weight_decay)?;
        check_probability("epsilon", self.epsilon)?;
        check_vision(self.network)
    }
}

impl AwOptConfig {
    fn check(&self) -> Result<(), String> {
        check_positive("lambda", self.lambda)?;
        check_positive("max_weight", self.max_weight)?;
        check_positive("actor_learning_rate", self.actor_learning_rate)?;
        check_probability("actor_share", self.actor_share)?;
        self.critic.check()
    }
}

impl ImageBcConfig {
    fn check(&self) -> Result<(), String> {
        check_positive("learning_rate", self.learning_rate)?;
        check_vision(self.network)
    }
}

impl Interface {
    /// Checks that a learner can be built for it; errors as [`LearnerConfig::check`].
    pub(crate) fn check(&self, config: &LearnerConfig) -> Result<(), String> {
        if config.sees() {
            let ImageShape { height, width, channels } =
                self.image.ok_or_else(|| "needs pictures, and the task has none".to_string())?;
            check(channels > 0, "channels", 0.0, "above 0")?;
            let crop = config.crop().unwrap_or(Crop { height, width });
            check((1..=height).contains(&crop.height), "height of crop", crop.height as f64, "within the picture")?;
            check((1..=width).contains(&crop.width), "width of crop", crop.width as f64, "within the picture")?;
            let seen = crop.height.min(crop.width);
            check(config.network().is_none_or(|network| network.sees(seen)), "pixels to a side", seen as f64, "more")?;
        }
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
    // More would not fit into any memory.
    let wrong = hidden.iter().find(|width| !(1..=65_536).contains(*width));
    check(wrong.is_none(), "width of a hidden layer", wrong.map_or(0.0, |width| *width as f64), "in 1..=65536")?;
    check((0.0..1.0).contains(&dropout), "dropout", dropout, "in [0, 1)")
}

fn check_vision(network: Vision) -> Result<(), String> {
    let Some(Widths { filters, hidden }) = network.widths() else { return Ok(()) };
    check(filters > 0, "filters", 0.0, "above 0")?;
    check(hidden > 0, "hidden", 0.0, "above 0")
}

fn check_probability(name: &str, value: f64) -> Result<(), String> {
    check((0.0..=1.0).contains(&value), name, value, "in [0, 1]")
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
mod tests;
