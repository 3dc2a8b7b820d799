#!/usr/bin/env bash
# The whole pipeline in minutes, on two cores and without data: does every stage work, and does anything get learned?
# What comes out is no assistant. Its held-out table (OUT/base/log.jsonl) must beat chance: see tests/training/test_tiny.py.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS=1

OUT=${OUT:-out/tiny}
stage() { ${PYTHON:-python} -m duologue train "$@" --out "$OUT" --depth 2 --vocabulary 600 --threads 1 --processes 2 --rows 6; }

stage texts --sentences 3000
stage speech --own-seeds 8
stage codec --minutes "${CODEC:-1}"
stage pictures --minutes "${PICTURES:-0.5}"
stage examples --seeds "${SEEDS:-60}"
stage encode
stage base --minutes "${BASE:-3}"
stage export --version tiny
