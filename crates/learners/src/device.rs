//! Where tensors live, and how many threads work on them.

use tch::{Kind, Tensor};

/// Where a learner's tensors live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device(pub(crate) tch::Device);

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The name is not one of ours.
    #[error("unknown device '{0}': choose cpu or cuda")]
    Unknown(String),
    /// No CUDA kernels or no GPU.
    #[error("cannot use the GPU: {0}; run 'make setup DEVICE=cuda' on a machine with an NVIDIA driver, or choose cpu")]
    NoCuda(String),
}

impl Device {
    /// The processor.
    pub const CPU: Self = Self(tch::Device::Cpu);

    /// `cpu`, or `cuda` for the first GPU. Call it before any tensor is made: libtorch looks for its CUDA kernels once.
    ///
    /// # Errors
    /// When the name is another one, or when libtorch's CUDA part or a GPU is missing.
    pub fn parse(name: &str) -> Result<Self, DeviceError> {
        match name {
            "cpu" => Ok(Self::CPU),
            "cuda" => open_cuda().map(|()| Self(tch::Device::Cuda(0))),
            other => Err(DeviceError::Unknown(other.to_owned())),
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(if self.0.is_cuda() { "cuda" } else { "cpu" })
    }
}

/// Makes libtorch fit for many runs side by side on a CPU. Call it in every thread that trains (libtorch keeps the
/// number per thread), after [`Device::parse`].
///
/// Its worker threads wait by spinning, so runs that share a machine would slow each other down many times over; and
/// sums over one thread do not depend on how many cores there are.
pub fn use_one_thread() {
    tch::set_num_threads(1);
    // glibc returns large freed blocks to the system, and every update would page its activations in anew, a tenth of
    // its time. Once it has seen a block of up to 32 MiB freed, it keeps blocks of that size.
    drop(Tensor::empty([6 << 20], (Kind::Float, tch::Device::Cpu)));
}

/// What must stand in a process's environment as it starts, so that libtorch should compute the same bits on all x86-64
/// processors with fused multiply-add: no kernels for wider vectors than any of them has, and products by the routines that
/// MKL has for all of them (oneMKL Developer Guide, "Conditional Numerical Reproducibility"). Asked for different kernels one
/// processor gives the same bits. Learning takes about twice the time.
///
/// One thing is still missing: MKL's square root for all processors (`mkl_vml_kernel_sSqrt_EXHAynn`, to which
/// `Tensor::sqrt` comes, and with it Adam) begins with the instruction `rsqrtps`, an approximation of each maker's own, and
/// one in five of its results is not the nearest number. So what is trained so is the same on processors of one maker at
/// most: the door's data differ between an Intel Xeon and an AMD EPYC. Roots by IEEE's instruction should mend it, and change
/// all data of the hand.
///
/// Functions of the C library (`tanh`, `sincos`), which environments and scripts call too, may still differ between its
/// versions; only glibc 2.36 was tried.
pub const SAME_BITS_EVERYWHERE: [(&str, &str); 2] = [("ATEN_CPU_CAPABILITY", "default"), ("MKL_CBWR", "COMPATIBLE")];

/// Linkers drop `libtorch_cuda` from a binary that calls none of its functions, so it is loaded by hand; its kernels
/// register themselves with libtorch as it loads.
fn open_cuda() -> Result<(), DeviceError> {
    // SAFETY: the library's initialisers are libtorch's own and are meant to run at load time.
    let library = unsafe { libloading::Library::new("libtorch_cuda.so") }
        .map_err(|error| DeviceError::NoCuda(format!("libtorch's CUDA part does not load ({error})")))?;
    // Its kernels must outlive every tensor, so it is never closed.
    std::mem::forget(library);
    if tch::Cuda::is_available() {
        Ok(())
    } else {
        Err(DeviceError::NoCuda("libtorch finds no CUDA kernels or no GPU".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        assert_eq!(Device::parse("cpu").unwrap(), Device::CPU);
        assert_eq!(Device::parse("tpu").unwrap_err().to_string(), "unknown device 'tpu': choose cpu or cuda");
    }

    #[test]
    fn a_missing_gpu_is_explained() {
        match Device::parse("cuda") {
            Ok(device) => assert!(device.0.is_cuda()),
            Err(error) => assert!(error.to_string().contains("make setup DEVICE=cuda"), "{error}"),
        }
    }
}
