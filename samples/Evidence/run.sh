#!/usr/bin/env bash
# The experiment of docs/evidence.md: artists that the embedded model never saw, all methods, three repetitions.
# Started again it goes on where it was; what has not changed is taken over. Run it from the repository's root:
#
#   samples/Evidence/run.sh [folder]          (default: work-data/evidence)
#
#   ARTISTS="openmoji notionists croodles"  styles of src/StyleProtect.MiniModel.Training's data set that it marks as unseen, or names of folders in <folder>/artists
#   PICTURES=4  SEEDS=3  EPSILON=12.75
#   STEPS=…                        every method with so many steps (default: each its own)
#   PURIFIERS="jpeg:75,resize:0.5,blur:1,vae"      default: none
#   METHODS="…"  ATTACK=dreambooth  EXTRA="--attack-steps 300"      further words for styleprotect evaluate
#   DATA=work-data/set128                          the data set; made if missing (needs npm, node and rsvg-convert)
set -euo pipefail

out=${1:-work-data/evidence}
artists=${ARTISTS:-openmoji notionists croodles}
# What trains a surrogate does so at the rates with which the mimic learns on the embedded model.
methods=${METHODS:-styleprotect,caat,advdm,fsmg@rate=2e-4@surrogate=300,aspl@rate=2e-4@surrogate=20,sds,mist,mist-v2@rate=2e-3,photoguard,style-distance}
data=${DATA:-work-data/set128}

mkdir -p "$out"
missing=()
for artist in $artists; do [[ -d $out/artists/$artist ]] || missing+=("$artist"); done
if ((${#missing[@]})); then
    [[ -f $data/manifest.json ]] || dotnet run -c Release --project src/StyleProtect.MiniModel.Training -- data --out "$data" --size 128
    dotnet run -c Release --project src/StyleProtect.MiniModel.Training -- artists --data "$data" --out "$out/artists" --count "${PICTURES:-4}" --styles "${missing[@]}"
fi

dotnet build -c Release src/StyleProtect.Cli -v quiet
failed=0
for artist in $artists; do
    echo "== $artist"
    # Drawings of many things have a caption each; portraits share one, or the mimic learns the style as a part of "person".
    captions=--captions
    if [[ $(cat "$out/artists/$artist"/*.txt | sort -u | wc -l) == 1 ]]; then captions=; fi
    # shellcheck disable=SC2086
    dotnet run -c Release --no-build --project src/StyleProtect.Cli -- evaluate "$out/artists/$artist" -o "$out/$artist" \
        --methods "$methods" --epsilon "${EPSILON:-12.75}" ${STEPS:+--steps "$STEPS"} --seeds "${SEEDS:-3}" --purifiers "${PURIFIERS:-none}" --attack "${ATTACK:-dreambooth}" $captions ${EXTRA:-} \
        | tee "$out/$artist.txt" || failed=1
done

# What was removed over all artists.
pooled=()
for artist in $artists; do [[ -f $out/$artist/summary.json ]] && pooled+=("$out/$artist"); done
((${#pooled[@]})) && dotnet run -c Release --no-build --project src/StyleProtect.Cli -- pool "${pooled[@]}" | tee "$out/pooled.txt" || failed=1

# All artists' figures in one table, the artist first.
{
    first=1
    for artist in $artists; do
        [[ -f $out/$artist/summary.csv ]] || continue
        ((first)) && sed -n '1s/^/artist,/p' "$out/$artist/summary.csv"
        first=0
        sed "1d;s/^/$artist,/" "$out/$artist/summary.csv"
    done
} >"$out/summary.csv.part" && mv "$out/summary.csv.part" "$out/summary.csv"
echo "$out/summary.csv"
exit $failed
