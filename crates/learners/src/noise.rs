//! Random tensors from the lanes' own host streams, so that what a lane gets does not depend on how many there are.

use rl::Prng;
use tch::Tensor;

use crate::Device;

/// Standard normal numbers on the host.
pub(crate) fn normals(shape: &[i64], rng: &mut Prng) -> Tensor {
    let count: i64 = shape.iter().product();
    let numbers: Vec<f32> = (0..count).map(|_| rng.normal()).collect();
    Tensor::from_slice(&numbers).view(shape)
}

/// Standard normal numbers `[lane, ..shape]`, each lane's from its own stream.
pub(crate) fn lane_normals(rngs: &mut [Prng], shape: &[i64], device: Device) -> Tensor {
    lane_draws(rngs, shape, device, Prng::normal)
}

/// Numbers uniform on [-1, 1), `[lane, ..shape]`, each lane's from its own stream.
pub(crate) fn lane_uniforms(rngs: &mut [Prng], shape: &[i64], device: Device) -> Tensor {
    lane_draws(rngs, shape, device, |rng| rng.uniform(-1.0, 1.0))
}

fn lane_draws(rngs: &mut [Prng], shape: &[i64], device: Device, draw: impl Fn(&mut Prng) -> f32) -> Tensor {
    let count: i64 = shape.iter().product();
    let mut numbers = Vec::with_capacity(count as usize * rngs.len());
    for rng in &mut *rngs {
        numbers.extend((0..count).map(|_| draw(rng)));
    }
    Tensor::from_slice(&numbers).view([&[rngs.len() as i64], shape].concat().as_slice()).to_device(device.0)
}

/// Dropout masks `[lane, row, width]`: 0 with probability `rate`, else 1 / (1 - rate), each lane's from its own stream.
///
/// One draw of 64 bits serves four entries, so that the rate is kept to a multiple of 2^-16.
pub(crate) fn dropout_mask(rate: f64, rngs: &mut [Prng], rows: i64, width: i64, device: Device) -> Tensor {
    assert!((0.0..1.0).contains(&rate), "a dropout rate of {rate} is not in [0, 1)");
    let count = (rows * width) as usize;
    let threshold = (rate * 65536.0).round() as u64;
    let kept = (1.0 / (1.0 - rate)) as f32;
    let mut mask = Vec::with_capacity((count + 3) * rngs.len());
    for (lane, rng) in rngs.iter_mut().enumerate() {
        while mask.len() < (lane + 1) * count {
            let bits = rng.bits();
            mask.extend([0, 16, 32, 48].map(|shift| if (bits >> shift) & 0xffff < threshold { 0.0 } else { kept }));
        }
        mask.truncate((lane + 1) * count);
    }
    Tensor::from_slice(&mask).view([rngs.len() as i64, rows, width]).to_device(device.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_the_mean_and_each_lane_its_own_draws() {
        let rngs = || (0..3).map(|seed| Prng::derive("test", seed, "dropout"));
        let mask = dropout_mask(0.1, &mut rngs().collect::<Vec<_>>(), 101, 303, Device::CPU);
        let mean = mask.mean(tch::Kind::Float).double_value(&[]);
        assert!((mean - 1.0).abs() < 0.01, "mean {mean}");
        let dropped = mask.eq(0.0).to_kind(tch::Kind::Float).mean(tch::Kind::Float).double_value(&[]);
        assert!((dropped - 0.1).abs() < 0.005, "{dropped} dropped");
        for (lane, rng) in rngs().enumerate() {
            let alone = dropout_mask(0.1, &mut [rng], 101, 303, Device::CPU);
            assert_eq!(alone.get(0), mask.get(lane as i64), "lane {lane}");
        }
    }
}
