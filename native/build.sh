#!/bin/sh
# Builds the native library into native/build/out, where the .NET projects pick it up. Arguments go to cmake, e.g. -DSP_FAULTS=ON.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cmake -S "$here" -B "$here/build" -G Ninja "$@"
cmake --build "$here/build"
