#!/bin/sh
# Runs the CUDA path of the test suite on a PTX interpreter that stands in for the driver: C#, P/Invoke, native library, module load, launch, copies.
#   native/test-ptx.sh <path of the interpreter's libcuda.so.1>
# Needs native/build.sh -DSP_FAULTS=ON and a Release build of the tests. Two compute capabilities, several orders of the warps; every finding is a failure.
set -eu
driver=${1:?"usage: native/test-ptx.sh <libcuda.so.1>"}
test -f "$driver" || { echo "no such driver: $driver" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
export STYLEPROTECT_CUDA_DRIVER="$driver" PTXRUN_STRICT=1
for arch in 80 90; do
    for seed in 1 2 3; do
        echo "compute capability $arch, order of warps $seed"
        PTXRUN_ARCH=$arch PTXRUN_SEED=$seed "$here/build/out/sp_bench" | tail -1
    done
done
# The driver reads its settings when it is loaded, so each combination is a process of its own.
for run in "80 1" "90 2"; do
    set -- $run
    PTXRUN_ARCH=$1 PTXRUN_SEED=$2 dotnet test -c Release --no-build --project tests/StyleProtect.Tests -- \
        --filter-class "*CudaParityTests" --filter-class "*NativeLibraryTests" --filter-class "*NativeStatusTests"
done
PTXRUN_ARCH=80 dotnet test -c Release --no-build --project tests/StyleProtect.Tests -- --filter-class "*PlantedFaultTests"
