#!/usr/bin/env bash
# The released network, omni-nano, from nothing. Every stage goes on where it stopped, so run it again after a break.
#
#   runs/nano.sh                      two cores, overnight (depth 5)
#   DEVICE=cuda runs/nano.sh          one H200-class GPU and 16 cores, planned for 30 minutes (depth 9)
#   DATA=folder runs/nano.sh          with real speech and text beside the synthesised (docs/data.md)
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS=1

OUT=${OUT:-out/nano}
DEVICE=${DEVICE:-cpu}
if [ "$DEVICE" = cuda ]; then
  DEPTH=${DEPTH:-9} PROCESSES=${PROCESSES:-16} CODEC=${CODEC:-7} PICTURES=${PICTURES:-1} BASE=${BASE:-14}
  ROWS=${ROWS:-128} SEEDS=${SEEDS:-6000} OWN=${OWN:-400} THREADS=${THREADS:-4} WORKERS=${WORKERS:-12}
else
  DEPTH=${DEPTH:-5} PROCESSES=${PROCESSES:-2} CODEC=${CODEC:-60} PICTURES=${PICTURES:-6} BASE=${BASE:-480}
  ROWS=${ROWS:-8} SEEDS=${SEEDS:-2400} OWN=${OWN:-200} THREADS=${THREADS:-2} WORKERS=${WORKERS:-0}
fi
stage() { ${PYTHON:-python} -m duologue train "$@" --out "$OUT" --depth "$DEPTH" --device "$DEVICE" --threads "$THREADS" \
  --processes "$PROCESSES" --workers "$WORKERS" --rows "$ROWS" ${DATA:+--data "$DATA"} ${WARM:+--warm-start "$WARM"}; }

stage texts
stage recordings
stage speech --own-seeds "$OWN"
stage codec --minutes "$CODEC"
stage pictures --minutes "$PICTURES"
stage examples --seeds "$SEEDS"
stage encode
stage base --minutes "$BASE"
stage export --version "${VERSION:-0.1}"
echo "released folder: $OUT/released; look at it with: duologue eval --model-dir $OUT/released"
