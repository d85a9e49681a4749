//! The same actions give the same bits as on the day when the data were made: physics that comes out otherwise by one
//! rounding is seen here, before it is seen in a table.

use envs::Task;
use rl::Prng;

/// FNV-1a over the bits of all states on the way.
fn hash_of(task: Task, steps: usize) -> u64 {
    let mut rng = Prng::derive("bits", 0, task.name());
    let mut environment = task.build();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut observation = environment.reset(&mut rng);
    for _ in 0..steps {
        for byte in observation.state.iter().flat_map(|x| x.to_bits().to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let action: Vec<f32> = (0..environment.spec().action_size).map(|_| rng.uniform(-1.0, 1.0)).collect();
        let step = environment.step(&action);
        observation = if step.outcome.ends_episode() { environment.reset(&mut rng) } else { step.observation };
    }
    hash
}

/// Ants tumble over the floor and into walls here, hands flail and drop what they hold. Grasping is not among them: its
/// movements and facts go by the C library's arctangent and sines, which machines may have in different versions.
#[test]
fn physics_keeps_its_bits() {
    let recorded = [
        (Task::AntMazeUmaze, 0xc449_ad30_19c3_d9b3),
        (Task::AntMazeLargePlay, 0x187d_5418_fd40_2e96),
        (Task::PenBinary, 0x2586_c69d_1e16_88d4),
        (Task::DoorBinary, 0x59aa_bbc0_5a39_55d7),
        (Task::RelocateBinary, 0x6efd_f721_d702_3157),
    ];
    let hashes = recorded.map(|(task, _)| (task, hash_of(task, 400)));
    assert_eq!(hashes, recorded, "{}", hashes.map(|(task, hash)| format!("{task} {hash:#018x}")).join("\n"));
}
