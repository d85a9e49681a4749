//! The same actions give the same bits as on the day when the data were made, and the same shapes the same picture:
//! what comes out otherwise by one rounding is seen here, before it is seen in a table.

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_PI_2};

use envs::{
    Shape, ShapeKind, Task, Texture,
    render::{Camera, Renderer, Sunlight},
};
use rl::Prng;

/// FNV-1a of nothing.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

fn with_byte(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// FNV-1a over the bits of all states on the way.
fn hash_of(task: Task, steps: usize) -> u64 {
    let mut rng = Prng::derive("bits", 0, task.name());
    let mut environment = task.build();
    let mut hash = EMPTY;
    let mut observation = environment.reset(&mut rng);
    for _ in 0..steps {
        hash = observation.state.iter().flat_map(|x| x.to_bits().to_le_bytes()).fold(hash, with_byte);
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

/// Demonstrations keep the pictures of their day, and policies trained on them are judged by today's: light, shadows, bands,
/// the floor's checkerboard and the mean of four samples stay as they were. Boxes alone, seen at right angle, since what is
/// round is made of the C library's sines.
#[test]
fn pictures_keep_their_bits() {
    let shape = |kind, translation, rotation, rgba, texture| Shape { kind, translation, rotation, rgba, texture };
    let bands = Texture::Bands { axis: 0, width: 0.05, dark: 0.5 };
    let solid = ShapeKind::Box { half: [0.2, 0.1, 0.15] };
    let shapes = [
        shape(ShapeKind::Plane, [0.0; 3], [0.0, 0.0, 0.0, 1.0], [0.8, 0.8, 0.7, 1.0], Texture::Plain),
        shape(solid, [0.1, 0.0, 0.3], [0.5, 0.5, 0.5, 0.5], [0.9, 0.3, 0.2, 1.0], bands),
        shape(solid, [-0.2, 0.2, 0.2], [FRAC_1_SQRT_2, 0.0, 0.0, FRAC_1_SQRT_2], [0.2, 0.4, 0.9, 1.0], Texture::Plain),
    ];
    let sun = Sunlight { direction: [0.5, 0.25, 1.0], middle: [0.0; 3], reach: 1.0, resolution: 128 };
    let camera = Camera { eye: [0.5, -0.75, 0.75], target: [0.0; 3], vertical_field_of_view: FRAC_PI_2 };
    let mut renderer = Renderer::new(64, 64, 2).with_shadows(sun);
    let image = renderer.frame(&shapes, &camera);
    let hash = image.as_raw().iter().copied().fold(EMPTY, with_byte);
    let colours: std::collections::BTreeSet<_> = image.pixels().map(|pixel| pixel.0).collect();
    assert!(colours.len() > 50, "a picture of {} colours shows nothing", colours.len());
    assert_eq!(hash, 0x22cc_35ff_c4c3_25c0, "{hash:#018x}");
}
