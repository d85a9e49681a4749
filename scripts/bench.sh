#!/usr/bin/env bash
# Runs every benchmark, and Gymnasium's ant beside ours, and keeps what they print in results/bench/bench.md.
# `experiments -- report` puts that page into README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
page=results/bench/bench.md
mkdir -p results/bench
trap 'rm -f "$page.part"' EXIT

bench() { # bench CRATE NAME: what it prints, as a list unless it is a table
  cargo bench --quiet --profile dev -p "$1" --bench "$2" | sed '/^|/!{/./s/^/- /}'
}

{
  echo "One core of $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), best of several rounds (load average when it began: $(cut -d' ' -f1 /proc/loadavg))."
  echo
  echo "**Environments** (control steps; Gymnasium's ant in the same run, five physics steps per control step as ours)"
  echo
  bench envs steps
  bench envs grasps
  python3 scripts/ant_v5.py | tail -n 1 | sed 's/^/- /'
  echo
  echo "**Learners** (the products alone are the update's matrix products in the same shapes, into ready memory)"
  echo
  bench learners update | sed -E 's/^- (batch .*)/\1\n/; s/^- (one product .*)/\1/'
  echo
  echo "**Learners that see pictures** (the convolutions alone are the update's, in the same shapes)"
  echo
  bench learners pictures | sed 's/^- \(.* pixels.*\)/\1\n/'
  echo
  echo "**Loader and renderer**"
  echo
  bench d4rl read
  bench envs frames
} | tee "$page.part"
mv "$page.part" "$page"
