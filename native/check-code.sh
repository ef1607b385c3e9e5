#!/bin/sh
# Reads the machine code of every kernel and architecture: no spills, no local memory, and 16-byte loads and stores in the streaming kernels.
#   native/check-code.sh [--table]     (--table prints registers, and shared memory where there is any, as a Markdown table)
# SP_CODE names another folder of modules than the one that build.sh made.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder="${SP_CODE:-$here/build/kernels/styleprotect_native}"
command -v cuobjdump > /dev/null || { echo "cuobjdump is missing (it comes with nvcc)" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for module in "$folder"/*.fatbin; do
    cuobjdump --dump-resource-usage "$module"
done > "$work/usage"
awk '
    /^arch = /      { arch = $3 }
    /Function /     { kernel = $2; sub(/:$/, "", kernel) }
    / REG:/ {
        for (i = 1; i <= NF; i++) { split($i, part, ":"); value[part[1]] = part[2] }
        print kernel, arch, value["REG"], value["STACK"], value["LOCAL"], value["SHARED"]
    }' "$work/usage" | sort > "$work/kernels"
test -s "$work/kernels" || { echo "no kernels found in $folder" >&2; exit 2; }
# 48 KB of shared memory is what every architecture gives a block without being asked.
failures=$(awk '
    $4 != 0 || $5 != 0 { print "FAIL " $1 " " $2 ": stack " $4 ", local " $5 }
    $6 > 49152 { print "FAIL " $1 " " $2 ": shared " $6 }' "$work/kernels")
archs=$(awk '{ print $2 }' "$work/kernels" | sort -u)

for kernel in sp_pgd_step_f32_v4:pgd_step sp_project_l2_v4:project_l2 sp_adamw_update:adamw \
    sp_norm_apply_f32_v4:group_norm sp_norm_apply_bf16_v8:group_norm sp_norm_gradient_f32_v4:group_norm sp_norm_gradient_bf16_v8:group_norm; do
    name=${kernel%%:*} module=${kernel##*:}
    for arch in $archs; do
        code=$(cuobjdump --dump-sass --gpu-architecture "$arch" --function "$name" "$folder/$module.fatbin")
        for instruction in 'LDG\.E(\.[A-Z]+)*\.128' 'STG\.E(\.[A-Z]+)*\.128'; do
            echo "$code" | grep -Eq "$instruction" || failures="$failures
FAIL $name $arch: no $instruction"
        done
    done
done

if [ "${1:-}" = "--table" ]; then
    printf '| kernel | %s |\n' "$(echo $archs | sed 's/ / | /g')"
    printf '|---|%s\n' "$(for a in $archs; do printf -- '---:|'; done)"
    awk '{ if ($1 != last) { if (last != "") print line; last = $1; line = "| `" $1 "` |" } line = line " " $3 ($6 > 0 ? " + " $6 " B" : "") " |" } END { print line }' "$work/kernels"
fi
count=$(wc -l < "$work/kernels")
if [ -n "$failures" ]; then echo "$failures" >&2; exit 1; fi
echo "$count kernels in machine code for $(echo $archs): no stack, no local memory; streaming kernels move 16 bytes an instruction"
