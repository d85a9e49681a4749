//! Adam over one flat tensor.

use tch::{Kind, Tensor, kind::Element};

const MEAN_DECAY: f64 = 0.9;
const SQUARE_DECAY: f64 = 0.999;
const EPSILON: f64 = 1e-8;
/// Steps between two sweeps of the moments.
const SWEEP: i64 = 1000;

/// Adam (Kingma and Ba 2015, Algorithm 1) with the usual decays 0.9 and 0.999 and epsilon 1e-8, and its moments.
///
/// Element-wise, hence lanes never meet; the learning rate is the caller's business.
#[derive(Debug)]
pub(crate) struct Adam {
    mean: Tensor,
    square: Tensor,
    /// Holds intermediate results, so that no memory is asked for in a step.
    scratch: Tensor,
    /// A tensor like the rest of the state, so that it is saved with it.
    steps: Tensor,
    /// Whether parameters lie in host memory, where one pass over them does the work of three of libtorch's.
    on_host: bool,
    /// Whether that pass takes a product and a sum as one operation that rounds once, as libtorch's kernels here do.
    rounds_once: bool,
}

impl Adam {
    /// The optimiser of parameters of this shape, before its first step.
    pub(crate) fn new(parameters: &Tensor) -> Self {
        Self {
            mean: parameters.zeros_like(),
            square: parameters.zeros_like(),
            scratch: parameters.zeros_like(),
            steps: Tensor::zeros([1], (Kind::Int64, tch::Device::Cpu)),
            on_host: parameters.device() == tch::Device::Cpu,
            rounds_once: rounds_once(),
        }
    }

    /// Steps taken so far.
    pub(crate) fn steps(&self) -> i64 {
        self.steps.int64_value(&[0])
    }

    /// Moves `parameters` against `gradient`, both of the shape given to [`Adam::new`].
    pub(crate) fn step(&mut self, parameters: &mut Tensor, gradient: &Tensor, rate: f64) {
        numbers::<i64>(&mut self.steps)[0] += 1;
        let steps = self.steps();
        if self.on_host {
            self.follow_on_host(gradient);
        } else {
            self.follow(gradient);
        }
        if steps % SWEEP == 0 {
            self.sweep();
        }
        if rate == 0.0 {
            return;
        }
        // The step length goes into the divisor, which spares a pass: parameters += mean / -(divisor / length).
        let length = rate / (1.0 - MEAN_DECAY.powf(steps as f64));
        let root_scale = 1.0 / (1.0 - SQUARE_DECAY.powf(steps as f64)).sqrt();
        let (scale, epsilon) = (-root_scale / length, -EPSILON / length);
        // In-place operations of tch return one more handle, which is not needed.
        _ = self.square.sqrt_out(&self.scratch);
        if self.on_host {
            self.descend_on_host(parameters, scale as f32, epsilon as f32);
        } else {
            self.descend(parameters, scale, epsilon);
        }
    }

    /// Moves the moments towards the gradient and its square.
    fn follow(&mut self, gradient: &Tensor) {
        _ = self.mean.lerp_(gradient, 1.0 - MEAN_DECAY);
        _ = gradient.square_out(&self.scratch);
        _ = self.square.lerp_(&self.scratch, 1.0 - SQUARE_DECAY);
    }

    /// The same in one pass.
    fn follow_on_host(&mut self, gradient: &Tensor) {
        let gradient = &mut gradient.shallow_clone();
        let (mean, square, gradient) = (numbers(&mut self.mean), numbers(&mut self.square), numbers(gradient));
        assert_eq!(gradient.len(), mean.len(), "a gradient of other parameters");
        if self.rounds_once {
            // SAFETY: `rounds_once` says that the processor has both.
            unsafe { follow_rounding_once(mean, square, gradient) }
        } else {
            follow_by(mean, square, gradient, |share, step, from| from + share * step);
        }
    }

    /// Moves `parameters` by the mean over (root times `scale` plus `epsilon`); the root lies in `scratch`.
    fn descend(&mut self, parameters: &mut Tensor, scale: f64, epsilon: f64) {
        self.scratch *= scale;
        self.scratch += epsilon;
        _ = parameters.addcdiv_(&self.mean, &self.scratch);
    }

    /// The same in one pass.
    fn descend_on_host(&mut self, parameters: &mut Tensor, scale: f32, epsilon: f32) {
        let moments = numbers::<f32>(&mut self.mean).iter().zip(numbers::<f32>(&mut self.scratch));
        for (parameter, (mean, root)) in numbers::<f32>(parameters).iter_mut().zip(moments) {
            *parameter += *mean / (*root * scale + epsilon);
        }
    }

    /// Takes moments below the normal numbers as 0. Those of a rectifier that has shut for good decay to there and stay, and
    /// processors take many times as long over them. No weight notices: such a mean moves it by less than 1e-32, and such a
    /// square is lost beside epsilon.
    fn sweep(&mut self) {
        for moment in [&mut self.mean, &mut self.square] {
            let tiny = moment.abs().lt(f64::from(f32::MIN_POSITIVE));
            _ = moment.masked_fill_(&tiny, 0.0);
        }
    }

    /// Moments and step count, by the names that they have in a checkpoint.
    pub(crate) fn state(&self, name: &str) -> Vec<(String, Tensor)> {
        [("mean", &self.mean), ("square", &self.square), ("steps", &self.steps)]
            .map(|(part, tensor)| (format!("adam/{name}/{part}"), tensor.shallow_clone()))
            .into()
    }
}

/// Each moment goes a share of its way to the gradient or its square; `multiply_add(share, step, from)` is
/// from + share * step.
#[allow(clippy::inline_always)] // only inlined does it take its caller's instructions
#[inline(always)]
fn follow_by(mean: &mut [f32], square: &mut [f32], gradient: &[f32], multiply_add: impl Fn(f32, f32, f32) -> f32) {
    let (mean_share, square_share) = ((1.0 - MEAN_DECAY) as f32, (1.0 - SQUARE_DECAY) as f32);
    for ((mean, square), gradient) in mean.iter_mut().zip(square).zip(gradient) {
        *mean = multiply_add(mean_share, gradient - *mean, *mean);
        *square = multiply_add(square_share, gradient * gradient - *square, *square);
    }
}

#[target_feature(enable = "avx2,fma")]
fn follow_rounding_once(mean: &mut [f32], square: &mut [f32], gradient: &[f32]) {
    follow_by(mean, square, gradient, f32::mul_add);
}

/// Whether libtorch's `lerp` rounds once here, as its kernels for AVX2 and wider do: 0.5 + 0.1 * 4.5 tells, by one bit.
fn rounds_once() -> bool {
    let (share, step, from) = ((1.0 - MEAN_DECAY) as f32, 4.5_f32, 0.5_f32);
    let has_it = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
    let of = |value: f32| Tensor::from_slice(&[value; 64]);
    has_it && of(from).lerp(&of(from + step), f64::from(share)) == of(share.mul_add(step, from))
}

/// The numbers of a tensor that lies in host memory without gaps.
fn numbers<T: Element>(tensor: &mut Tensor) -> &mut [T] {
    let (device, kind) = (tensor.device(), tensor.kind());
    assert!(device == tch::Device::Cpu && kind == T::KIND && tensor.is_contiguous(), "{kind:?} on {device:?}");
    // SAFETY: that many numbers of this kind stand there for as long as the tensor does, which the slice does not outlive.
    unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast(), tensor.numel()) }
}

#[cfg(test)]
mod tests {
    use super::{Adam, SWEEP};
    use crate::noise::normals;
    use rl::Prng;
    use tch::Tensor;

    /// The published recurrence in f64, one number at a time, in host memory and in the form for elsewhere.
    #[test]
    fn follows_the_published_recurrence() {
        [true, false].into_iter().for_each(follows);
    }

    fn follows(on_host: bool) {
        let (mut mean, mut square, mut expected) = (0.0_f64, 0.0_f64, 0.5_f64);
        let mut parameters = Tensor::from_slice(&[0.5_f32]);
        let mut adam = Adam { on_host, ..Adam::new(&parameters) };
        for k in 1..=50 {
            let gradient = f64::from(k).sin() * 10.0_f64.powi(k % 7 - 5);
            let rate = 0.01 / f64::from(k);
            mean = 0.9 * mean + 0.1 * gradient;
            square = 0.999 * square + 0.001 * gradient * gradient;
            expected -= rate * (mean / (1.0 - 0.9_f64.powi(k))) / ((square / (1.0 - 0.999_f64.powi(k))).sqrt() + 1e-8);
            adam.step(&mut parameters, &Tensor::from_slice(&[gradient as f32]), rate);
            let found = parameters.double_value(&[0]);
            assert!((found - expected).abs() < 1e-6, "on host {on_host}, step {k}: {found}, expected {expected}");
        }
    }

    /// So that a run is the same whichever form takes its steps.
    #[test]
    fn both_forms_give_the_same_bits() {
        // The number that `rounds_once` asks for does tell.
        assert_ne!(0.1_f32.mul_add(4.5, 0.5), 0.1_f32 * 4.5 + 0.5);
        let mut rng = Prng::derive("adam", 0, "test");
        let mut random = |factor: f64| normals(&[3, 1001], &mut rng) * factor;
        let mut parameters = random(1.0);
        let mut others = parameters.copy();
        let (mut host, mut other) = (Adam::new(&parameters), Adam { on_host: false, ..Adam::new(&others) });
        for k in 0..20 {
            let gradient = random(10.0_f64.powi(k % 9 - 6));
            host.step(&mut parameters, &gradient, 1e-3);
            other.step(&mut others, &gradient, 1e-3);
            assert_eq!(host.mean, other.mean, "step {k}");
            assert_eq!(host.square, other.square, "step {k}");
            assert_eq!(parameters, others, "step {k}");
        }
    }

    /// Where no gradient comes any more, moments decay to 0 and not to a number that is slow to compute with.
    #[test]
    fn moments_without_a_gradient_end_at_zero() {
        let mut parameters = Tensor::from_slice(&[0.1_f32, 0.1]);
        let mut adam = Adam::new(&parameters);
        adam.step(&mut parameters, &Tensor::from_slice(&[1.0_f32, 1.0]), 1e-3);
        for _ in 1..2 * SWEEP {
            adam.step(&mut parameters, &Tensor::from_slice(&[0.0_f32, 1.0]), 1e-3);
        }
        assert_eq!(adam.mean.double_value(&[0]), 0.0);
        assert!(adam.mean.double_value(&[1]) > 0.9);
        adam.square = Tensor::from_slice(&[1e-39_f32, 1.0]);
        for _ in 0..SWEEP {
            adam.step(&mut parameters, &Tensor::from_slice(&[0.0_f32, 1.0]), 1e-3);
        }
        assert_eq!(adam.square.double_value(&[0]), 0.0, "by decay alone some 4e-40 would be left");
    }

    #[test]
    fn a_rate_of_zero_keeps_the_parameters() {
        let mut parameters = Tensor::from_slice(&[1.0_f32, 2.0]);
        let mut adam = Adam::new(&parameters);
        adam.step(&mut parameters, &Tensor::from_slice(&[0.0_f32, 3.0]), 0.0);
        assert_eq!(Vec::<f32>::try_from(&parameters).unwrap(), [1.0, 2.0]);
        assert_eq!(adam.steps(), 1);
    }
}
