#!/bin/bash
# Runs the CUDA path of the test suite on a PTX interpreter that stands in for the driver: C#, P/Invoke, native library, module load, launch, copies.
#   native/test-ptx.sh <the interpreter's libcuda.so.1, or its folder>
# Needs nvcc and a Release build of the tests. Two compute capabilities, several orders of the warps; every finding of the interpreter is a failure.
# The last line is "N passed, N failed, N skipped".
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
driver=${1:?"usage: native/test-ptx.sh <libcuda.so.1 or its folder>"}
[[ -d $driver ]] && driver=$driver/libcuda.so.1
[[ -f $driver ]] || { echo "no such driver: $driver" >&2; exit 2; }
STYLEPROTECT_CUDA_DRIVER=$(realpath "$driver")
export STYLEPROTECT_CUDA_DRIVER PTXRUN_STRICT=1
cd "$here/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

check() { # <what> <command…>: one check by its exit code
    local what=$1
    shift
    if "$@" > "$log" 2>&1; then passed=$((passed + 1)); echo "passed  $what: $(tail -n 1 "$log")"
    else failed=$((failed + 1)); tail -n 20 "$log"; echo "FAILED  $what"; fi
}

tests() { # <compute capability> <seed> <class…>: tests in a process of their own, because the interpreter reads its settings when it is loaded
    local arch=$1 seed=$2 filters=() class
    shift 2
    for class in "$@"; do filters+=(--filter-class "*$class"); done
    echo "tests on compute capability $arch, order of warps $seed"
    PTXRUN_ARCH=$arch PTXRUN_SEED=$seed dotnet test -c Release --no-build --project tests/StyleProtect.Tests -- "${filters[@]}" 2>&1 | tee "$log"
    local status=${PIPESTATUS[0]} ok bad omitted
    read -r bad ok omitted < <(awk '/^ *failed: *[0-9]+/ { f = $2 } /^ *succeeded: *[0-9]+/ { s = $2 } /^ *skipped: *[0-9]+/ { k = $2 } END { print f + 0, s + 0, k + 0 }' "$log")
    ((status != 0 && bad == 0)) && bad=1
    # Skipped here means that the library or the interpreter was not found: nothing would be proven.
    if grep -qE '^skipped .*(CudaParityTests|PlantedFaultTests)' "$log"; then
        bad=$((bad + 1))
        echo "FAILED  tests of the kernels were skipped: $(grep -cE '^skipped .*(CudaParityTests|PlantedFaultTests)' "$log")"
    elif ((ok == 0)); then
        bad=$((bad + 1))
        echo "FAILED  no test ran"
    fi

    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + omitted))
}

# A kernel that uses local memory, beside the real ones: the reading of machine code must find it.
planted_spill() {
    local folder host status=1
    folder=$(mktemp -d)
    for host in g++-11 g++-10 g++; do command -v "$host" > /dev/null && break; done
    cp "$here"/build/kernels/styleprotect_native/*.fatbin "$folder"
    echo 'extern "C" __global__ void sp_spill(float* p, int n) { float a[64]; for (int i = 0; i < 64; i++) a[i] = p[i] * n; for (int i = 0; i < n; i++) a[i * 7 & 63] += a[i & 63]; p[n] = a[n & 63]; }' > "$folder/spill.cu"
    nvcc -ccbin "$host" -fatbin -gencode arch=compute_80,code=sm_80 -o "$folder/spill.fatbin" "$folder/spill.cu" &&
        ! SP_CODE=$folder "$here/check-code.sh" 2> "$folder/found" && grep '^FAIL sp_spill' "$folder/found" && status=0
    rm -r "$folder"
    return $status
}

check "kernels and their variants with planted mistakes build" "$here/build.sh" -DSP_FAULTS=ON
check "machine code" "$here/check-code.sh"
check "a planted spill is found in the machine code" planted_spill
for arch in 80 90; do
    for seed in 1 2 3; do
        check "self-checking program, compute capability $arch, order of warps $seed" env PTXRUN_ARCH=$arch PTXRUN_SEED=$seed "$here/build/out/sp_bench"
    done
done
tests 80 1 CudaParityTests NativeLibraryTests NativeStatusTests PlantedFaultTests
tests 90 2 CudaParityTests NativeLibraryTests NativeStatusTests

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
exit $((failed > 0))
