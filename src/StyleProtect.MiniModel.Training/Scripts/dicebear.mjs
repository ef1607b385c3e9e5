// Draws deterministic DiceBear characters: node dicebear.mjs <folder> <count> <style>...
// Writes <folder>/<style>/<number>.svg; the same number is the same seed for every designer.
import { createAvatar } from '@dicebear/core';
import * as collection from '@dicebear/collection';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, count, ...styles] = process.argv.slice(2);
for (const style of styles) {
  if (!collection[style]) throw new Error(`@dicebear/collection has no style '${style}'.`);
  mkdirSync(join(folder, style), { recursive: true });
  for (let i = 0; i < Number(count); i++)
    writeFileSync(join(folder, style, `${String(i).padStart(4, '0')}.svg`), createAvatar(collection[style], { seed: `character-${i}` }).toString());
}
