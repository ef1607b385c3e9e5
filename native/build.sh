#!/bin/sh
# Builds the native library into native/build/out, where the .NET projects pick it up. Arguments go to cmake, e.g. -DSP_FAULTS=ON.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
generator="Unix Makefiles"
command -v ninja > /dev/null && generator=Ninja
# A build folder keeps the generator that it was made with.
if [ -f "$here/build/CMakeCache.txt" ]; then cmake -S "$here" -B "$here/build" "$@"
else cmake -S "$here" -B "$here/build" -G "$generator" "$@"; fi
cmake --build "$here/build" -j "$(nproc)"
