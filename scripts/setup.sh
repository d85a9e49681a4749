#!/usr/bin/env bash
# Brings what the build needs before Rust can run: libtorch, HDF5's build tool where no HDF5 is installed, and rapier3d with
# our patch.
# Safe to run again at any time: finished parts are kept, broken ones are made anew, and it is quiet when all is there.
#
#   scripts/setup.sh          what was chosen before, at first libtorch for the CPU (0.5 GB)
#   scripts/setup.sh cpu      libtorch for the CPU
#   scripts/setup.sh cuda     libtorch with the whole CUDA stack (about 6 GB)
set -euo pipefail
cd "$(dirname "$0")/.."

deps=$PWD/.deps
device=${1:-$(cat "$deps/device" 2>/dev/null || echo cpu)}   # what was chosen before, unless told otherwise
torch=2.11.0            # what tch 0.24 is written for
cudart=13.0.96          # libtorch_cpu.so of the PyPI wheel needs these two, even without a GPU
cupti=13.0.85
cmake=3.31.6            # HDF5's sources want at least 3.26; Debian 12 has 3.25

die() { echo "setup: $*" >&2; exit 1; }
say() { echo "setup: $*"; }

[ "$device" = cpu ] || [ "$device" = cuda ] || die "unknown DEVICE '$device': choose cpu or cuda"
[ "$(uname -sm)" = "Linux x86_64" ] || die "the libtorch wheels used here are for Linux on x86-64, and this is $(uname -sm)"
command -v cargo >/dev/null || die "cargo is missing: install Rust (rustup or your distribution's package), then run this again"
command -v python3 >/dev/null || die "python3 is missing: install it, then run this again"
for tool in cc c++ make; do
  command -v $tool >/dev/null || die "$tool is missing: install a C and C++ compiler and make (Debian: build-essential), then run this again"
done
mkdir -p "$deps" || die "cannot write to $deps: check the permissions of the clone"
exec 9>"$deps/lock"
if command -v flock >/dev/null; then flock 9; fi   # two makes at once take turns

# pip only downloads here, it never touches the system's Python; where pip is missing a private venv brings one.
pip() {
  if python3 -m pip --version >/dev/null 2>&1; then python3 -m pip "$@"; return; fi
  if [ ! -x "$deps/venv/bin/pip" ]; then
    rm -rf "$deps/venv"
    python3 -m venv "$deps/venv" >/dev/null 2>&1 ||
      die "python3 has neither pip nor venv: install one of them (Debian: python3-pip or python3-venv), then run this again"
  fi
  "$deps/venv/bin/python" -m pip "$@"
}

enough_space() { # enough_space GB WHAT
  local free_kb
  free_kb=$(df -Pk "$deps" | awk 'NR == 2 { print $4 }')
  [ "$free_kb" -ge $(($1 * 1000000)) ] || die "$2 needs $1 GB of free disk under $deps and $((free_kb / 1000000)) GB are free: make room, then run this again"
}

download() { # download WHAT GB PACKAGE...: a broken download leaves nothing behind, and finished wheels are found again
  local what=$1 gb=$2; shift 2
  enough_space "$gb" "$what"
  say "fetching $what"
  mkdir -p "$deps/wheels"
  pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$deps/wheels" "$@" 2>"$deps/pip.log" ||
    die "could not fetch $what: check the network and the free disk, then run this again (pip's own words are in $deps/pip.log)"
}

unpack() { # unpack WHEEL-GLOB TARGET PREFIX...: the files of a wheel whose names begin with a prefix
  python3 - "$@" 2>"$deps/unpack.log" <<'PY' || die "could not unpack $1: run this again; if it fails again, remove $deps/wheels and check the free disk ($deps/unpack.log)"
import glob, os, shutil, sys, zipfile
wheel, target, prefixes = glob.glob(sys.argv[1])[0], sys.argv[2], tuple(sys.argv[3:])
try:
    archive = zipfile.ZipFile(wheel)
except zipfile.BadZipFile:
    os.remove(wheel)
    raise
for name in archive.namelist():
    if name.startswith(prefixes) and not name.endswith('/'):
        path = os.path.join(target, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
PY
}

cpu_libtorch() {
  [ "$(cat "$deps/libtorch/build-version" 2>/dev/null)" = "$torch+cpu" ] && return
  # The wheel for one fixed Python, whichever runs here: only its C++ part is used.
  download "libtorch $torch for the CPU (0.5 GB)" 3 --python-version 3.11 --implementation cp --abi cp311 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
    "torch==$torch" "nvidia-cuda-runtime==$cudart" "nvidia-cuda-cupti==$cupti"
  local work=$deps/libtorch.part
  rm -rf "$work" "$deps/libtorch"; mkdir -p "$work/lib"
  unpack "$deps/wheels/torch-$torch-*.whl" "$work" torch/include/ torch/lib/libtorch_cpu.so torch/lib/libtorch.so torch/lib/libc10.so torch/lib/libgomp torch/lib/libshm.so
  unpack "$deps/wheels/nvidia_cuda_runtime-*.whl" "$work" nvidia/cu13/lib/libcudart.so.13
  unpack "$deps/wheels/nvidia_cuda_cupti-*.whl" "$work" nvidia/cu13/lib/libcupti.so.13
  mv "$work"/torch/lib/* "$work"/nvidia/cu13/lib/*.so.13 "$work/lib/"
  mv "$work/torch/include" "$work/include"
  rm -rf "$work/torch" "$work/nvidia"
  # libtorch.so asks the loader for libtorch_cuda.so by name; an empty library of that name is enough on a CPU.
  echo | cc -shared -x c - -o "$work/lib/libtorch_cuda_stub.so" -Wl,-soname,libtorch_cuda.so || die "the C compiler cannot make a shared library"
  mkdir "$work/stub"; mv "$work/lib/libtorch_cuda_stub.so" "$work/stub/libtorch_cuda.so"
  echo "$torch+cpu" >"$work/build-version"   # last: it marks the folder as whole
  mv "$work" "$deps/libtorch"
  rm -rf "$deps/wheels"
}

cuda_libtorch() {
  [ "$(cat "$deps/cuda/torch/build-version" 2>/dev/null)" = "$torch+cu130" ] && return
  enough_space 15 "libtorch with CUDA"
  say "fetching libtorch $torch with CUDA (about 6 GB)"
  rm -rf "$deps/cuda"
  pip install --quiet --disable-pip-version-check --target "$deps/cuda" "torch==$torch" 2>"$deps/pip.log" ||
    die "could not install torch $torch with CUDA: check the network and the free disk, then run this again (pip's own words are in $deps/pip.log)"
  echo "$torch+cu130" >"$deps/cuda/torch/build-version"
}

hdf5_tool() { # sets hdf5 to 'system' or 'static'
  if [ -n "${HDF5_DIR:-}" ]; then hdf5=system hdf5_env="HDF5_DIR = \"$HDF5_DIR\""; return; fi
  if pkg-config --exists 'hdf5 >= 1.8.4' 2>/dev/null; then hdf5=system hdf5_env=; return; fi
  hdf5=static hdf5_env="CMAKE = \"$deps/cmake/cmake/data/bin/cmake\""
  [ -x "$deps/cmake/cmake/data/bin/cmake" ] && return
  download "cmake $cmake (HDF5 is built from source, since none is installed)" 1 "cmake==$cmake"
  rm -rf "$deps/cmake.part"
  unpack "$deps/wheels/cmake-$cmake-*.whl" "$deps/cmake.part" cmake/data/
  chmod +x "$deps"/cmake.part/cmake/data/bin/*
  rm -rf "$deps/cmake"; mv "$deps/cmake.part" "$deps/cmake"
  rm -rf "$deps/wheels"
}

rapier3d() { # the physics engine as it was published, with scripts/rapier3d.patch, which says what for
  local version mark work=$deps/rapier3d.part
  version=$(sed -n 's/^rapier3d = { version = "=\([0-9.]*\)".*/\1/p' Cargo.toml)
  mark="$version $(cksum <scripts/rapier3d.patch)"
  [ "$(cat "$deps/rapier3d/.patched" 2>/dev/null)" = "$mark" ] && return
  command -v patch >/dev/null || die "patch is missing: install it (Debian: build-essential), then run this again"
  rm -rf "$work"; mkdir -p "$work/src"
  # cargo itself fetches it, for a package that asks for nothing else; the lock file keeps the versions of what it needs.
  printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\nrapier3d = "=%s"\n[workspace]\n' "$version" >"$work/Cargo.toml"
  touch "$work/src/lib.rs"; cp Cargo.lock "$work/"
  cargo metadata --quiet --format-version 1 --manifest-path "$work/Cargo.toml" >"$work/metadata.json" 2>"$deps/rapier3d.log" ||
    die "could not fetch rapier3d $version: check the network and the free disk, then run this again (cargo's own words are in $deps/rapier3d.log)"
  local manifest
  manifest=$(python3 -c 'import json, sys; print(next(p["manifest_path"] for p in json.load(sys.stdin)["packages"] if p["name"] == "rapier3d"))' <"$work/metadata.json")
  cp -r "$(dirname "$manifest")" "$work/rapier3d"
  patch --quiet -p1 -d "$work/rapier3d" <scripts/rapier3d.patch >"$deps/rapier3d.log" ||
    die "scripts/rapier3d.patch is not for rapier3d $version ($deps/rapier3d.log): take back the change of one of them"
  echo "$mark" >"$work/rapier3d/.patched"   # last: it marks the folder as whole
  rm -rf "$deps/rapier3d"; mv "$work/rapier3d" "$deps/rapier3d"; rm -rf "$work"
}

"${device}_libtorch"
hdf5_tool
rapier3d

libtorch=$deps/libtorch
stub=$deps/libtorch/stub
[ "$device" = cuda ] && { libtorch=$deps/cuda/torch; stub=$libtorch/lib; }
# Written here and not committed: it says where this clone keeps its libraries, so that plain cargo commands find them.
config=$(cat <<TOML
# Written by scripts/setup.sh for this clone; run 'make setup' after moving the folder.
[env]
LIBTORCH = "$libtorch"
$hdf5_env
HDF5_USE_FILE_LOCKING = "FALSE"

[build]
rustflags = [
    "--cfg", "hdf5_$hdf5",
    "-C", "link-arg=-Wl,-rpath,$libtorch/lib",
    "-C", "link-arg=-Wl,-rpath,$stub",
]
TOML
)
mkdir -p .cargo
echo "$device" >"$deps/device"
if [ "$config" != "$(cat .cargo/config.toml 2>/dev/null)" ]; then
  printf '%s\n' "$config" >.cargo/config.toml
  say "ready for $device, with HDF5 from $([ $hdf5 = system ] && echo 'this system' || echo 'its sources')"
fi
