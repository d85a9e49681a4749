//! Learners that can start from an actor alone.

mod common;

use common::{every_learner, observations, random_batch, rngs, small_iql, spec_for};
use learners::{Device, IqlConfig, LearnerConfig};
use rl::{Intent, LaneRows, Learner, Prng};

fn iql() -> LearnerConfig {
    LearnerConfig::Iql(IqlConfig { actor_average: Some(0.5), ..small_iql() })
}

#[test]
fn only_iql_can() {
    for config in every_learner() {
        let mut learner = config.build(&spec_for(&config), rngs(2), Device::CPU);
        assert_eq!(learner.given_actor().is_some(), config.name() == "iql", "{}", config.name());
    }
}

/// IQL's critics know nothing of its actor: they learn the same whether it moves or not.
#[test]
fn critics_learn_beside_an_actor_that_stays() {
    let spec = spec_for(&iql());
    let [mut whole, mut held] = [(), ()].map(|()| iql().build(&spec, rngs(2), Device::CPU));
    let actions = |learner: &dyn Learner| {
        let seen = observations(&random_batch(&spec, 2, 8, "seen"));
        [Intent::Exploit, Intent::Explore].map(|intent| learner.policy().act(&seen, intent, &mut rngs(2)))
    };
    let before: [LaneRows; 2] = actions(&*held);
    for round in ["first", "second", "third"] {
        let batch = random_batch(&spec, 2, 8, round);
        let all = whole.update(&batch);
        let critics = held.given_actor().unwrap().update_critics(&batch);
        for name in ["value_loss", "critic_loss", "v", "q1", "q2", "advantage"] {
            assert_eq!(all.get(name), critics.get(name), "{round} {name}");
        }
        assert!(all.get("actor_loss").is_some() && critics.get("actor_loss").is_none());
    }
    assert_eq!(actions(&*held), before);
    assert_ne!(actions(&*whole), before);
}

#[test]
fn a_loaded_actor_comes_without_its_critics() {
    let spec = spec_for(&iql());
    let folder = tempfile::tempdir().unwrap();
    let mut given = iql().build(&spec, rngs(2), Device::CPU);
    (0..3).for_each(|_| _ = given.update(&random_batch(&spec, 2, 8, "pretraining")));
    given.save(folder.path()).unwrap();

    let others = || -> Vec<Prng> { (10..12).map(|seed| Prng::derive("test", seed, "learner")).collect() };
    let [mut fresh, mut naive] = [(), ()].map(|()| iql().build(&spec, others(), Device::CPU));
    naive.given_actor().unwrap().load_actor(folder.path()).unwrap();
    let batch = random_batch(&spec, 2, 8, "seen");
    let act = |learner: &dyn Learner, intent| learner.policy().act(&observations(&batch), intent, &mut rngs(2));
    for intent in [Intent::Exploit, Intent::Explore] {
        assert_eq!(act(&*naive, intent), act(&*given, intent));
        assert_ne!(act(&*naive, intent), act(&*fresh, intent));
    }
    let [naive, fresh, given] = [&mut naive, &mut fresh, &mut given].map(|learner| learner.update(&batch));
    assert_eq!(naive.get("q1"), fresh.get("q1"));
    assert_ne!(naive.get("q1"), given.get("q1"));
    assert_eq!(naive.get("value_loss"), fresh.get("value_loss"));
}
