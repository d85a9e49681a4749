//! The experts of the hand do their tasks, by friction alone, and demonstrations can be repeated.

use envs::Task;
use envs::hand::{Chore, Door, Hand, HandTask, Known, Relocate, Reward};
use envs::oracle::hand::{Demonstrator, DoorScript, PenExpert, RelocateScript, Script};
use rl::{Environment, Prng};

/// Steps at the goal of each of some episodes; `watch` sees every state.
fn play<C: Chore>(script: &impl Script, episodes: u64, mut watch: impl FnMut(u64, &Hand<C>)) -> Vec<usize> {
    let mut hand = Hand::<C>::new("experts", Reward::Binary);
    let mut action = vec![0.0; C::TASK.action_size()];
    let mut episode = |seed| {
        let mut observation = hand.reset(&mut Prng::derive("experts", seed, "reset"));
        let mut reached = 0;
        for _ in 0..C::TASK.max_steps() {
            script.act(&Known::of(C::TASK, &observation.privileged), &mut action);
            let step = hand.step(&action);
            reached += usize::from(step.success);
            observation = step.observation;
            watch(seed, &hand);
        }
        reached
    };
    (0..episodes).map(&mut episode).collect()
}

#[test]
fn the_script_carries_the_ball() {
    let mut deepest = 0.0_f32;
    let reached = play::<Relocate>(&RelocateScript::TUNED, 6, |_, hand| {
        deepest = deepest.max(hand.seen().scene.deepest_contact());
    });
    assert!(reached.iter().all(|steps| *steps > 25), "{reached:?}");
    assert!(deepest < 0.004, "the hand holds by friction, {deepest} m inside the ball or the table");
}

#[test]
fn the_script_turns_the_latch_and_opens_the_door() {
    let mut turned = [0.0_f32; 10];
    let mut opened_before = 0.0_f32;
    let reached = play::<Door>(&DoorScript::TUNED, 10, |seed, hand| {
        let [.., hinge, latch] = *hand.seen().positions else { unreachable!("hinge and latch are last") };
        let most = &mut turned[seed as usize];
        *most = most.max(latch);
        if *most < 0.9 {
            opened_before = opened_before.max(hinge);
        }
    });
    let good = reached.iter().filter(|steps| **steps > 25).count();
    assert!(good >= 7, "{reached:?}");
    assert!(opened_before < 0.03, "locked, and open by {opened_before} rad");
}

#[test]
fn demonstrations_are_whole_and_repeatable() {
    let mut demonstrator = Demonstrator::new(HandTask::Relocate, Task::RelocateBinary.name());
    let mut episode = |seed| demonstrator.episode(&mut Prng::derive("experts", seed, "demonstration"));
    let first = episode(0);
    assert_ne!(first[0].observation.privileged, episode(1)[0].observation.privileged, "each has its own draw");
    assert_eq!(first, episode(0));
    assert_eq!(first.len(), 200);
    let differs = first.iter().filter(|step| step.action != step.label).count();
    assert!(differs > 190, "actions have noise, labels have none: {differs} differ");
    for (step, next) in first.iter().zip(&first[1..]) {
        assert_eq!(step.step.observation, next.observation);
    }
}

/// `oracle` acts through the observation alone, as any policy.
#[test]
fn oracles_are_policies() {
    use rl::{Drivers, EvaluationLane, evaluate};
    for (task, episodes, least) in [(Task::RelocateBinary, 2, 2), (Task::PenBinary, 20, 14)] {
        let oracle = task.oracle();
        let environments = (0..episodes).map(|_| task.build()).collect();
        let mut lanes = [EvaluationLane { environments, key: "oracle".into(), seed: 0 }];
        let scores = evaluate(Drivers::alone(&*oracle), &mut lanes, &[0], episodes, "test").remove(0);
        let good = scores.successes.iter().filter(|success| **success).count();
        assert!(good >= least, "{task}: {good} of {episodes}");
    }
}

#[test]
fn the_pens_expert_goes_to_bytes_and_back() {
    let spec = Task::PenBinary.build().spec().clone();
    let expert = PenExpert::pretrained(&spec);
    assert_eq!(PenExpert::from_safetensors(&expert.to_safetensors(), &spec).unwrap(), expert);
}
