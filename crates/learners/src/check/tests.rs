use super::*;

#[test]
fn presets_are_sound() {
    for config in [IqlConfig::antmaze(), IqlConfig::adroit(), IqlConfig::antmaze_small(), IqlConfig::adroit_small()] {
        assert_eq!(LearnerConfig::Iql(config).check(), Ok(()));
    }
    let of_other_budgets = [AwacConfig::antmaze_small(), AwacConfig::adroit_small(), AwacConfig::rlkit()];
    for config in [AwacConfig::antmaze(), AwacConfig::adroit()].into_iter().chain(of_other_budgets) {
        assert_eq!(LearnerConfig::Awac(config).check(), Ok(()));
    }
    for config in [CqlConfig::antmaze(), CqlConfig::adroit(), CqlConfig::antmaze_small(), CqlConfig::adroit_small()] {
        assert_eq!(LearnerConfig::Cql(config).check(), Ok(()));
    }
    for config in [QtOptConfig::published(), QtOptConfig::small()] {
        assert_eq!(LearnerConfig::QtOpt(config).check(), Ok(()));
    }
    for config in [AwOptConfig::published(), AwOptConfig::small()] {
        assert_eq!(LearnerConfig::AwOpt(config).check(), Ok(()));
    }
    for config in [ImageBcConfig::grasping44(), ImageBcConfig::small()] {
        assert_eq!(LearnerConfig::ImageBc(config).check(), Ok(()));
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
        (AwacConfig { actor_average: Some(0.0), ..awac() }, "actor_average 0,"),
        (AwacConfig { weighting: AwacWeighting::Exponential { max: 0.0 }, ..awac() }, "max 0,"),
        (AwacConfig { weighting: AwacWeighting::Softmax { max_advantage: f64::NAN }, ..awac() }, "max_advantage NaN"),
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
    let sound = || Interface { state_center: vec![0.0; 2], state_spread: vec![1.0; 2], action_size: 1, image: None };
    let iql = LearnerConfig::Iql(IqlConfig::antmaze());
    assert_eq!(sound().check(&iql), Ok(()));
    for (interface, name) in [
        (Interface { state_spread: vec![1.0], ..sound() }, "length of state_spread 1"),
        (Interface { state_spread: vec![1.0, 0.0], ..sound() }, "state_spread 0"),
        (Interface { action_size: 0, ..sound() }, "action_size"),
        (Interface { state_center: vec![], state_spread: vec![], ..sound() }, "length of state_center"),
    ] {
        let problem = interface.check(&iql).unwrap_err();
        assert!(problem.contains(name), "{name}: {problem}");
    }
}

#[test]
fn every_range_of_picture_learners_is_kept() {
    let qt_opt = QtOptConfig::small;
    let cem = |samples, elites, iterations| QtOptConfig { cem: CemConfig { samples, elites, iterations }, ..qt_opt() };
    let small = |filters, hidden| QtOptConfig { network: Vision::Map(Widths { filters, hidden }), ..qt_opt() };
    let aw_opt = AwOptConfig::small;
    let cases = [
        (cem(64, 1, 2), "elites 1,"),
        (cem(4, 5, 2), "elites 5,"),
        (cem(64, 6, 0), "iterations"),
        (QtOptConfig { discount: 1.1, ..qt_opt() }, "discount"),
        (QtOptConfig { tau: 0.0, ..qt_opt() }, "tau"),
        (QtOptConfig { lag: 0, ..qt_opt() }, "lag"),
        (QtOptConfig { optimiser: Optimiser::Momentum { decay: 1.0 }, ..qt_opt() }, "decay"),
        (QtOptConfig { learning_rate: 0.0, ..qt_opt() }, "learning_rate"),
        (QtOptConfig { weight_decay: -1.0, ..qt_opt() }, "weight_decay"),
        (QtOptConfig { epsilon: 1.5, ..qt_opt() }, "epsilon"),
        (small(0, 1), "filters"),
        (small(1, 0), "hidden"),
    ];
    let inherited = cases.iter().map(|(critic, name)| (AwOptConfig { critic: critic.clone(), ..aw_opt() }, *name));
    let own = [
        (AwOptConfig { lambda: 0.0, ..aw_opt() }, "lambda"),
        (AwOptConfig { max_weight: 0.0, ..aw_opt() }, "max_weight"),
        (AwOptConfig { actor_learning_rate: -1.0, ..aw_opt() }, "actor_learning_rate"),
        (AwOptConfig { actor_share: -0.5, ..aw_opt() }, "actor_share"),
    ];
    let aw_opts = inherited.chain(own).map(|(config, name)| (LearnerConfig::AwOpt(config), name)).collect::<Vec<_>>();
    let qt_opts = cases.into_iter().map(|(config, name)| (LearnerConfig::QtOpt(config), name));
    let bc = ImageBcConfig { learning_rate: f64::NAN, ..ImageBcConfig::small() };
    for (config, name) in qt_opts.chain(aw_opts).chain([(LearnerConfig::ImageBc(bc), "learning_rate")]) {
        let problem = config.check().unwrap_err();
        assert!(problem.contains(name), "{name}: {problem}");
    }
}

#[test]
fn picture_learners_need_pictures_of_their_size() {
    let image = ImageShape { height: 64, width: 48, channels: 3 };
    let interface = |image| Interface { state_center: vec![0.0], state_spread: vec![1.0], action_size: 1, image };
    let crop = |height, width| {
        LearnerConfig::QtOpt(QtOptConfig { crop: Some(Crop { height, width }), ..QtOptConfig::small() })
    };
    let too_large =
        || LearnerConfig::QtOpt(QtOptConfig { crop: None, network: Vision::Grasping44, ..QtOptConfig::small() });
    assert_eq!(interface(Some(image)).check(&crop(64, 48)), Ok(()));
    let large = ImageShape { height: 472, width: 472, channels: 3 };
    assert_eq!(interface(Some(large)).check(&too_large()), Ok(()));
    for (image, config, name) in [
        (None, crop(64, 48), "needs pictures, and the task has none"),
        (Some(image), too_large(), "pixels to a side 48"),
        (Some(image), crop(65, 48), "height of crop 65"),
        (Some(image), crop(64, 0), "width of crop 0"),
        (Some(ImageShape { channels: 0, ..image }), LearnerConfig::ImageBc(ImageBcConfig::small()), "channels"),
    ] {
        let problem = interface(image).check(&config).unwrap_err();
        assert!(problem.contains(name), "{name}: {problem}");
    }
}
